"""Upserts a second through `/api/items/bulk/`, one client, 1,000 a request: `python -m bench.bulk`.

For a system that runs, with generated items (`make up`, `make seed COUNT=1000000`): TRIPTYCH_URL is the gateway's URL,
TRIPTYCH_ADMIN_PASSWORD the first user's password. What is written stays.
"""

import argparse
import os
import random
import statistics
import time
import uuid
from collections.abc import Sequence

from tests.bearer import Bearer, send
from tests.http_client import HttpClient

ROWS = 1_000
WORDS = ("enamel", "mug", "holds", "water", "outlives", "owner", "steel", "bolt", "kitchen", "garden", "lamp", "oak")


def rows(skus: Sequence[str], price: str) -> list[dict[str, object]]:
    """Return a row for each sku, with a text of the usual length."""
    return [
        {
            "sku": sku,
            "name": " ".join(random.sample(WORDS, 3)),
            "description": " ".join(random.choices(WORDS, k=12)),
            "price": price,
            "category": None,
        }
        for sku in skus
    ]


def measure(client: HttpClient, bearer: Bearer, name: str, requests: Sequence[list[dict[str, object]]]) -> None:
    """Send the requests one after the other, and print what they came to."""
    times = []
    for sent in requests:
        headers = bearer.headers()
        begin = time.perf_counter()
        reply = send(client, "POST", "/api/items/bulk/", {"items": sent}, headers)
        times.append(time.perf_counter() - begin)
        if reply.status != 200:
            raise ValueError(str(reply)[:500])
        rejected = [row for row in reply.json()["items"] if row["status"] == "rejected"]
        if rejected:
            raise ValueError(f"not all was written: {str(rejected)[:500]}")
    rate = ROWS * len(times) / sum(times)
    print(f"{name:<16}{rate:>8,.0f} upserts/s   a request {statistics.median(times):.3f} s, at most {max(times):.3f} s")


def main() -> None:
    """Make new items, change generated ones, do both in one request, and send the same again."""
    parser = argparse.ArgumentParser(prog="python -m bench.bulk", description="Upserts a second.")
    parser.add_argument("--requests", type=int, default=20, help="how many of each kind (20)")
    parser.add_argument("--items", type=int, default=1_000_000, help="how many were generated (1000000)")
    chosen = parser.parse_args()
    count = chosen.requests
    known = [f"GEN-{number:07}" for number in random.sample(range(1, chosen.items + 1), count * ROWS)]
    old = [known[start : start + ROWS] for start in range(0, len(known), ROWS)]
    half = [[*skus[: ROWS // 2], *(uuid.uuid4().hex for _ in range(ROWS // 2))] for skus in old]
    with HttpClient(os.environ.get("TRIPTYCH_URL", "http://127.0.0.1:8080")) as client:
        bearer = Bearer(client)
        for name, batches in (
            ("(warming up)", [rows([uuid.uuid4().hex for _ in range(ROWS)], "1.00") for _ in range(3)]),
            ("new", [rows([uuid.uuid4().hex for _ in range(ROWS)], "1.00") for _ in range(count)]),
            ("changed", [rows(skus, "1.23") for skus in old]),
            ("half and half", again := [rows(skus, "2.34") for skus in half]),
            ("as they were", again),
        ):
            measure(client, bearer, name, batches)


if __name__ == "__main__":
    main()
