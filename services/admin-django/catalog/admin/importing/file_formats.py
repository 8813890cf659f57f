"""The files that can be imported: CSV and JSON, exactly as they are."""

import json
from decimal import Decimal
from typing import Any

import tablib
from import_export.formats.base_formats import CSV, JSON

from catalog.item_fields import NAMES

LIMIT = 2000  # rows: what can be looked at row by row while somebody waits


class ExactCSV(CSV):
    def get_title(self) -> str:
        return "csv"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        return _checked(super().create_dataset(in_stream, **kwargs))


class ExactJSON(JSON):
    """JSON whose numbers never become floats."""

    def get_title(self) -> str:
        return "json"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        rows = json.loads(in_stream.decode("utf-8-sig"), parse_float=Decimal, parse_constant=str)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("The file is not a JSON array of objects.")
        columns = list(dict.fromkeys(name for row in rows for name in row))
        return _checked(tablib.Dataset(*([row.get(name) for name in columns] for row in rows), headers=columns))


def _checked(dataset: tablib.Dataset) -> tablib.Dataset:
    """Return the rows of a file; raise ValueError for what is wrong with the file as a whole."""
    columns = dataset.headers or []
    if "sku" not in columns:
        raise ValueError("The file has no column “sku”, which tells which item a row is.")
    if len(set(columns)) < len(columns):
        raise ValueError("The file has a column twice.")
    if unknown := [str(column)[:64] for column in columns if column not in NAMES]:
        raise ValueError(f"The file has columns that items do not have: {', '.join(unknown)}.")
    if len(dataset) > LIMIT:
        raise ValueError(f"The file has more than {LIMIT:,} rows: `manage.py load_items` takes files of any length.")
    return dataset
