"""Reads answered ahead of FastAPI's routing; `docs/decisions/0006-fast-path.md` says why."""
