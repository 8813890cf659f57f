"""Live changes as server-sent events; `docs/decisions/0012-live-changes.md` says why it is made like this."""
