"""An nginx of a test's own: the gateway with other settings or services, and an ordinary one in front of something."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from stack import nginx, ports
from tests.http_client import HttpClient
from tests.system import ROOT
from tests.wait import until

NOBODY = "127.0.0.1:1"
ORDINARY = """
daemon off;
worker_processes 1;
pid "{folder}/nginx.pid";
error_log stderr;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path "{folder}/body";
    proxy_temp_path "{folder}/proxy";
    fastcgi_temp_path "{folder}/fastcgi";
    uwsgi_temp_path "{folder}/uwsgi";
    scgi_temp_path "{folder}/scgi";
    server {{
        listen 127.0.0.1:{port};
        location / {{ {answer} }}
    }}
}}
"""


@contextmanager
def gateway(folder: Path, api_fastapi: str = NOBODY, **settings: str) -> Iterator[str]:
    """Run the gateway on a port of its own, with api-fastapi at this host:port; yields its URL."""
    port = ports.free_base()
    state = folder / f"gateway-{port}"
    www = state / "www"
    subprocess.run([sys.executable, "build.py", str(www)], cwd=ROOT / "gateway", check=True, stdout=subprocess.DEVNULL)
    environment = {
        "PATH": os.pathsep.join([str(nginx.folder()), os.environ.get("PATH", os.defpath)]),
        "ADMIN_DJANGO_UPSTREAM": NOBODY,
        "SIMPLE_FLASK_UPSTREAM": NOBODY,
        "API_FASTAPI_UPSTREAM": api_fastapi,
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_STATE": str(state),
        "GATEWAY_WWW": str(www),
        **settings,
    }
    with _running(["./start"], ROOT / "gateway", environment, state / "log", port) as url:
        yield url


@contextmanager
def ordinary(folder: Path, port: int, answer: str) -> Iterator[str]:
    """Run an nginx that does what `answer` says at every path, with no other setting; yields its URL."""
    own = folder / f"nginx-{port}"
    own.mkdir(exist_ok=True)
    configuration = own / "nginx.conf"
    configuration.write_text(ORDINARY.format(folder=own, port=port, answer=answer))
    if os.getuid() == 0:  # else the worker is `nobody`, who cannot enter the folder
        configuration.write_text("user root root;" + configuration.read_text())
    command = [str(nginx.folder() / "nginx"), "-e", "stderr", "-p", str(own), "-c", str(configuration)]
    with _running(command, own, {"PATH": os.defpath}, own / "log", port) as url:
        yield url


@contextmanager
def in_front_of(url: str, folder: Path, port: int) -> Iterator[str]:
    """Run an nginx with `proxy_pass` and no other setting; yields its URL."""
    with ordinary(folder, port, f"proxy_pass http://{urlsplit(url).netloc};") as own:
        yield own


@contextmanager
def _running(command: list[str], folder: Path, environment: dict[str, str], log: Path, port: int) -> Iterator[str]:
    url = f"http://127.0.0.1:{port}"
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            with HttpClient(url) as client:
                return bool(client.get("/-/").status)

        until(answers, what="nginx answers")
        yield url
    finally:
        process.terminate()
        process.wait(30)
