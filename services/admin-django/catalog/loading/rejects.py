"""Keep the rows that were refused, so that they can be mended and loaded again."""

import csv
import json
from pathlib import Path
from types import TracebackType
from typing import Self

from catalog.loading.records import Record


class Rejects:
    """A CSV file of refused rows (file, place, reason, row as JSON); without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self.file = path.open("w", encoding="utf-8", newline="") if path else None
        if self.file:
            self.rows = csv.writer(self.file)
            self.rows.writerow(["file", "place", "reason", "row"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.file:
            self.file.close()

    def add(self, path: Path, record: Record, reason: str) -> None:
        """Write down one row."""
        if self.file:
            row = json.dumps(record.values, default=str)
            self.rows.writerow([str(path), record.place, reason, row])
