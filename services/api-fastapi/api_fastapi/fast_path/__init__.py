"""Reads answered ahead of FastAPI's routing; `docs/decisions/0006-fast-lane.md` says why."""
