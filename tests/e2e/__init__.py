"""The whole system behaves: the gateway, bad input, paging, fail-over, health."""
