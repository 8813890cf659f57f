"""Requests made by chance, from one seeded source: the same seed gives the same requests for the same fixtures."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from tests.contract.fixtures import Fixtures
from tests.contract.malformed_cursors import TEXTS, damaged, documents
from tests.contract.malformed_inputs import ILL_FORMED, METHODS, PATHS, PIECES, SEARCHES, conditions
from tests.contract.oracle import answer, cursors, lists
from tests.contract.oracle.rows import ItemRow

T = TypeVar("T")


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire."""

    method: str
    target: bytes
    if_none_match: str | None = None

    def __str__(self) -> str:
        condition = f" If-None-Match: {self.if_none_match!r}" if self.if_none_match is not None else ""
        target = repr(self.target)
        return f"{self.method} {target if len(target) < 500 else target[:300] + '…' + target[-150:]}{condition}"


class Generator:
    """Makes requests about one fixtures."""

    def __init__(self, fixtures: Fixtures, seed: int) -> None:
        self._fixtures = fixtures
        self._random = random.Random(seed)
        self._decks: dict[str, list[int]] = {}
        self._rows = sorted(fixtures.catalogue.items, key=lambda row: row.id)
        self.kinds: dict[str, Callable[[], Request]] = {
            "lists": self._list,
            "pages": self._page,
            "pages of a price range": self._price_range,
            "searches": self._search,
            "ill-formed parameters": self._ill_formed,
            "odd pieces": self._odd_pieces,
            "cursors of elsewhere": self._foreign_cursor,
            "made-up cursors": self._made_up_cursor,
            "rewritten cursors": self._rewritten_cursor,
            "damaged cursors": self._damaged_cursor,
            "items": self._item,
            "conditions": self._conditional,
            "methods": self._method,
            "paths": self._path,
        }

    def request(self, kind: str) -> Request:
        """Return one more request of the kind; every fifth read is a HEAD."""
        request = self.kinds[kind]()
        if request.method == "GET" and self._random.random() < 0.2:
            return Request("HEAD", request.target, request.if_none_match)
        return request

    def _row(self) -> ItemRow:
        return self._random.choice(self._rows)

    def _deal(self, name: str, cards: Sequence[T]) -> T:
        """Return one of the cards, none of them again before all others were dealt."""
        deck = self._decks.setdefault(name, [])
        if not deck:
            deck += self._random.sample(range(len(cards)), len(cards))
        return cards[deck.pop()]

    def _filters(self) -> dict[str, str]:
        chance = self._random
        parameters = {"q": self._fixtures.marker} if chance.random() < 0.6 else {}
        if not parameters or chance.random() < 0.3:
            parameters["category"] = chance.choice([*self._fixtures.categories, f"{self._fixtures.marker}-unknown"])
        bounds = sorted(self._row().price for _ in range(2))
        if chance.random() < 0.3:
            parameters["min_price"] = chance.choice([f"{bounds[0]:.2f}", f"{bounds[0]:f}"[:-1], "0", "00000000"])
        if chance.random() < 0.3:
            parameters["max_price"] = chance.choice([f"{bounds[1]:.2f}", "99999999.99", "99999999"])
        return parameters

    def _parameters(self) -> dict[str, str]:
        parameters = self._filters()
        if self._random.random() < 0.7:
            parameters["sort"] = self._random.choice(["", "-"]) + self._random.choice(lists.COLUMNS)
        if self._random.random() < 0.8:
            parameters["limit"] = str(self._random.choice([1, 2, 3, 7, 20, 49, 50, 51, 99, 100, 199, 200]))
        return parameters

    def _list(self) -> Request:
        return self._get(self._parameters())

    def _with_cursor(self) -> dict[str, str]:
        parameters = self._parameters()
        return {**parameters, "cursor": cursors.after(self._row(), parameters.get("sort", "id"), parameters)}

    def _page(self) -> Request:
        return self._get(self._with_cursor())

    def _price_range(self) -> Request:
        """Return a page of a range, after a row that lies in it, or before it, or beyond: a cursor may say any."""
        chance, sort = self._random, self._random.choice(["price", "-price"])
        names = chance.choice([["min_price"], ["max_price"], ["min_price", "max_price"]])
        low, high = sorted(self._row().price for _ in range(2))
        bounds = {"min_price": f"{low:.2f}", "max_price": chance.choice([f"{high:.2f}", f"{high:f}"[:-1]])}
        category = chance.choice([None, *self._fixtures.categories])
        parameters = {"q": self._fixtures.marker} if category is None else {"category": category}
        parameters |= {"sort": sort, "limit": str(chance.choice([1, 2, 7, 50]))}
        parameters |= {name: bounds[name] for name in names}
        row = chance.choice([self._row(), replace(self._row(), id=chance.choice([1, 2**62]))])
        return self._get({**parameters, "cursor": cursors.after(row, sort, parameters)})

    def _search(self) -> Request:
        chance, row = self._random, self._row()
        found = lists.words(f"{row.name} {row.description}")
        words = chance.sample(found, min(len(found), chance.choice([0, 0, 1, 2, 4])))
        starts = [word[: chance.randint(1, len(word))] for word in words]
        pieces = [chance.choice([start, start.upper(), start.title(), start.casefold()]) for start in starts]
        pieces += [self._deal("searches", SEARCHES) for _ in range(chance.randint(0, 2))]
        pieces.insert(chance.randint(0, len(pieces)), self._fixtures.marker)
        q = chance.choice([" ", "  ", "\u2003", "-", "/ "]).join(pieces)
        parameters = self._parameters()
        parameters["q"] = chance.choice([q, f" {q}\u00a0", q.ljust(200, "."), q.ljust(201, "."), q.ljust(210), q[:200]])
        return self._get(parameters)

    def _ill_formed(self) -> Request:
        parameters = self._with_cursor() if self._random.random() < 0.3 else self._parameters()
        for name in self._random.sample(sorted(ILL_FORMED), self._random.choice([1, 1, 1, 2, 3])):
            parameters[name] = self._deal(name, ILL_FORMED[name])
        if self._random.random() < 0.1:
            parameters |= {"min_price": "10.01", "max_price": "10"}
        return self._get(parameters)

    def _odd_pieces(self) -> Request:
        path = self._random.choice([b"/api/items/"] * 4 + [b"/api/categories/", b"/api/items/%d/" % self._row().id])
        pieces = [self._deal("pieces", PIECES) for _ in range(self._random.choice([1, 1, 2, 3]))]
        if path == b"/api/items/":
            pieces += [self._escape(name) + b"=" + self._escape(value) for name, value in self._parameters().items()]
        self._random.shuffle(pieces)
        return Request("GET", path + b"?" + b"&".join(pieces))

    def _foreign_cursor(self) -> Request:
        cursor = self._with_cursor()["cursor"]
        return self._get({**self._parameters(), "cursor": cursor})

    def _made_up_cursor(self) -> Request:
        parameters = self._parameters()
        sort = parameters.get("sort", "id")
        made_up = documents(sort, cursors.digest(parameters), self._row())
        document = self._deal(f"documents by {sort.lstrip('-')}", made_up)
        return self._get({**parameters, "cursor": cursors.encode(document)})

    def _rewritten_cursor(self) -> Request:
        parameters = self._with_cursor()
        text = self._deal("texts", TEXTS)(cursors.unwrap(parameters["cursor"]))
        return self._get({**parameters, "cursor": cursors.wrap(text)})

    def _damaged_cursor(self) -> Request:
        parameters = self._with_cursor()
        return self._get({**parameters, "cursor": damaged(parameters["cursor"], self._random)})

    def _item(self) -> Request:
        id = self._row().id
        made_up = [
            2**63 - 1,
            2**63,
            10**18,
            10**19 - 1,
            10**19,
            10**30,
            0,
            -1,
            -id,
            f"0{id}",
            f"+{id}",
            f"{id}.0",
            f"{id}e0",
        ]
        return Request("GET", b"/api/items/%s/" % str(self._random.choice([id, id, id, *made_up])).encode())

    def _conditional(self) -> Request:
        row = self._row()
        if self._random.random() < 0.5:
            return Request("GET", b"/api/items/%d/" % row.id, self._deal("of items", conditions(f'"{row.version}"')))
        parameters = self._parameters() if self._random.random() < 0.5 else self._with_cursor()
        plain = self._get(parameters)
        return Request("GET", plain.target, self._deal("of lists", conditions(self._tag_of(plain))))

    def _tag_of(self, request: Request) -> str:
        """Return the ETag that the answer to the request must have."""
        return answer("GET", request.target, None, self._fixtures.catalogue).etag or '"none"'

    def _method(self) -> Request:
        target = self._random.choice([b"/api/items/", b"/api/items/%d/" % self._row().id, b"/api/categories/"])
        query = self._random.choice([b"", b"?limit=0", b"?unknown=1"])
        return Request(self._deal("methods", METHODS), target + query)

    def _path(self) -> Request:
        return Request("GET", self._deal("paths", PATHS) % {b"id": b"%d" % self._row().id})

    def _get(self, parameters: dict[str, str]) -> Request:
        pairs = [self._escape(name) + b"=" + self._escape(value) for name, value in parameters.items()]
        self._random.shuffle(pairs)
        separator = self._random.choice([b"&"] * 9 + [b"&&"])
        return Request("GET", b"/api/items/?" + separator.join(pairs))

    def _escape(self, text: str) -> bytes:
        """Percent-encode as clients do, each in its way: more than is needed, in small letters, `+` for a space."""
        style = self._random.random()
        escaped = b""
        for byte in text.encode():
            safe = chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-._~")
            if safe and not (style < 0.1 and self._random.random() < 0.5):
                escaped += bytes([byte])
            elif byte == 0x20 and style < 0.7:
                escaped += b"+"
            else:
                escaped += b"%%%02x" % byte if style < 0.4 else b"%%%02X" % byte
        return escaped
