"""What the three services share: settings, logging, request ids and problem responses. Never models, never rules."""
