"""The contract's document, shared/contract/openapi.yaml."""

from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).resolve().parents[2] / "shared" / "contract" / "openapi.yaml"


def contract() -> dict[str, Any]:
    """Return the document, parsed."""
    document: dict[str, Any] = yaml.load(PATH.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)  # ten times as fast
    return document
