"""Measurements, each a ratio taken in one interleaved run: `python -m bench.NAME`. Not tests: they say how much, not whether."""
