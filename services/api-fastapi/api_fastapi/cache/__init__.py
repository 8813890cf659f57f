"""Responses that are kept as long as the change feed says nothing else, and how they are read through it."""
