"""How gunicorn serves any of our services; every number that may differ comes from the environment.

A service's gunicorn.conf.py imports all of these names, which are gunicorn's own, and adds what is the service's alone.
"""

from pathlib import Path

from triptych_shared.settings import integer, text

bind = text("BIND", "127.0.0.1:8000")
workers = integer("WEB_WORKERS", 1, 1, 64)
# threads: a sync worker would close every connection, and the gateway keeps its own open
worker_class = "triptych_shared.gunicorn_worker.Worker"
threads = integer("WEB_THREADS", 8, 1, 256)
keepalive = 75  # longer than the gateway's 60 s: the gateway must be the one that closes, or a request falls in between
graceful_timeout = 20
preload_app = True  # the workers share what the master has loaded; safe, because no application opens a connection then
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # a heartbeat on a slow disk would stop the worker
limit_request_line = 8190  # the contract lets 8 KB through
limit_request_fields = 8192  # the gateway bounds headers by their size; what it lets through is answered
control_socket_disable = True
logger_class = "triptych_shared.gunicorn_logs.PropagatingLogger"
