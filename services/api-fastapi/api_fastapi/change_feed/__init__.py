"""The change feed: what was committed, whoever wrote it; `docs/decisions/0005-change-feed.md` has the whole story."""
