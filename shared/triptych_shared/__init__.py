"""What the three services share: settings, logging, request ids and problem responses. Never models, never rules."""

VERSION = "0.2.0"  # of the whole system, as CHANGELOG.md has it
