"""An nginx that does nothing but answer as another one did: what cannot be beaten."""

import os
from pathlib import Path

from tests.http_client import Reply

MADE_BY_NGINX = {"server", "date", "content-type", "content-length", "connection"}
TEMPLATE = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 1000; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = {path} {{
            default_type application/json;
            {headers}
            return 200 {body};
        }}
    }}
}}
"""


def configuration(reply: Reply, path: str, port: int, folder: Path) -> str:
    """Return the configuration of an nginx that answers `path` with the bytes and headers of the reply."""
    headers = [
        f"add_header {name} {_quoted(text)};" for name, text in reply.headers if name.lower() not in MADE_BY_NGINX
    ]
    return TEMPLATE.format(
        user="user root root;" if os.geteuid() == 0 else "",
        folder=folder,
        port=port,
        path=path,
        headers="\n            ".join(headers),
        body=_quoted(reply.body.decode()),
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
