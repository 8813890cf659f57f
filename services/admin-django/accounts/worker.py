"""gunicorn's worker with threads apart for logins, so that nothing else waits behind them, whatever they wait for."""

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

from triptych_shared.gunicorn_worker import Worker

from accounts.turns import LOGIN_THREADS

LOGINS = (b"POST /api/auth/token/", b"POST /admin/login/", b"POST /admin/password_change/")


class LoginWorker(Worker):
    """Serves logins with LOGIN_THREADS. One that is spelt in another way is served, or refused, as others are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._logins = ThreadPoolExecutor(LOGIN_THREADS, "logins")

    def pool(self, first: bytes) -> Executor:
        """Return whose threads serve a request that begins so."""
        return self._logins if first.startswith(LOGINS) else super().pool(first)
