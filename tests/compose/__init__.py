"""What is special to the compose system: how it is hardened, what survives, and how it fails."""
