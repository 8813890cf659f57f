"""HTTP as the contract has it: query parameters, cursors, conditional requests, problems; nothing of FastAPI's."""
