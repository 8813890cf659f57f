"""How long the pages of the back office take, as a browser waits for them: `python -m bench.back_office`.

For a system that runs, with generated items (`make up`, `make seed COUNT=1000000`): TRIPTYCH_URL is the gateway's URL,
TRIPTYCH_ADMIN_PASSWORD the first user's password. One item's price is changed.
"""

import argparse
import html
import os
import re
import statistics
import time
from collections.abc import Callable

import httpx

ITEMS = "/admin/catalog/item/"
PAGES = {
    "list": ITEMS,
    "search, frequent": f"{ITEMS}?q=lamp",
    "search, rare": f"{ITEMS}?q=lamp+cork+white",
    "one category": f"{ITEMS}?category__slug__exact=kitchen",
    "page 1,000": f"{ITEMS}?p=1000",
}


def sign_in(client: httpx.Client) -> None:
    """Begin a session. Raises ValueError where the password is not right."""
    client.get("/admin/login/")
    sent = {
        "username": os.environ.get("TRIPTYCH_ADMIN_USER", "admin"),
        "password": os.environ["TRIPTYCH_ADMIN_PASSWORD"],
        "csrfmiddlewaretoken": client.cookies["csrftoken"],
        "next": "/admin/",
    }
    if client.post("/admin/login/", data=sent).status_code != 302:
        raise ValueError("the first user's password is another one, or a code is asked for")


def fields(page: str) -> dict[str, str]:
    """Return the form's fields by name, as they are filled in."""
    found = dict(re.findall(r'<input[^>]*\bname="([^"]+)"[^>]*\bvalue="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*\bname="([^"]+)"[^>]*>\s*(.*?)</textarea>', page, re.DOTALL))
    for name, options in re.findall(r'<select[^>]*\bname="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    return {name: html.unescape(value) for name, value in found.items()}


def saving(client: httpx.Client, path: str) -> Callable[[], httpx.Response]:
    """Return what saves an item's form with a new price each time; reading the form is part of it."""
    price = 0

    def save() -> httpx.Response:
        nonlocal price
        price += 1
        form = {name: value for name, value in fields(client.get(path).text).items() if not name.startswith("_")}
        return client.post(path, data={**form, "price": f"{price}.00", "_save": "Save"})

    return save


def measure(name: str, ask: Callable[[], httpx.Response], rounds: int, status: int) -> None:
    """Ask so often after a first time, and print how long it took."""
    times = []
    for _ in range(rounds + 1):
        begin = time.perf_counter()
        response = ask()
        times.append(time.perf_counter() - begin)
        if response.status_code != status:
            raise ValueError(f"{name}: {response.status_code} {response.text[:500]}")
    print(f"{name:<20}{statistics.median(times[1:]) * 1000:>6.0f} ms, at most {max(times[1:]) * 1000:.0f} ms")


def main() -> None:
    """Print the time of each page."""
    parser = argparse.ArgumentParser(prog="python -m bench.back_office", description="The back office's pages.")
    parser.add_argument("--rounds", type=int, default=15, help="how often each is asked for (15)")
    rounds = parser.parse_args().rounds
    url = os.environ.get("TRIPTYCH_URL", "http://127.0.0.1:8080")
    with httpx.Client(base_url=url, headers={"Referer": url}, timeout=60) as client:
        sign_in(client)
        for name, path in PAGES.items():
            measure(name, lambda path=path: client.get(path), rounds, 200)  # type: ignore[misc]
        found = re.search(rf'href="({ITEMS}\d+/change/)', client.get(ITEMS).text)
        if found is None:
            raise ValueError("there are no items")
        measure("one item", lambda: client.get(found[1]), rounds, 200)
        measure("read and save it", saving(client, found[1]), rounds, 302)


if __name__ == "__main__":
    main()
