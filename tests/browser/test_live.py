"""What a visitor sees of changes that somebody makes."""

import uuid

import psycopg
import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.back_office import ITEMS, sign_in
from tests.browser.visitor import Visitor


@pytest.fixture
def mark(database: psycopg.Connection) -> str:
    """A word of two items, Alpha and Beta."""
    made = f"live{uuid.uuid4().hex}"
    for name in ("Alpha", "Beta"):
        database.execute("INSERT INTO items (name, description, price) VALUES (%s, %s, 1)", (name, made))
    return made


def test_a_change_appears_in_the_list_as_it_happens(visitor: Visitor, database: psycopg.Connection, mark: str) -> None:
    visitor.open_items(f"?q={mark}")
    expect(visitor.names).to_have_text(["Alpha", "Beta"])
    expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
    database.execute("UPDATE items SET name = 'Gamma', price = 2 WHERE name = 'Beta' AND description = %s", (mark,))
    expect(visitor.names).to_have_text(["Alpha", "Gamma"])
    changed = visitor.page.locator("tbody tr.just-changed")
    expect(changed.locator(".price")).to_have_text(["2.00"])
    database.execute("DELETE FROM items WHERE name = 'Alpha' AND description = %s", (mark,))
    expect(visitor.page.locator("tbody tr.deleted strong")).to_have_text(["Alpha"])
    assert visitor.faults == []


def test_what_a_clerk_changes_in_the_back_office_appears_too(
    visitor: Visitor, browser: Browser, url: str, mark: str
) -> None:
    visitor.open_items(f"?q={mark}")
    expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
    with Visitor(browser, url) as clerk:
        sign_in(clerk)
        expect(clerk.page.get_by_role("heading", name="Back office")).to_be_visible()
        clerk.open(f"{ITEMS}?q={mark}+alpha&edit=1", "#result_list [name$=-price]:visible")
        clerk.page.locator("#result_list [name$=-price]:visible").fill("12.30")
        clerk.page.get_by_role("button", name="Save").click()
        expect(visitor.page.locator("tbody tr.just-changed .price")).to_have_text(["12.30"])


def test_a_change_does_not_move_for_those_who_do_not_want_it(
    visitor: Visitor, database: psycopg.Connection, mark: str
) -> None:
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.open_items(f"?q={mark}")
    expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
    database.execute("UPDATE items SET name = 'Gamma' WHERE name = 'Beta' AND description = %s", (mark,))
    cell = visitor.page.locator("tbody tr.just-changed td.changed")
    expect(cell).to_have_css("animation-name", "none")


def test_without_the_stream_the_page_works_as_it_did(visitor: Visitor, mark: str) -> None:
    visitor.page.route("**/api/items/events/**", lambda route: route.abort())
    visitor.open_items(f"?q={mark}")
    expect(visitor.names).to_have_text(["Alpha", "Beta"])
    expect(visitor.page.locator("#live")).to_be_hidden()
    visitor.search(f"{mark} beta")
    expect(visitor.names).to_have_text(["Beta"])


def test_a_stream_that_only_says_when_to_come_again_does_not_look_live(visitor: Visitor, mark: str) -> None:
    asked = []

    def come_again(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(content_type="text/event-stream", body=": full\nretry: 100\n\n")

    visitor.page.route("**/api/items/events/**", come_again)
    visitor.open_items(f"?q={mark}")
    visitor.page.evaluate(
        """() => {
            const sign = document.getElementById("live");
            window.shown = 0;
            new MutationObserver(() => (window.shown += !sign.hidden)).observe(sign, { attributes: true });
        }"""
    )
    with visitor.page.expect_response(lambda _: len(asked) > 5):
        pass
    assert visitor.page.evaluate("window.shown") < 3
    visitor.page.unroute("**/api/items/events/**")
    expect(visitor.page.get_by_text("live", exact=True)).to_be_visible()
