"""Reads from a primary and its standbys; `docs/decisions/0013-reads-from-standbys.md` has the argument."""
