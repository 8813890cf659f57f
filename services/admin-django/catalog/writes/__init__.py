"""Writes of items: the services that API and back office share, and the API's routes for them."""
