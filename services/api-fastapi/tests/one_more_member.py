"""Run the service with more members in an item's JSON than it knows of: `python -m tests.one_more_member`."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api_fastapi.__main__ import main
from api_fastapi.database import compiler, item_queries, statements
from sqlalchemy import ColumnElement, func, literal_column

known = item_queries._json


def longer(columns: Mapping[str, ColumnElement[Any]]) -> ColumnElement[str]:
    """Return the JSON with one member between the category and the version, and one after that."""
    text: ColumnElement[str] = known(columns)
    for name in ("version", "created_at"):
        member = f',"{name}":'
        text = func.replace(text, literal_column(f"'{member}'"), literal_column(f"""',"before_{name}":1{member}'"""))
    return text


if __name__ == "__main__":
    item_queries._json = longer
    with tempfile.TemporaryDirectory() as folder:
        statements.FILE = Path(folder, "compiled.json")
        statements.FILE.write_text(compiler.document(), encoding="utf-8")
        main()
