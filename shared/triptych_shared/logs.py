"""Log as JSON lines on standard error, each with the id of the request that it belongs to."""

import json
import logging
from datetime import UTC, datetime

from triptych_shared.request_ids import request_id


class JSONFormatter(logging.Formatter):
    """Format a record as one line of JSON."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self.service,
            "logger": record.name,
            "request_id": request_id.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def configuration(service: str, level: str) -> dict[str, object]:
    """Return the `logging.config.dictConfig` of a service: one handler on standard error, for every logger.

    Servers that configure logging themselves (gunicorn, uvicorn) and Django take it as their own configuration.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JSONFormatter, "service": service}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
    }
