"""gunicorn's threaded worker, with answers in one piece and a stop that leaves nobody waiting."""

import heapq
import itertools
import socket
import time
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import _DEFER, ThreadWorker


class JoiningSocket:
    """A socket that holds the first write back until the second, or until it is flushed; or all, for a while."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._held: bytes | None = b""
        self.kept_until: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        """Send, together with what is held; the first time, hold."""
        if self._held is None:
            self._sock.sendall(data)
        elif self.kept_until is not None:
            self._held += data
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

    def keep_back(self, seconds: float) -> None:
        """Send the answer, of which nothing has been sent yet, after so many seconds; no thread waits for that."""
        self.kept_until = time.monotonic() + seconds

    def take(self) -> bytes:
        """Return what is held, to be sent by the caller."""
        held, self._held = self._held, None
        return held or b""


class Worker(ThreadWorker):  # type: ignore[misc]
    """gthread, but for the two writes in which gunicorn sends an answer, and for whom it leaves in the queue.

    A process that is killed between the writes leaves a truncated answer; the gateway cannot ask another service any
    more once it has the head. One that is killed before has sent nothing, and nobody notices.

    A connection gets a thread when there is something to read, not five seconds before. An application may have a short
    answer kept back, by `keep_back` of `gunicorn.socket`: until then it waits, and its client, without a thread.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept: list[tuple[float, int, Any, Any]] = []
        self._numbers = itertools.count()

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

    def pool(self, first: bytes) -> Executor:
        """Return whose threads serve a request that begins so (as far as it is here)."""
        executor: Executor = self.tpool
        return executor

    def enqueue_req(self, conn: Any) -> None:
        """Give the connection a thread, once there is something to read."""
        first = _first_bytes(conn)
        if first is None and self.alive and not conn.initialized:
            super().finish_request(conn, _LATER)
            return
        done = self.pool(first or b"").submit(self.handle, conn)
        done.add_done_callback(lambda future: self.method_queue.defer(self.finish_request, conn, future))

    def _cap_keepalive(self, deadline: float) -> None:
        """Close what is idle by the deadline, those that have not sent anything yet included."""
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Answer one request; tell whether the connection stays."""
        plain = conn.sock
        conn.sock = joining = JoiningSocket(plain)
        try:
            stays = bool(super().handle_request(req, conn))
            if joining.kept_until is None:
                joining.flush()
            else:
                conn.kept = joining
            return stays
        finally:
            conn.sock = plain

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Go on with a connection whose request is done; with one whose answer is kept back, when it is time."""
        kept = getattr(conn, "kept", None)
        if kept is None:
            super().finish_request(conn, fs)
        else:
            heapq.heappush(self._kept, (kept.kept_until, next(self._numbers), conn, fs))

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Wait for events, or until an answer is to be sent that is kept back; a worker that stops sends them all."""
        if self._kept:
            timeout = max(0.0, min(timeout, self._kept[0][0] - time.monotonic()))
        super().wait_for_and_dispatch_events(timeout)
        most = self.worker_connections // 2 if self.alive else 0  # more, and nobody else could connect
        while self._kept and (len(self._kept) > most or self._kept[0][0] <= time.monotonic()):
            _, _, conn, fs = heapq.heappop(self._kept)
            super().finish_request(conn, fs if self._sent(conn) else _CLOSED)

    def _sent(self, conn: Any) -> bool:
        """Send what is kept back, all at once: the main thread does not wait for a client that does not read."""
        answer, conn.kept = conn.kept.take(), None
        conn.sock.setblocking(False)
        try:
            return bool(conn.sock.send(answer) == len(answer))
        except OSError:
            return False


def _done(result: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(result)
    return future


_CLOSED, _LATER = _done(False), _done(_DEFER)


def _first_bytes(conn: Any) -> bytes | None:
    """Return how the next request begins; None where nothing of it has come yet."""
    if conn.parser is not None and (read_ahead := conn.parser.unreader.buf.getvalue()):
        return bytes(read_ahead[:64])
    try:
        return bytes(conn.sock.recv(64, socket.MSG_PEEK | socket.MSG_DONTWAIT))
    except BlockingIOError:
        return None
    except OSError:
        return b""  # broken: whoever reads it will see
