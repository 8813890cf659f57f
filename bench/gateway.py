"""What a hit in the gateway's cache costs, beside the cheapest answer that nginx can give: `python -m bench.gateway`.

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
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from bench.bare_nginx import configuration
from bench.wrk import Window, WrkIsMissingError, wrk
from stack import nginx, ports
from stack.errors import StackError
from tests.wait import until
from tests.wire import Wire

ROOT = Path(__file__).resolve().parents[1]
ITEM = "/api/items/1/"
BODY = (
    b'{"id":1,"name":"Enamel mug","description":"Keeps tea warm.","price":"9.90","sku":"MUG-1","category":"kitchen",'
    b'"version":1,"created_at":"2026-01-31T12:00:00.000000Z","updated_at":"2026-01-31T12:00:00.000000Z"}'
)


class Service(ThreadingHTTPServer):
    """Where the gateway gets the item from, once a second."""

    request_queue_size = 128
    daemon_threads = True


class Item(BaseHTTPRequestHandler):
    """A service that has one item, with the headers of the contract."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the item, whatever is asked."""
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
def service() -> Iterator[int]:
    """Run the service until the end of the block; yields its port."""
    with Service(("127.0.0.1", 0), Item) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@contextmanager
def running(command: list[str], environment: Mapping[str, str], port: int) -> Iterator[psutil.Process]:
    """Run an nginx until the end of the block, which begins when it answers."""
    # its access log is a file, as in operation it is a pipe: written, not thrown away
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, env=environment, stdout=log) as process:
        try:
            until(lambda: is_answered(port), within=10, what=f"{command[0]} answers")
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def is_answered(port: int) -> bool:
    """Read the item twice, so that it is in the cache where there is one, and return whether that worked."""
    with Wire(f"http://127.0.0.1:{port}") as client:
        return [client.get(ITEM).status, client.get(ITEM).status] == [200, 200]


def gateway_environment(port: int, service_port: int, folder: Path, nginx_folder: Path) -> dict[str, str]:
    """Return the environment of a gateway whose services are all the same one."""
    upstreams = ("ADMIN_DJANGO_UPSTREAM", "SIMPLE_FLASK_UPSTREAM", "API_FASTAPI_UPSTREAM")
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(nginx_folder), os.environ.get("PATH", os.defpath)]),
        **dict.fromkeys(upstreams, f"127.0.0.1:{service_port}"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_STATE": str(folder / "gateway"),
        "GATEWAY_WWW": str(folder / "www"),
        "GATEWAY_RATE_LIMIT": "100000",
    }


def compare(pairs: int, seconds: int) -> list[tuple[Window, Window]]:
    """Return the windows of the gateway and of the bare nginx, pair by pair."""
    nginx_folder, port = nginx.folder(), ports.free_base()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subprocess.run([sys.executable, ROOT / "gateway" / "build.py", folder / "www"], check=True)
        environment = gateway_environment(port, stack.enter_context(service()), folder, nginx_folder)
        gateway = stack.enter_context(running([str(ROOT / "gateway" / "start")], environment, port))
        with Wire(f"http://127.0.0.1:{port}") as client:
            hit = client.get(ITEM)
        if hit.header("X-Cache") != "HIT":
            raise ValueError(f"this is no hit:\n{hit}")
        written = folder / "bare.conf"
        written.write_text(configuration(hit, ITEM, port + 1, folder))
        command = [str(nginx_folder / "nginx"), "-e", "stderr", "-p", str(folder), "-c", str(written)]
        bare = stack.enter_context(running(command, environment, port + 1))
        return [_pair((port, gateway), (port + 1, bare), seconds, swap=number % 2 == 1) for number in range(pairs)]


def _pair(
    first: tuple[int, psutil.Process], second: tuple[int, psutil.Process], seconds: int, *, swap: bool
) -> tuple[Window, Window]:
    """Return a window of each; who is read first takes turns too."""
    windows = []
    for port, server in (second, first) if swap else (first, second):
        is_answered(port)
        windows.append(wrk(f"http://127.0.0.1:{port}{ITEM}", server, seconds))
    return (windows[1], windows[0]) if swap else (windows[0], windows[1])


def main() -> None:
    """Print the medians of both, and the medians and extremes of the pairs' ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description="A hit beside nginx's `return 200`.")
    parser.add_argument("--pairs", type=int, default=9, help="how many windows of each (9)")
    parser.add_argument("--seconds", type=int, default=2, help="how long a window is (2)")
    chosen = parser.parse_args()
    try:
        pairs = compare(chosen.pairs, chosen.seconds)
    except (WrkIsMissingError, StackError) as error:
        sys.exit(str(error))
    print(
        f"{'':<18}{'per second':>12}{'µs of processor':>18}   medians of {chosen.pairs} windows of {chosen.seconds} s"
    )
    for name, windows in zip(("gateway, hit", "nginx return 200"), zip(*pairs, strict=True), strict=True):
        rate = statistics.median(window.rate for window in windows)
        print(f"{name:<18}{rate:>12,.0f}{statistics.median(window.microseconds for window in windows):>18.1f}")
    _print_ratio("per second", [hit.rate / bare.rate for hit, bare in pairs])
    _print_ratio("per processor second", [bare.microseconds / hit.microseconds for hit, bare in pairs])


def _print_ratio(what: str, ratios: list[float]) -> None:
    print(f"hit ÷ return 200, {what}: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
