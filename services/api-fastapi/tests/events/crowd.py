"""Many who follow, and connect again with their last id whenever they are cut off, as browsers do."""

import asyncio
import json
from collections import defaultdict
from contextlib import suppress

from tests.events.follower import PATH


class Member:
    """One of them; `versions` are those that it was told of each item, in their order."""

    def __init__(self) -> None:
        self.last_id = ""
        self.versions: dict[int, list[int]] = defaultdict(list)
        self.resyncs = 0
        self.connections = 0

    async def follow(self, port: int, query: str) -> None:
        """Follow until cancelled."""
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                near, far = await asyncio.open_connection("127.0.0.1", port)
                try:
                    told = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
                    far.write(f"GET {PATH}{query} HTTP/1.1\r\nHost: test\r\n{told}\r\n".encode())
                    assert b" 200 " in (await near.readuntil(b"\r\n\r\n")).partition(b"\r\n")[0]
                    self.connections += 1
                    while size := int(await near.readuntil(b"\r\n"), 16):
                        self._take((await near.readexactly(size + 2)).decode())
                finally:
                    far.close()
            await asyncio.sleep(0.05)

    def _take(self, text: str) -> None:
        for block in text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and line[0] != ":")
            self.last_id = fields.get("id", self.last_id)
            if fields.get("event") == "resync":
                self.resyncs += 1
            elif "data" in fields:
                item = json.loads(fields["data"])
                self.versions[item["id"]].append(item["version"])

    def is_up_to(self, versions: dict[int, int]) -> bool:
        """Tell whether it was told the last version of every item."""
        return all(self.versions[item][-1:] == [version] for item, version in versions.items())
