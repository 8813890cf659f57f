"""Run the declared routes alone, without the fast path: `python -m tests.routes_alone`."""

import uvicorn
from api_fastapi import SERVICE
from api_fastapi.main import create_app
from api_fastapi.settings import Settings
from triptych_shared.request_ids import ASGIRequestIds

if __name__ == "__main__":
    settings = Settings.from_environment()
    uvicorn.run(
        ASGIRequestIds(create_app(settings), SERVICE),
        host=settings.host,
        port=settings.port,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
