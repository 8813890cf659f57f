"""Randomized histories: reads, with what they showed and when, are held against what was written, and when."""
