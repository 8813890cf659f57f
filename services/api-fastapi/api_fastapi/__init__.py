"""api-fastapi serves the high-throughput reads: items, one item, categories."""

SERVICE = "api-fastapi"
