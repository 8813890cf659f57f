"""The schema boundary: who may do what in the database, and how its schema changes without breaking a service."""
