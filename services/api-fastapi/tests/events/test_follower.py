"""What waits for events ends, also where nothing but heartbeats comes."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.events import follower
from tests.events.follower import Follower


@pytest.fixture
def beating() -> Iterator[int]:
    """The port of a stream that has heartbeats only, many a second."""
    over = threading.Event()

    def beat(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not over.wait(0.01):
                connection.sendall(b"3\r\n:\n\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=beat, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        over.set()
        thread.join()


@pytest.mark.parametrize("waiting", [Follower.next, Follower.joined, lambda stream: stream.until(1, "never")])
def test_heartbeats_do_not_renew_the_deadline(
    beating: int, monkeypatch: pytest.MonkeyPatch, waiting: Callable[[Follower], object]
) -> None:
    monkeypatch.setattr(follower, "WITHIN", 0.3)
    with Follower(beating) as stream, pytest.raises(AssertionError, match="did not come"):
        waiting(stream)
