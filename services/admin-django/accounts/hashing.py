"""Argon2 for passwords, within the memory that the process has, and behind everything else that wants a core."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.turns import AT_ONCE, turn

NICENESS = 10  # of each of Argon2's eight threads


def _step_back() -> None:
    """Let everybody else's threads go first; those that Argon2 starts from here inherit it."""
    if sys.platform == "linux":  # where a thread has a niceness of its own
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(NICENESS, os.getpriority(os.PRIO_PROCESS, thread)))


_hashing = ThreadPoolExecutor(AT_ONCE, "hashing", initializer=_step_back)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Django's own, in turns: each takes 100 MiB, and a login in every thread would end the process. Raises NoTurn."""

    def encode(self, password: str, salt: str) -> str:
        with turn():
            return _hashing.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        with turn():
            return _hashing.submit(super().verify, password, encoded).result()
