"""A day in the back office, in a real browser: its scripts and its policy have to get along."""

import os
from decimal import Decimal

import psycopg
import pytest
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.back_office import ITEMS, sign_in
from tests.browser.conftest import lanterns
from tests.browser.visitor import Visitor


@pytest.fixture
def word(database: psycopg.Connection) -> str:
    """A word that finds items which are the test's own, to be changed."""
    return lanterns(database)


@pytest.fixture
def clerk(visitor: Visitor) -> Visitor:
    """A visitor who has signed in."""
    sign_in(visitor)
    expect(visitor.page.get_by_role("heading", name="Back office")).to_be_visible()
    return visitor


def price(database: psycopg.Connection, word: str, name: str) -> Decimal:
    """Return the price of the item with this name of those that are found by `word`."""
    row = database.execute("SELECT price FROM items WHERE description = %s AND name = %s", (word, name)).fetchone()
    assert row
    return Decimal(row[0])


def test_an_item_is_found_and_its_price_changed_in_the_list(
    clerk: Visitor, database: psycopg.Connection, word: str
) -> None:
    clerk.open(ITEMS, "#searchbar")
    clerk.page.locator("#searchbar").fill(f"{word} lantern 07")
    clerk.page.locator("#searchbar").press("Enter")
    expect(clerk.page.locator("#result_list tbody tr")).to_have_count(1)
    clerk.page.get_by_role("link", name="Edit prices and categories").click()
    clerk.page.get_by_label("Price of Lantern 07").fill("77.70")
    clerk.page.get_by_role("button", name="Save").click()
    expect(clerk.page.locator(".messagelist")).to_contain_text("1 item was changed")
    assert price(database, word, "Lantern 07") == Decimal("77.70")
    clerk.page.locator("#result_list .field-name a").click()
    clerk.page.get_by_role("link", name="History", exact=True).click()
    expect(clerk.page.locator(".history tbody tr").first).to_contain_text("8.00")
    expect(clerk.page.locator(".history tbody tr").first).to_contain_text(os.environ["TRIPTYCH_ADMIN_USER"])
    assert clerk.faults == []


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_the_list_needs_no_scrolling_sideways(clerk: Visitor, word: str, width: int) -> None:
    clerk.page.set_viewport_size({"width": width, "height": 800})
    clerk.open(f"{ITEMS}?q={word}", "#result_list")
    hidden = clerk.page.locator("#changelist .results").evaluate("each => each.scrollWidth - each.clientWidth")
    assert hidden == 0


def test_all_that_match_are_discounted_after_a_look_and_that_is_undone(
    clerk: Visitor, database: psycopg.Connection, word: str
) -> None:
    before = price(database, word, "Lantern 03")
    clerk.open(f"{ITEMS}?q={word}", "#action-toggle")
    clerk.page.locator("#action-toggle").check()
    clerk.page.locator(".actions .question a").click()  # all that match, not only the page
    clerk.page.locator(".actions select[name=action]").select_option("discount")
    clerk.page.get_by_role("button", name="Run the selected action").or_(
        clerk.page.locator(".actions button[name=index]")
    ).first.click()
    clerk.page.get_by_label("Percent off").fill("10")
    clerk.page.get_by_role("button", name="Preview").click()
    expect(clerk.page.get_by_role("button", name="Change 60 items")).to_be_visible()
    assert price(database, word, "Lantern 03") == before
    clerk.page.get_by_role("button", name="Change 60 items").click()
    clerk.page.get_by_role("link", name="undo it").click()
    assert price(database, word, "Lantern 03") == (before * Decimal("0.9")).quantize(Decimal("0.01"))
    clerk.page.get_by_role("button", name="Undo").click()
    expect(clerk.page.locator(".messagelist")).to_contain_text("60 items are as they were")
    assert price(database, word, "Lantern 03") == before
    assert clerk.faults == []


def test_a_file_is_looked_at_before_it_is_imported(clerk: Visitor, database: psycopg.Connection, word: str) -> None:
    clerk.open(f"{ITEMS}import/", "#id_import_file")
    content = f"name,description,price,sku\nImported,{word}x,12.10,S-{word}\n".encode()
    clerk.page.locator("#id_import_file").set_input_files(
        FilePayload(name="items.csv", mimeType="text/csv", buffer=content)
    )
    expect(clerk.page.locator("#id_format")).to_have_value("0")  # the page's script has seen the name
    clerk.page.get_by_role("button", name="Submit").click()
    expect(clerk.page.locator(".import-preview")).to_contain_text("12.10")
    clerk.page.get_by_role("button", name="Confirm import").click()
    expect(clerk.page.locator(".messagelist")).to_contain_text("1 new")
    assert price(database, f"{word}x", "Imported") == Decimal("12.10")
    assert clerk.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_gets_along_with_its_policy(browser: Browser, url: str, scheme: str, word: str) -> None:
    with Visitor(browser, url, scheme=scheme) as clerk:  # type: ignore[arg-type]
        sign_in(clerk)
        expect(clerk.page.get_by_role("heading", name="Back office")).to_be_visible()
        for path in (ITEMS, f"{ITEMS}add/", f"{ITEMS}import/", "/admin/catalog/category/", "/admin/second-factor/"):
            clerk.open(path, "#site-name")
        clerk.open(f"{ITEMS}add/", "#id_name")
        clerk.page.locator(".select2-selection").click()
        expect(clerk.page.locator(".select2-results__option").first).to_be_visible()
        assert clerk.faults == []
