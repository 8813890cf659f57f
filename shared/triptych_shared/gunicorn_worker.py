"""gunicorn's threaded worker, with answers in one piece and a stop that leaves nobody waiting."""

from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class JoiningSocket:
    """A socket that holds the first write back until the second, or until it is flushed."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._held: bytes | None = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        """Send, together with what is held; the first time, hold."""
        if self._held is None:
            self._sock.sendall(data)
        elif self._held:
            data, self._held = self._held + data, None
            self._sock.sendall(data)
        else:
            self._held = data

    def sendfile(self, *args: Any, **kwargs: Any) -> int:
        """Send a file, after what is held."""
        self.flush()
        return int(self._sock.sendfile(*args, **kwargs))

    def flush(self) -> None:
        """Send what is held, and hold nothing any more."""
        held, self._held = self._held, None
        if held:
            self._sock.sendall(held)


class Worker(ThreadWorker):  # type: ignore[misc]
    """gthread, but for the two writes in which gunicorn sends an answer, and for whom it leaves in the queue.

    A process that is killed between the writes leaves a truncated answer; the gateway cannot ask another service any
    more once it has the head. One that is killed before has sent nothing, and nobody notices.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept connections or not; for good when the worker is stopping.

        gthread then looks into the queue no more, but keeps it open as long as it has connections to serve: who
        connects meanwhile waits for nothing, and is cut off at the end. Here those in the queue are served, and who
        comes later is refused and can go elsewhere.
        """
        super().set_accept_enabled(enabled and self.alive)
        if not self.alive:
            while self.sockets:
                listener = self.sockets.pop()
                with suppress(OSError):  # no file is left to open: the rest is refused
                    self._accept_all(listener)
                listener.close()

    def _accept_all(self, listener: Any) -> None:
        before = -1
        while self.nr_conns > before:
            before = self.nr_conns
            self.accept(listener)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer one request; tell whether the connection stays."""
        plain = conn.sock
        conn.sock = joining = JoiningSocket(plain)
        try:
            stays = bool(super().handle_request(req, conn))
            joining.flush()
            return stays
        finally:
            conn.sock = plain
