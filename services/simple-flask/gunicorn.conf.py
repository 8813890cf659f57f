"""How gunicorn serves simple-flask."""

import socket
import struct
from logging.config import dictConfig
from typing import Any

from gunicorn.workers import gthread
from triptych_shared.gunicorn_settings import *
from triptych_shared.logs import configuration
from triptych_shared.settings import log_level

# How long a stopping worker waits for requests on idle connections. gunicorn's 2 s make every stop slow; what the
# gateway had under way arrives in less, and it asks again when nothing could be sent.
gthread.STOP_KEEPALIVE_LINGER = 0.2
dictConfig(configuration("simple-flask", log_level()))

STALLED_CLIENT_SECONDS = 60


def when_ready(server: Any) -> None:
    """Give up a client that takes nothing for a minute, so that a stalled export does not hold a thread for ever.

    Connections inherit the option from the listening socket (Linux); a slow client that still makes progress is kept.
    """
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", STALLED_CLIENT_SECONDS, 0))
