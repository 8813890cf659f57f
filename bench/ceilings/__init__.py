"""The cheapest answers that are possible: what nothing can beat."""
