"""What two hundred guessers of passwords do to everybody else: a write, /livez, and a right login from a new address.

Each guesser has an address of its own (127.0.x.y), tries a random name, and tries again as soon as it is answered,
whatever Retry-After says. Of a running stack, at the gateway and then directly at admin-django:
    eval "$(.venv/bin/python -m stack env | sed 's/^/export /')"; .venv/bin/python -m bench.guessing
"""

import argparse
import asyncio
import collections
import http.client
import json
import os
import secrets
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

TOKEN = "/api/auth/token/"
JSON = {"Content-Type": "application/json"}


def ask(url: str, method: str, path: str, body: object = None, *, headers: dict[str, str] | None = None,
        source: str = "127.0.0.1") -> tuple[int, dict[str, str], bytes]:  # fmt: skip
    """Send a request on a connection of its own, from an address; return status, headers and body."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=60, source_address=(source, 0))
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, {**JSON, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def log_in(url: str, source: str) -> tuple[float, int, str]:
    """Come in with the right password, by Retry-After; return the seconds it took, the tries, and the token."""
    credentials = {
        "username": os.environ["TRIPTYCH_ADMIN_USER"],
        "password": os.environ["TRIPTYCH_ADMIN_PASSWORD"],
    }
    began, tries = time.perf_counter(), 0
    while True:
        tries += 1
        status, headers, body = ask(url, "POST", TOKEN, credentials, source=source)
        if status == 200:
            return time.perf_counter() - began, tries, json.loads(body)["access"]
        if status not in (429, 503) or time.perf_counter() - began > 60:
            raise SystemExit(f"the right login was answered {status}: {body.decode()}")
        time.sleep(float(headers["retry-after"]))


class Sampling:
    """While it is entered, does the same again and again, `rate` times a second, and notes how long each took."""

    def __init__(self, work: Callable[[], None], rate: float) -> None:
        self._work, self._pause = work, 1 / rate
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.took: list[float] = []

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            self._work()
            self.took.append(time.perf_counter() - began)
            self._over.wait(self._pause - self.took[-1])

    def __enter__(self) -> "Sampling":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def quantile(self, share: float) -> float:
        """Return the time in ms that this share of them did not take longer than."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class Scene:
    """Somebody who writes, and somebody who looks whether the process lives."""

    def __init__(self, url: str, token: str, rate: float) -> None:
        at = urlsplit(url)
        self._clients = [http.client.HTTPConnection(at.hostname or "", at.port, timeout=60) for _ in range(2)]
        self._token = {**JSON, "Authorization": f"Bearer {token}"}
        status, _, body = ask(url, "POST", "/api/items/", {"name": "guessed", "price": "1.00"}, headers=self._token)
        assert status == 201, body
        self._item = f"/api/items/{json.loads(body)['id']}/"
        self._rate = rate

    def write(self) -> None:
        """Change the item."""
        body = json.dumps({"name": f"guessed {secrets.token_hex(4)}"})
        self._send(0, "PATCH", self._item, body, {**self._token, "If-Match": "*"})

    def probe(self) -> None:
        """Ask for /livez."""
        self._send(1, "GET", "/livez", None, {})

    def _send(self, which: int, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
        self._clients[which].request(method, path, body, headers)
        answer = self._clients[which].getresponse()
        said = answer.read()
        if answer.status != 200:
            print(f"  {method} {path} was answered {answer.status}: {said[:300]!r}", flush=True)

    def sampled(self) -> tuple[Sampling, Sampling]:
        """Return what samples writes and probes."""
        return Sampling(self.write, self._rate), Sampling(self.probe, self._rate)


async def guess(url: str, count: int, seconds: float, anew: bool) -> collections.Counter[str]:
    """Have so many guess for so long; return how often each status was answered."""
    at = urlsplit(url)
    statuses: collections.Counter[str] = collections.Counter()
    over = time.monotonic() + seconds

    async def one(number: int) -> None:
        source = f"127.0.{1 + number // 200}.{1 + number % 200}"
        while time.monotonic() < over:
            reader, writer = await asyncio.open_connection(at.hostname, at.port, local_addr=(source, 0))
            try:
                while time.monotonic() < over:
                    body = json.dumps({"username": secrets.token_hex(8), "password": "guess"}).encode()
                    head = f"POST {TOKEN} HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Type: application/json\r\n"
                    head += f"Connection: {'close' if anew else 'keep-alive'}\r\nContent-Length: {len(body)}\r\n\r\n"
                    writer.write(head.encode() + body)
                    answer = await reader.readuntil(b"\r\n\r\n")
                    statuses[answer.split(b" ", 2)[1].decode()] += 1
                    length = answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
                    await reader.readexactly(int(length))
                    if b"connection: close" in answer.lower():
                        break
            except (OSError, asyncio.IncompleteReadError):
                statuses["broken"] += 1
            finally:
                writer.close()

    tasks = [asyncio.create_task(one(number)) for number in range(count)]
    await asyncio.wait(tasks, timeout=seconds + 5)
    return statuses


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guessers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20, help="of guessing, at each place")
    parser.add_argument("--rate", type=float, default=40, help="writes, and probes, a second")
    parser.add_argument("--anew", action="store_true", help="guessers make a connection for each try")
    parser.add_argument("--only", choices=["gateway", "admin-django"], help="one place")
    parser.add_argument("--guess-at", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.guess_at:
        statuses = asyncio.run(guess(given.guess_at, given.guessers, given.seconds, given.anew))
        print(json.dumps(statuses))
        return
    places = {"gateway": os.environ["TRIPTYCH_URL"], "admin-django": os.environ["TRIPTYCH_DJANGO_URL"]}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs, {given.guessers} guessers")
    alone, _, token = log_in(places["admin-django"], "127.0.200.1")
    print(f"a login alone: {alone:.2f} s")
    for number, (place, url) in enumerate(places.items()):
        if given.only not in (None, place):
            continue
        scene = Scene(url, token, given.rate)
        with scene.sampled()[0], scene.sampled()[1]:
            time.sleep(2)  # until connections and plans are made
        calm = scene.sampled()
        with calm[0], calm[1]:
            time.sleep(min(given.seconds, 10))
        command = [sys.executable, "-m", "bench.guessing", "--guess-at", url, "--guessers", str(given.guessers)]
        command += ["--seconds", str(given.seconds), *(["--anew"] if given.anew else [])]
        guessing = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        began, loaded, logins = time.monotonic(), scene.sampled(), []
        with loaded[0], loaded[1]:
            for login in range(1000):
                time.sleep(1)
                if time.monotonic() - began > given.seconds - 3:
                    break
                logins.append(log_in(url, f"127.0.{210 + number}.{1 + login}")[:2])
        answered, _ = guessing.communicate()
        for what, before, after in zip(("write", "/livez"), calm, loaded, strict=True):
            print(
                f"{place}: {what}: idle p50 {before.quantile(0.5):.1f} p99 {before.quantile(0.99):.1f} ms;"
                f" guessed at p50 {after.quantile(0.5):.1f} p99 {after.quantile(0.99):.1f}"
                f" worst {after.quantile(1):.1f} ms of {len(after.took)}:"
                f" p99 {after.quantile(0.99) / before.quantile(0.99):.2f} ×"
            )
        took = [seconds for seconds, _ in logins]
        print(
            f"{place}: a right login from anew: median {statistics.median(took):.2f} s, worst {max(took):.2f} s"
            f" of {len(took)}, {max(tries for _, tries in logins)} tries at most; guesses answered: {answered.strip()}"
        )


if __name__ == "__main__":
    main()
