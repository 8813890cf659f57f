"""How gunicorn sends answers. A SEQPACKET socket keeps writes apart, so that they can be counted."""

import socket
from collections.abc import Iterator

import pytest
from triptych_shared.gunicorn_worker import JoiningSocket


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of a connection; the second never waits."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    far.setblocking(False)
    with near, far:
        yield near, far


def nothing(far: socket.socket) -> bool:
    try:
        far.recv(100)
    except BlockingIOError:
        return True
    return False


def test_head_and_body_are_one_write(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    joining = JoiningSocket(near)
    joining.sendall(b"head")
    assert nothing(far)
    joining.sendall(b"body")
    joining.sendall(b"more")
    joining.flush()
    assert (far.recv(100), far.recv(100)) == (b"headbody", b"more")
    assert nothing(far)


def test_a_head_without_a_body_is_sent_at_the_end(pair: tuple[socket.socket, socket.socket]) -> None:
    near, far = pair
    joining = JoiningSocket(near)
    joining.sendall(b"head")
    joining.flush()
    assert far.recv(100) == b"head"
    assert nothing(far)
