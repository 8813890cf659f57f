"""Measurements, each a ratio of two things that take turns: `python -m bench.NAME`. They say how much, not whether."""
