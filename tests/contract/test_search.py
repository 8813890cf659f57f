"""What `?q=` finds where writing is more than ASCII: in each framework, and in the function that all of them call."""

import random
import secrets
import unicodedata
from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from tests.contract.conftest import SEED
from tests.contract.oracle.lists import words
from tests.http_client import HttpClient

# What finds which names. A name is found by all that is here for it, and by nothing that is here for another alone.
FOUND = {
    "caf\u00e9 composed": ["caf\u00e9", "cafe\u0301", "CAF\u00c9", "CAFE\u0301", "caf", "cafe\u0301 com"],
    "cafe\u0301 decomposed": ["caf\u00e9", "cafe\u0301", "CAF\u00c9", "CAFE\u0301", "caf"],
    "\u0130stanbul": ["istanbul", "\u0130STANBUL", "ISTANBUL", "i\u0307stanbul", "I\u0307st"],
    "\u0131stanbul": ["\u0131stanbul", "\u0131"],
    "Straße": ["STRASSE", "strasse", "straße", "STRA\u1e9eE", "stras"],
    "Σίσυφος": ["ΣΊΣΥΦΟΣ", "σίσυφοσ", "σι\u0301σ"],
    "\ufb01ne print": ["fine", "FINE", "\ufb01ne", "fi"],
    # Devanagari and Thai: the marks that are no letters (virama, tone) are inside of words
    "\u0939\u093f\u0928\u094d\u0926\u0940": ["\u0939\u093f\u0928\u094d\u0926\u0940", "\u0939\u093f\u0928\u094d"],
    "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48": ["\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48", "\u0e17\u0e35\u0e48"],
    # Arabic: two marks on one letter, in either order
    "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f": [
        "\u0645\u064f\u062d\u064e\u0645\u064e\u0651\u062f",
        "\u0645\u064f",
    ],
    # Persian: what joins or does not join letters is none of the three, and parts a word on both sides
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627": ["\u062e\u0648\u0627", "\u0646\u0645\u06cc\u200c\u062e\u0648"],
    "\ud55c\uad6d\uc5b4": ["\ud55c\uad6d", "\u1112\u1161\u11ab\u1100\u116e\u11a8"],
    "Vi\u1ec7t": ["vi\u1ec7t", "VIE\u0323\u0302T", "vie\u0302\u0323t", "vi\u00ea\u0323t", "vi"],
    "\u0662\u0665 \u0967\u0968": ["\u0662\u0665", "\u0967"],
    "\U0001d7d8\U00010400\U0001e920": ["\U0001d7d8\U00010428\U0001e942", "\U0001d7d8\U00010400\U0001e920"],
    "\u0301begins with a mark": ["\u0301begins", "\u0301"],
    "x\u0302\u0323y one word": ["x\u0323\u0302y", "X\u0323"],
    "foo-bar_baz.qux@1.5": ["foo", "bar", "baz", "qux", "1", "5", "foo-bar", "1.5", "qux@1"],
    "https://example.org/a/%7Eb?c=d": ["example", "org", "7eb", "https://example.org/a"],
}
FINDS_NOTHING = ["'", "!?", "\u200d", "-_.", "\u00ad", "\U0001fad6", "y\u0302", "\u0302y", "afe", "tanbul", "\u1112"]


@pytest.fixture(scope="module")
def category(database: psycopg.Connection) -> str:
    """A category with an item of each name."""
    slug = f"search-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Search')", [slug])
    for name in FOUND:
        database.execute("INSERT INTO items (name, description, price, category) VALUES (%s, '', 1, %s)", [name, slug])
    return slug


def found(framework: HttpClient, category: str, q: str) -> set[str]:
    """Return the names that a framework finds."""
    reply = framework.get(f"/api/items/?category={category}&limit=200&q={quote(q, safe='')}")
    assert reply.status == 200, str(reply)
    return {item["name"] for item in reply.json()}


def test_every_way_to_write_a_word_finds_it(framework: HttpClient, category: str) -> None:
    missing = [
        (name, q) for name, searches in FOUND.items() for q in searches if name not in found(framework, category, q)
    ]
    assert missing == []


def test_each_finds_what_the_rule_says_and_no_more(framework: HttpClient, category: str) -> None:
    """By the model of the contract, which is Python's alone."""

    def by_the_rule(q: str) -> set[str]:
        return {name for name in FOUND if all(any(w.startswith(s) for w in words(name)) for s in words(q))}

    searches = [q for each in FOUND.values() for q in each]
    assert {q: found(framework, category, q) for q in searches} == {q: by_the_rule(q) for q in searches}
    assert {q: found(framework, category, q) for q in FINDS_NOTHING} == {q: set() for q in FINDS_NOTHING}


def _characters() -> Iterator[str]:
    """Yield all that Python knows, but for circled letters and the many thousands of Han and Hangul."""
    for code in range(1, 0x110000):
        character, category = chr(code), unicodedata.category(chr(code))
        if category in {"Cn", "Co", "Cs"} or unicodedata.name(character, "").startswith(("CJK", "HANGUL SYLLABLE")):
            continue
        if not (category == "So" and any(word in unicodedata.name(character) for word in ("CIRCLED", "SQUARED"))):
            yield character


def test_every_character_is_of_a_word_or_not_as_the_rule_says(database: psycopg.Connection) -> None:
    texts = [f"a{character}b" for character in _characters()]
    told = database.execute(
        "SELECT text, item_terms(text) FROM unnest(%s::text[]) AS text WHERE unicode_assigned(text)", [texts]
    ).fetchall()
    assert len(told) > 35_000
    assert [(text, terms, words(text)) for text, terms in told if terms != words(text)] == []


def test_words_made_by_chance_are_those_of_the_rule(database: psycopg.Connection) -> None:
    chance = random.Random(SEED)
    marks = "\u0300\u0301\u0302\u0307\u0308\u0323\u0327\u0345\u093c\u094d\u0e48\u064e\u0651\u3099\u20e3\ufe0f"
    letters = "aeiIsS\u0130\u0131\u00df\u1e9e\u03a3\u03c2\u03c3\u1fb3\u0390\ufb03\u0149\u01f0\u0915\u0e01\u0645\u304b"
    others = " -_.'\u200c\u200d\u00ad0\u0665\u1100\u1161\u11a8\uac00\U0001d15e\U00010400\u3007\u2167"
    texts = ["".join(chance.choices(letters + marks * 2 + others, k=chance.randint(1, 30))) for _ in range(3000)]
    told = database.execute("SELECT text, item_terms(text) FROM unnest(%s::text[]) AS text", [texts]).fetchall()
    assert [(text, terms, words(text)) for text, terms in told if terms != words(text)] == []


@pytest.mark.parametrize("letter", ["a", "\u00e9", "\u6f22", "\U00010428", "\ufb03", "\u0958"])
def test_the_longest_words_are_kept_and_found(framework: HttpClient, database: psycopg.Connection, letter: str) -> None:
    slug = f"search-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Search')", [slug])
    with_end = "INSERT INTO items (name, description, price, category) VALUES (%s, %s, 1, %s)"
    database.execute(with_end, ["long", letter * 99_900 + " end", slug])
    assert found(framework, slug, letter * 200) == {"long"}
    assert found(framework, slug, "END " + letter * 100) == {"long"}
    assert found(framework, slug, letter * 199 + "z") == set()
