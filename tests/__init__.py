"""Tests of the running system: they speak HTTP to the gateway and SQL to the database, and import no service."""
