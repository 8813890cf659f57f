"""A browser, and a visitor who remembers what went wrong on the pages."""

import os
import shutil
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.visitor import Visitor
from tests.http_client import HttpClient
from tests.wait import PATIENCE

# Nothing that a browser does on its own may count as the page's doing.
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ITEMS = 60  # more than a page has

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's program: TRIPTYCH_CHROMIUM, or what PATH has."""
    named = os.environ.get("TRIPTYCH_CHROMIUM")
    names = [named] if named else ["chromium", "chromium-browser", "google-chrome"]
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(
            f"no browser ({', '.join(names)}): apt-get install chromium, or set TRIPTYCH_CHROMIUM to its program"
        )
    return found


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """A browser for all tests; each visitor has a context of its own in it."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def visitor(browser: Browser, url: str, gateway: HttpClient) -> Iterator[Visitor]:
    """A visitor on a wide, light screen."""
    with Visitor(browser, url) as arrived:
        yield arrived


@pytest.fixture(scope="session")
def word(database: psycopg.Connection) -> str:
    """A word that stands in `ITEMS` items and nowhere else, which nobody changes."""
    return lanterns(database)


def lanterns(database: psycopg.Connection) -> str:
    """Make `ITEMS` items named Lantern 00 and so on, priced 1.00 and up; return a word that finds only them."""
    made = f"w{uuid.uuid4().hex}"
    with database.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO items (name, description, price) VALUES (%s, %s, %s)",
            [(f"Lantern {number:02}", made, number + 1) for number in range(ITEMS)],
        )
    return made
