"""Connections to Postgres, the tables that are read there, and the statements."""
