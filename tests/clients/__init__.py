"""Other people's programs read the contract: linters, and generators of clients, whose clients walk through the API."""
