"""Who hashes a password next, and who not at all."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from accounts import admission, turns
from accounts.admission import Admission
from accounts.hashing import NICENESS
from accounts.strikes import Strikes
from accounts.turns import NoTurn, Turns, Visit, visit
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from tests.identities import PASSWORD
from tests.make import unique
from tests.test_rotation import until


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def outcome(take: Callable[[], None]) -> bool:
    try:
        take()
    except NoTurn:
        return False
    return True


def test_of_those_who_wait_the_one_with_fewest_tries_is_next() -> None:
    queue = Turns(1, room=2)
    queue.take(0, 60)
    with threads() as run:
        often = run.submit(outcome, lambda: queue.take(5, 60))
        until(lambda: len(queue._waiting) == 1)
        seldom = run.submit(outcome, lambda: queue.take(1, 60))
        until(lambda: len(queue._waiting) == 2)
        queue.give_back()
        assert seldom.result(30)
        assert not often.done()
        queue.give_back()
        assert often.result(30)


def test_who_comes_when_all_wait_is_sent_away_at_once_or_takes_the_place_of_one_who_tried_more_often() -> None:
    queue = Turns(1, room=1)
    queue.take(0, 60)
    with threads() as run:
        waits = run.submit(outcome, lambda: queue.take(3, 60))
        until(lambda: len(queue._waiting) == 1)
        assert not outcome(lambda: queue.take(3, 60))
        better = run.submit(outcome, lambda: queue.take(2, 60))
        assert not waits.result(30)
        queue.give_back()
        assert better.result(30)


def test_patience_ends() -> None:
    queue = Turns(1, room=1)
    queue.take(0, 60)
    assert not outcome(lambda: queue.take(0, 0.01))
    assert queue._waiting == []


def test_a_command_waits_for_its_turn_however_many_do() -> None:
    queue = Turns(1, room=0)
    queue.take(0, None)
    with threads() as run:
        commands = [run.submit(outcome, lambda: queue.take(0, None)) for _ in range(4)]
        until(lambda: len(queue._waiting) == 4)
        for _ in commands:
            queue.give_back()
        assert all(each.result(30) for each in commands)


def test_a_password_is_hashed_behind_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    encode = Argon2PasswordHasher.encode

    def seen_encode(self: Any, password: str, salt: str) -> str:
        seen.append((threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
        return str(encode(self, password, salt))

    monkeypatch.setattr(Argon2PasswordHasher, "encode", seen_encode)
    make_password(PASSWORD)
    [(thread, niceness)] = seen
    assert niceness == NICENESS > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert thread != threading.get_native_id()


def test_a_request_whose_client_has_left_is_not_hashed() -> None:
    encoded = make_password(PASSWORD)
    here = visit.set(Visit(0, lambda: True))
    try:
        with pytest.raises(NoTurn):
            check_password(PASSWORD, encoded)
    finally:
        visit.reset(here)
    assert turns.turns._free == turns.AT_ONCE


class Asked:
    """The login of a client, at the WSGI application, on a real connection."""

    def __init__(self, address: str = "192.0.2.7", path: str = "/api/auth/token/", **more: str) -> None:
        self.name = unique("nobody")
        body = f'{{"username": "{self.name}", "password": "wrong"}}'.encode()
        self.near, self.far = socket.socketpair()
        self.kept: list[float] = []
        self.environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_TYPE": "application/json", "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "CONTENT_LENGTH": str(len(body)), "wsgi.input": BytesIO(body), "wsgi.errors": None,
            "wsgi.url_scheme": "http", "REMOTE_ADDR": address, "gunicorn.socket": self, **more,
        }  # fmt: skip
        self.status, self.headers = "", {"": ""}

    def recv(self, *args: int) -> bytes:
        return self.near.recv(*args)

    def keep_back(self, seconds: float) -> None:
        self.kept.append(seconds)

    def by(self, application: Any) -> "Asked":
        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            self.status, self.headers = status, dict(headers)

        self.body = b"".join(application(self.environ, start))
        self.near.close()
        self.far.close()
        return self


@pytest.fixture
def application(committed: None, monkeypatch: pytest.MonkeyPatch) -> Admission:
    """Admission before Django, with nobody known yet."""
    from config.wsgi import django

    monkeypatch.setattr(admission, "strikes", Strikes())
    return Admission(django)


@contextmanager
def hashing() -> Iterator[None]:
    """Somebody hashes, and others wait who have been waiting for longer."""
    with threads() as run:
        turns.turns.take(-2, None)
        others = [run.submit(outcome, lambda: turns.turns.take(-2, 60)) for _ in range(turns.WAITING)]
        until(lambda: len(turns.turns._waiting) == turns.WAITING)
        try:
            yield
        finally:
            for _ in range(turns.WAITING + 1):
                turns.turns.give_back()
            assert all(other.result(30) for other in others)


def test_a_login_whose_client_has_left_is_not_even_looked_at(application: Admission) -> None:
    left, stays = Asked(), Asked()
    left.far.close()
    assert left.by(application).status.startswith("503")
    assert stays.by(application).status.startswith("401")
    assert [AccessAttempt.objects.filter(username=each.name).count() for each in (left, stays)] == [0, 1]


@pytest.mark.parametrize("path", admission.ROUTES)
def test_without_a_turn_a_login_is_asked_to_come_again_and_costs_no_query(application: Admission, path: str) -> None:
    with hashing():
        asked = Asked(path=path).by(application)
        assert asked.status.startswith("503")
        assert asked.headers["Retry-After"] == "1"
        assert asked.headers["Content-Type"] == "application/problem+json"
        assert asked.headers["Cache-Control"] == "no-store"
        assert not asked.kept
        page = Asked(path=path, HTTP_ACCEPT="text/html,*/*").by(application)
        assert (page.status[:3], page.headers["Content-Type"]) == ("503", "text/html; charset=utf-8")
    assert not AccessAttempt.objects.filter(username=asked.name).exists()


def test_other_requests_go_on_while_somebody_hashes(application: Admission) -> None:
    with hashing():
        for method, path in (("GET", "/livez"), ("GET", "/admin/login/"), ("POST", "/api/auth/refresh/")):
            asked = Asked(path=path)
            asked.environ["REQUEST_METHOD"] = method
            assert asked.by(application).status[:1] in "24", path


def test_who_asks_again_and_again_is_kept_waiting_and_others_are_not(application: Admission) -> None:
    with hashing():
        kept = [Asked("192.0.2.8").by(application).kept for _ in range(200)]
        assert kept[0] == [] and kept[-1] and len([each for each in kept if not each]) < 120
        assert not Asked("192.0.2.9").by(application).kept


def test_names_that_do_not_exist_count_as_those_that_do(application: Admission) -> None:
    before = admission.strikes.come("192.0.2.10")[0]
    Asked("192.0.2.10").by(application)
    assert admission.strikes.come("192.0.2.10")[0] > before


def test_addresses_of_one_ipv6_network_are_one_client(application: Admission) -> None:
    Asked("::1", HTTP_X_FORWARDED_FOR="2001:db8::1").by(application)
    assert admission.strikes.come("2001:db8::")[0] > 0.9


def test_a_body_that_is_too_large_is_refused_before_it_is_read(application: Admission) -> None:
    asked = Asked(CONTENT_LENGTH=str(2**30)).by(application)
    assert asked.status.startswith("413")


def test_only_so_many_clients_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.strikes.MOST", 10)
    known = Strikes()
    for number in range(100):
        known.strike(str(number))
    assert len(known._clients) == 10
    assert known.come("99")[0] > 0.9
    assert known.come("0")[0] == 0
