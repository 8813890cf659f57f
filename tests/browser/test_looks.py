"""The back office for the eyes, and for those who have none: every page, light and dark, from phone to desktop."""

from collections.abc import Iterable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.back_office import DOORS, OTHERS, PAGES, Scene, make_scene, sign_in
from tests.browser.looks import View, faults
from tests.browser.visitor import Visitor
from tests.http_client import HttpClient

PHONE_AND_DESK: list[View] = [(390, "light"), (1280, "dark")]
ALL: list[View] = [(width, scheme) for width in (390, 768, 1280, 1440) for scheme in ("light", "dark")]


def in_views(pages: Iterable[str], others: Iterable[str] = ()) -> pytest.MarkDecorator:
    """Parametrise a test with each page's name and views of it: two of them, and in the long tests all of all pages."""
    short = [pytest.param(name, PHONE_AND_DESK, id=name) for name in pages]
    long = [pytest.param(name, ALL, id=f"{name}, all", marks=pytest.mark.long) for name in (*pages, *others)]
    return pytest.mark.parametrize(("name", "views"), short + long)


@pytest.fixture(scope="module")
def scene(database: psycopg.Connection) -> Scene:
    """What the pages show."""
    return make_scene(database)


@pytest.fixture(scope="module")
def clerk(browser: Browser, url: str, gateway: HttpClient) -> Iterator[Visitor]:
    """One visitor for all pages, signed in."""
    with Visitor(browser, url) as arrived:
        sign_in(arrived)
        expect(arrived.page.get_by_role("heading", name="Back office")).to_be_visible()
        yield arrived


@in_views(PAGES, OTHERS)
def test_a_page_of_the_back_office_can_be_read_by_everybody(
    clerk: Visitor, scene: Scene, name: str, views: list[View]
) -> None:
    (PAGES | OTHERS)[name](clerk, scene)
    found = faults(clerk.page, views)
    assert not found, "\n".join(found)


@in_views(DOORS)
def test_a_page_at_the_door_can_be_read_by_everybody(
    browser: Browser, url: str, gateway: HttpClient, scene: Scene, name: str, views: list[View]
) -> None:
    with Visitor(browser, url) as stranger:
        DOORS[name](stranger, scene)
        found = faults(stranger.page, views)
        assert not found, "\n".join(found)


def test_the_list_is_text_until_somebody_edits_it(clerk: Visitor, scene: Scene) -> None:
    clerk.open(f"/admin/catalog/item/?q={scene.word}", "#result_list")
    assert clerk.page.locator("#result_list :is(input:not([type=checkbox]), select)").count() == 0
    clerk.page.get_by_role("link", name="Edit prices and categories").click()
    clerk.page.get_by_label("Price of Lamp", exact=True).fill("99.90")
    clerk.page.get_by_role("button", name="Save").click()
    expect(clerk.page.locator(".messagelist")).to_contain_text("1 item was changed")
    assert clerk.page.locator("#result_list select").count() == 0
    expect(clerk.page.locator("#result_list .field-price", has_text="99.90")).to_have_count(1)


def test_the_refusals_of_an_import_are_there_to_be_read(clerk: Visitor, scene: Scene) -> None:
    PAGES["import, refused rows"](clerk, scene)
    rows = clerk.page.locator("table.refusals tbody tr")
    expect(rows.filter(has_text="A price looks like 12.50")).to_be_visible()
    expect(rows.filter(has_text="name This field cannot be blank")).to_be_visible()
    opacity = "element => getComputedStyle(element).opacity"
    assert {row.locator("li").first.evaluate(opacity) for row in rows.all()} == {"1"}


def test_the_names_on_the_front_page_are_for_people(clerk: Visitor, scene: Scene) -> None:
    clerk.open("/admin/", "h1")
    names = clerk.page.locator("#content-main caption .section").all_inner_texts()
    assert names == ["Catalog", "Authentication and Authorization", "Second factors", "Wrong passwords"]
    expect(clerk.page.locator("#content")).not_to_contain_text("admin_django")
    expect(clerk.page.locator(".who", has_text="a command on the server").first).to_be_visible()


def test_a_stranger_is_not_asked_for_a_code(browser: Browser, url: str, gateway: HttpClient, scene: Scene) -> None:
    with Visitor(browser, url) as stranger:
        stranger.open("/admin/login/", "#login-form")
        assert stranger.page.get_by_label("Code").count() == 0


def test_the_panel_of_a_failed_request_shows_its_id(visitor: Visitor) -> None:
    visitor.open_items("?min_price=cheap")
    asked = visitor.page.locator("#answer").get_attribute("title")
    assert asked
    expect(visitor.page.get_by_role("alert").locator(".request")).to_have_text(asked)
