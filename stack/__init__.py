"""The embedded stack: the whole system without Docker, behind `make up`, `down`, `status`, `logs` and `test`."""
