"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class LeanArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the first choice of OWASP's Password Storage Cheat Sheet.

    Django's default takes 100 MiB per hash: eight threads that check passwords at once would need 800 MiB, and anybody
    may ask for that without a password.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
