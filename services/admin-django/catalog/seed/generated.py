"""Believable items by number: the same number is always the same item."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

BLOCK = 10_000  # items that share one random generator, and one transaction when they are written
LARGEST = 9_999_999  # what fits in a sku

_WORDS = json.loads(Path(__file__).with_name("words.json").read_text(encoding="utf-8"))
_CATEGORIES = list(_WORDS["weights"])  # the slugs of the demo's categories
_WEIGHTS = list(_WORDS["weights"].values())


class GeneratedItem(NamedTuple):
    """One row, in the order in which it is copied."""

    name: str
    description: str
    price: str
    sku: str
    category: str | None


def sku(number: int) -> str:
    """Return the sku of a generated item; as text they have the order of their numbers."""
    return f"GEN-{number:07}"


def block(first: int) -> Iterator[GeneratedItem]:
    """Return the BLOCK items from the number `first` on, which is 1 more than a multiple of BLOCK."""
    random = Random(first)
    for number in range(first, first + BLOCK):
        yield _item(random, number)


def _item(random: Random, number: int) -> GeneratedItem:
    (category,) = random.choices(_CATEGORIES, _WEIGHTS)
    thing = random.choice(_WORDS["things"][category])
    kind, material, colour, opening, ending = (
        random.choice(_WORDS[words]) for words in ("kinds", "materials", "colours", "openings", "endings")
    )
    return GeneratedItem(
        name=f"{kind} {thing[0].lower()}{thing[1:]} in {material}, {colour}",
        description=f"{opening} {ending}",
        price=_price(random),
        sku=sku(number),
        category=None if random.random() < 0.01 else category,
    )


def _price(random: Random) -> str:
    """Return a price: half are below 30, one in a hundred is in the hundreds or thousands, most end in .90 or so."""
    whole = min(int(math.exp(random.gauss(3.4, 1.1))), 9_999)
    return f"{whole}.{random.choice(('00', '50', '90', '95', '99'))}"
