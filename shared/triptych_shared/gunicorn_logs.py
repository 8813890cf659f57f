"""Make gunicorn's own messages part of a service's log."""

from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger


class PropagatingLogger(Logger):  # type: ignore[misc]
    """Leave gunicorn's messages to the root logger; log no requests, because the gateway does."""

    def setup(self, cfg: Config) -> None:
        self.cfg = cfg
        self.error_log.propagate = True

    def access(self, *_: Any) -> None:
        pass
