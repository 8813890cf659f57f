"""How gunicorn serves admin-django."""

import os
from logging.config import dictConfig

from triptych_shared.gunicorn_settings import *
from triptych_shared.logs import configuration
from triptych_shared.settings import log_level

worker_class = "accounts.worker.LoginWorker"
dictConfig(configuration("admin-django", log_level()))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
