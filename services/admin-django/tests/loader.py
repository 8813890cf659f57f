"""Write files and load them, as `manage.py load_items` does."""

from pathlib import Path

import pytest
from django.core.management import call_command


class Loader:
    """Writes files and loads them."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def file(self, content: str | bytes, name: str = "items.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Return the exit status, and what went to standard output and to standard error."""
        status = 0
        try:
            call_command("load_items", *map(str, arguments))
        except SystemExit as exit:
            status = int(str(exit.code))
        return status, *self.capsys.readouterr()
