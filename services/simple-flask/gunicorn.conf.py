"""How gunicorn serves simple-flask; every number comes from the environment."""

import socket
import struct
from logging.config import dictConfig
from pathlib import Path
from typing import Any

from gunicorn.workers import gthread
from triptych_shared.logs import configuration
from triptych_shared.settings import integer, log_level, text

bind = text("BIND", "127.0.0.1:8000")
workers = integer("WEB_WORKERS", 1, 1, 64)
# threads: a sync worker would close every connection, and the gateway keeps its own open
worker_class = "triptych_shared.gunicorn_worker.Worker"
threads = integer("WEB_THREADS", 8, 1, 256)
keepalive = 75  # longer than the gateway's 60 s: the gateway must be the one that closes, or a request falls in between
graceful_timeout = 20
# How long a stopping worker waits for requests on idle connections. gunicorn's 2 s make every stop slow; what the
# gateway had under way arrives in less, and it asks again when nothing could be sent.
gthread.STOP_KEEPALIVE_LINGER = 0.2
preload_app = True  # the workers share what the master has loaded; safe, because create_app opens no connection
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a heartbeat on a slow disk would stop the worker
limit_request_line = 8190  # the contract lets 8 KB through
limit_request_fields = 8192  # the gateway bounds headers by their size; what it lets through is answered
control_socket_disable = True
dictConfig(configuration("simple-flask", log_level()))
logger_class = "triptych_shared.gunicorn_logs.PropagatingLogger"

STALLED_CLIENT_SECONDS = 60


def when_ready(server: Any) -> None:
    """Give up a client that takes nothing for a minute, so that a stalled export does not hold a thread for ever.

    Connections inherit the option from the listening socket (Linux); a slow client that still makes progress is kept.
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALLED_CLIENT_SECONDS, 0))
