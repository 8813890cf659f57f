"""Readers over HTTP, which remember what they were shown."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.histories.judging import Seen


@dataclass
class Readers:
    """Readers of several processes; each keeps a connection to each."""

    ports: list[int]
    items: range
    filler: range
    category: str
    seed: int
    seen: list[Seen] = field(default_factory=list)
    refused: int = 0

    async def read(self, number: int, over: Callable[[], bool]) -> None:
        """Read at random until it is over; a connection that ends is opened again."""
        chance = random.Random(self.seed + number)
        while not over():
            process = chance.randrange(len(self.ports))
            try:
                near, far = await asyncio.open_connection("127.0.0.1", self.ports[process])
                for _ in range(200):
                    if over():
                        break
                    await self._one(process, chance, near, far)
                far.close()
            except (OSError, EOFError):
                await asyncio.sleep(0.02)

    async def _one(
        self, process: int, chance: random.Random, near: asyncio.StreamReader, far: asyncio.StreamWriter
    ) -> None:
        kind = chance.random()
        fresh = chance.random() < 0.05
        item = chance.choice(self.items)
        if kind < 0.1:
            target = f"/api/items/?category={self.category}&limit=200"
        elif kind < 0.25:
            target = f"/api/items/{chance.choice(self.filler)}/"  # pushes others out
        else:
            target = f"/api/items/{item}/"
        began = time.monotonic()
        more = "Cache-Control: no-cache\r\n" if fresh else ""
        far.write(f"GET {target} HTTP/1.1\r\nHost: test\r\n{more}\r\n".encode())
        head = await near.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        body = await near.readexactly(length)
        ended = time.monotonic()
        status = int(head[9:12])
        how = "fresh" if fresh else "plain"
        if status == 503:
            self.refused += 1
            await asyncio.sleep(0.01)
        elif kind < 0.1:
            assert status == 200, body
            versions = {row["id"]: row["version"] for row in json.loads(body)}
            self.seen += [Seen(process, id_, began, ended, versions.get(id_), how + " list") for id_ in self.items]
        elif kind >= 0.25:
            assert status in (200, 404), body
            version = json.loads(body)["version"] if status == 200 else None
            self.seen.append(Seen(process, item, began, ended, version, how))
