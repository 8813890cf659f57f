"""Run the service: `python -m api_fastapi`."""

import resource
import sys

import uvicorn
from triptych_shared.logs import configuration
from triptych_shared.request_ids import ASGIRequestIds
from triptych_shared.settings import SettingsError

from api_fastapi import SERVICE
from api_fastapi.fast_path.middleware import FastPathMiddleware
from api_fastapi.fast_path.protocol import FastPathProtocol
from api_fastapi.main import create_app
from api_fastapi.settings import Settings


def main() -> None:
    """Serve until SIGTERM, then finish what is running."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        sys.exit(f"{SERVICE}: {error}")
    _allow_files(settings.event_listeners_max + 1024)
    uvicorn.run(
        FastPathMiddleware(ASGIRequestIds(create_app(settings), SERVICE)),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=FastPathProtocol,
        ws="none",
        lifespan="on",
        log_config=configuration(SERVICE, settings.log_level),
        access_log=False,  # the gateway's log has every request
        proxy_headers=False,  # nothing here depends on who asks
        server_header=False,
        timeout_keep_alive=75,  # longer than nginx keeps its connections, which it might reuse as we close them
        timeout_graceful_shutdown=10,
    )


def _allow_files(wanted: int) -> None:
    """Raise the number of files that may be open, as each stream is one; shells begin with 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted and soft != resource.RLIM_INFINITY:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


if __name__ == "__main__":
    main()
