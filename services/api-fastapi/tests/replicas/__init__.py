"""Reads from real streaming standbys, and everything that can happen to them."""
