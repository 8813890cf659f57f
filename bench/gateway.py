"""What an answer from the gateway's cache costs, beside the cheapest answer that nginx can give: `python -m bench.gateway`.

Both are one nginx worker: the gateway as `gateway/start` runs it, with an item in its cache; and an nginx that has the
same headers and body written into its configuration (`return 200`). wrk reads the two in turn, a window each, so that
what else the machine does hits both. Where wrk has to share the cores the rates move; processor time per request, of
nginx alone, is the steadier figure.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from bench.wrk import Window, WrkIsMissingError, wrk
from stack import nginx, ports
from stack.errors import StackError
from tests.wait import until
from tests.wire import Reply, Wire

ROOT = Path(__file__).resolve().parents[1]
ITEM = "/api/items/1/"
BODY = (
    b'{"id":1,"name":"Enamel mug","description":"Keeps tea warm.","price":"9.90","sku":"MUG-1","category":"kitchen",'
    b'"version":1,"created_at":"2026-01-31T12:00:00.000000Z","updated_at":"2026-01-31T12:00:00.000000Z"}'
)
MADE_BY_NGINX = {"server", "date", "content-type", "content-length", "connection"}
CEILING = """
daemon off;
{run_as}
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
            return 200 '{body}';
        }}
    }}
}}
"""


class Service(ThreadingHTTPServer):
    """Where the gateway gets the item from, once a second."""

    request_queue_size = 128
    daemon_threads = True


class Item(BaseHTTPRequestHandler):
    """A service that has one item, with the headers of the contract."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:  # noqa: N802 (the name is the base class's)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(BODY)))
        self.send_header("ETag", '"1"')
        self.send_header("Cache-Control", "public, max-age=1, stale-while-revalidate=1, stale-if-error=60")
        self.send_header("X-Served-By", "api-fastapi")
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[psutil.Process]:
    """Run an nginx until the end of the block, which begins when it answers."""
    # its access log is a file, as in operation it is a pipe: written, not thrown away
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, env=environment, stdout=log) as process:
        try:
            with Wire(f"http://127.0.0.1:{port}") as client:
                until(lambda: client.get(ITEM).status == 200, within=10, what=f"{command[0]} answers")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def gateway_environment(port: int, service: int, state: Path, nginx_folder: Path) -> dict[str, str]:
    """Return the environment of a gateway whose services are all the same one."""
    upstreams = ("ADMIN_DJANGO_UPSTREAM", "SIMPLE_FLASK_UPSTREAM", "API_FASTAPI_UPSTREAM")
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(nginx_folder), os.environ.get("PATH", os.defpath)]),
        **dict.fromkeys(upstreams, f"127.0.0.1:{service}"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_STATE": str(state / "gateway"),
        "GATEWAY_WWW": str(state / "www"),
        "GATEWAY_RATE_LIMIT": "100000",
    }


def ceiling(reply: Reply, port: int, folder: Path) -> str:
    """Return the configuration of an nginx that answers as in `reply`, whatever is asked."""
    headers = [f"add_header {name} '{value}';" for name, value in reply.headers if name.lower() not in MADE_BY_NGINX]
    return CEILING.format(
        run_as="user root root;" if os.geteuid() == 0 else "",
        folder=folder,
        port=port,
        path=ITEM,
        headers="\n            ".join(header.replace("'self'", "\\'self\\'").replace("'none'", "\\'none\\'") for header in headers),
        body=reply.body.decode(),
    )


def compare(pairs: int, seconds: int) -> list[tuple[Window, Window]]:
    """Return the windows of the gateway and of the ceiling, pair by pair."""
    nginx_folder, base = nginx.folder(), ports.free_base()
    with Service(("127.0.0.1", base + 2), Item) as service, tempfile.TemporaryDirectory() as folder:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        state = Path(folder)
        subprocess.run([sys.executable, ROOT / "gateway" / "build.py", state / "www"], check=True)
        environment = gateway_environment(base, base + 2, state, nginx_folder)
        with running([str(ROOT / "gateway" / "start")], environment, base) as gateway, Wire(f"http://127.0.0.1:{base}") as client:
            until(lambda: client.get(ITEM).header("X-Cache") == "HIT", within=5, what="the item is in the cache")
            configuration = state / "ceiling.conf"
            configuration.write_text(ceiling(client.get(ITEM), base + 1, state))
            command = [str(nginx_folder / "nginx"), "-e", "stderr", "-p", folder, "-c", str(configuration)]
            with running(command, environment, base + 1) as bare:
                urls = [(f"http://127.0.0.1:{base + offset}{ITEM}", server) for offset, server in enumerate((gateway, bare))]
                windows = []
                for number in range(pairs):
                    # who comes first takes turns too
                    order = urls if number % 2 == 0 else urls[::-1]
                    pair = {url: wrk(url, server, seconds) for url, server in order}
                    windows.append((pair[urls[0][0]], pair[urls[1][0]]))
        service.shutdown()
        return windows


def main() -> None:
    """Print the medians of the pairs, and the ratios of each."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how many windows of each (9)")
    parser.add_argument("--seconds", type=int, default=2, help="how long a window is (2)")
    chosen = parser.parse_args()
    try:
        windows = compare(chosen.pairs, chosen.seconds)
    except (WrkIsMissingError, StackError) as error:
        sys.exit(str(error))
    names = ("gateway, hit", "nginx return 200")
    print(f"{'':<18}{'per second':>12}{'µs of processor':>18}   medians of {chosen.pairs} windows of {chosen.seconds} s")
    for name, each in zip(names, zip(*windows, strict=True), strict=True):
        rate, spent = (statistics.median(values) for values in ([w.rate for w in each], [w.microseconds for w in each]))
        print(f"{name:<18}{rate:>12,.0f}{spent:>18.1f}")
    for what, ratios in (
        ("rate", [hit.rate / bare.rate for hit, bare in windows]),
        ("rate per processor time", [bare.microseconds / hit.microseconds for hit, bare in windows]),
    ):
        print(f"hit ÷ return 200, {what}: {statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})")


if __name__ == "__main__":
    main()
