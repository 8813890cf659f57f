"""The data to begin with: the demo's items, and as many generated ones as a measurement wants."""
