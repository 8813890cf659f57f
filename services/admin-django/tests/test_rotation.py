"""Keys are rotated under load, in two processes, and not one good token is refused."""

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jwt
import pytest
from accounts import refresh_tokens
from accounts.models import SigningKey
from accounts.rotation import PUBLISHED_BEFORE, rotate
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import call_command
from django.db.models import F

from tests.identities import bearer, good_claims, make_user

SERVICE = Path(__file__).resolve().parent.parent
USERS, ROTATIONS = 4, 3


def until(true: Callable[[], bool]) -> None:
    """Return as soon as it is true."""
    deadline = time.monotonic() + 120  # for a machine that has much else to do
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture
def processes(committed: None) -> Iterator[list[str]]:
    """The URLs of two processes of the service, as gunicorn runs it."""
    started, urls = [], []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as free:
            bind = f"127.0.0.1:{free.getsockname()[1]}"
        command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
        environment = {**os.environ, "BIND": bind, "WEB_THREADS": "4", "LOG_LEVEL": "CRITICAL"}
        started.append(subprocess.Popen(command, cwd=SERVICE, env=environment))
        urls.append(f"http://{bind}")
    try:
        for url in urls:
            until(lambda url=url: answers(url))  # type: ignore[misc]
        yield urls
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(30)


class Load:
    """Users who ask for tokens here and use old and new ones there, and somebody who makes up keys."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        self.over = threading.Event()
        self.tokens: deque[str] = deque(maxlen=300)
        self.signers: set[str] = set()
        self.used = 0
        self.refused: list[tuple[int, str]] = []
        self.forgers_answers: set[int] = set()

    def user(self, refresh: str) -> None:
        with httpx.Client() as client:
            while not self.over.is_set():
                answer = client.post(f"{random.choice(self.urls)}/api/auth/refresh/", json={"refresh": refresh})
                assert answer.status_code == 200, answer.text
                refresh = answer.json()["refresh"]
                self.tokens.append(answer.json()["access"])
                self.signers.add(jwt.get_unverified_header(self.tokens[-1])["kid"])
                for token in (self.tokens[-1], self.tokens[0]):
                    self._use(client, token)

    def _use(self, client: httpx.Client, token: str) -> None:
        for url in self.urls:
            answer = client.post(f"{url}/api/items/", json={}, headers=bearer(token))
            self.used += 1
            if answer.status_code != 400:  # the body is none of an item; the token has let it through
                self.refused.append((answer.status_code, token))

    def forger(self, claims: dict[str, object]) -> None:
        own = Ed25519PrivateKey.generate()
        with httpx.Client() as client:
            while not self.over.is_set():
                forged = jwt.encode(claims, own, "EdDSA", {"kid": random.randbytes(16).hex()})
                for url in self.urls:
                    answer = client.post(f"{url}/api/items/", json={}, headers=bearer(forged))
                    self.forgers_answers.add(answer.status_code)


def let_the_next_key_sign(urls: list[str]) -> None:
    """Wait until every process publishes the next key, then make all keys as old as it has to be."""
    following = SigningKey.objects.get(signs_from=None)

    def published() -> bool:
        sets = [httpx.get(f"{url}/api/auth/jwks.json").json()["keys"] for url in urls]
        return all(following.kid in [key["kid"] for key in keys] for keys in sets)

    until(published)
    SigningKey.objects.update(
        created_at=F("created_at") - PUBLISHED_BEFORE,
        signs_from=F("signs_from") - PUBLISHED_BEFORE,
        verifies_until=F("verifies_until") - PUBLISHED_BEFORE,
    )


def test_not_one_good_token_is_refused_while_keys_are_rotated(processes: list[str]) -> None:
    load = Load(processes)
    logins = [refresh_tokens.begin(make_user("editor")) for _ in range(USERS)]
    claims = good_claims(make_user("manager"))
    with ThreadPoolExecutor(USERS + 1) as threads:
        running = [threads.submit(load.user, login) for login in logins] + [threads.submit(load.forger, claims)]
        try:
            until(lambda: len(load.tokens) >= 2 * USERS)
            for _ in range(ROTATIONS):
                let_the_next_key_sign(processes)
                call_command("rotate_keys")
                rotate()  # and more within moments
                rotate()
                seen = len(load.signers)
                until(lambda seen=seen: len(load.signers) > seen or any(run.done() for run in running))  # type: ignore[misc]
        finally:
            load.over.set()
        for run in running:
            run.result()
    assert load.refused == []
    assert len(load.signers) > ROTATIONS
    assert load.used > 100
    assert load.forgers_answers == {401}
