"""What a visitor sees and does on the pages."""

import re

import psycopg
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import ITEMS
from tests.browser.visitor import Visitor
from tests.http_client import HttpClient

SERVICES = {"Django": "admin-django", "Flask": "simple-flask", "FastAPI": "api-fastapi"}


def test_search_narrows_the_list(visitor: Visitor, word: str) -> None:
    visitor.open_items()
    visitor.search(f"{word} lantern")
    expect(visitor.names).to_have_count(50)
    visitor.page.get_by_label("Price from").fill("58")
    expect(visitor.names).to_have_text(["Lantern 57", "Lantern 58", "Lantern 59"])
    visitor.page.get_by_label("Sort by").select_option("-price")
    expect(visitor.names).to_have_text(["Lantern 59", "Lantern 58", "Lantern 57"])


def test_search_without_a_match_says_so(visitor: Visitor, word: str) -> None:
    visitor.open_items(f"?q={word}x")
    expect(visitor.page.get_by_text("No item matches")).to_be_visible()
    expect(visitor.names).to_have_count(0)


def test_next_and_previous_page_show_every_item_once(visitor: Visitor, word: str) -> None:
    visitor.open_items(f"?q={word}")
    expect(visitor.names).to_have_count(50)
    first = visitor.names.all_inner_texts()
    visitor.page.get_by_role("button", name="Next").click()
    expect(visitor.names).to_have_count(ITEMS - 50)
    second = visitor.names.all_inner_texts()
    assert first + second == [f"Lantern {number:02}" for number in range(ITEMS)]
    expect(visitor.page.locator("#page")).to_have_text("Page 2")
    expect(visitor.page.get_by_role("button", name="Next")).to_be_disabled()
    visitor.page.get_by_role("button", name="Previous").click()
    expect(visitor.names).to_have_text(first)
    expect(visitor.page.get_by_role("button", name="Previous")).to_be_disabled()


def test_the_browsers_back_button_and_a_shared_link_lead_to_the_same_page(
    visitor: Visitor, browser: Browser, word: str
) -> None:
    visitor.open_items(f"?q={word}")
    expect(visitor.names).to_have_count(50)
    visitor.page.get_by_role("button", name="Next").click()
    expect(visitor.names).to_have_count(ITEMS - 50)
    link = visitor.page.url.removeprefix(f"{visitor.url}/")
    visitor.page.go_back()
    expect(visitor.names).to_have_count(50)
    expect(visitor.page.get_by_label("Search")).to_have_value(word)
    with Visitor(browser, visitor.url) as other:
        other.open_items(link)
        expect(other.names).to_have_count(ITEMS - 50)
        expect(other.page.get_by_label("Search")).to_have_value(word)


@pytest.mark.parametrize("framework", SERVICES)
def test_the_framework_asked_is_shown_as_answering(visitor: Visitor, word: str, framework: str) -> None:
    visitor.open_items(f"?q={word}&sort=-price")
    visitor.page.get_by_text(framework, exact=True).click()
    expect(visitor.served_by).to_have_text(SERVICES[framework])
    expect(visitor.page.locator("#answer")).to_have_text(re.compile(r"with 200 in \d+ ms"))
    expect(visitor.names.first).to_have_text("Lantern 59")


def test_the_category_chosen_is_the_only_one_shown(visitor: Visitor, database: psycopg.Connection, word: str) -> None:
    slug = f"c-{word[:20]}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, %s)", (slug, "Kites"))
    database.execute(
        "INSERT INTO items (name, description, price, category) VALUES ('Box kite', '', 12.50, %s)", (slug,)
    )
    visitor.open_items(f"?category={slug}")
    expect(visitor.names).to_have_text(["Box kite"])
    expect(visitor.page.get_by_label("Category")).to_have_value(slug)
    visitor.page.get_by_role("button", name="Clear").click()
    expect(visitor.page.get_by_label("Category")).to_have_value("")
    expect(visitor.page).to_have_url(f"{visitor.url}/")


def test_an_items_text_is_never_markup(visitor: Visitor, database: psycopg.Connection, word: str) -> None:
    name, mark = "<img src=x onerror=alert(1)>", f"markup{word}"
    database.execute("INSERT INTO items (name, description, price) VALUES (%s, %s, 1)", (name, f"<b>{mark}</b>"))
    visitor.open_items(f"?q={mark}")
    expect(visitor.names).to_have_text([name])
    expect(visitor.page.locator("#items img, #items b")).to_have_count(0)


def test_a_problem_is_told_in_words(visitor: Visitor) -> None:
    visitor.open_items("?min_price=cheap")
    expect(visitor.page.get_by_role("alert")).to_contain_text("min_price")
    visitor.page.get_by_label("Price from").fill("")
    expect(visitor.page.get_by_role("alert")).to_be_hidden()


def test_a_lost_network_is_told_and_its_return_noticed(visitor: Visitor, word: str) -> None:
    visitor.open_items()
    visitor.context.set_offline(True)
    visitor.search(word)
    expect(visitor.page.get_by_role("alert")).to_contain_text("cannot be reached")
    visitor.context.set_offline(False)
    expect(visitor.names).to_have_count(50)
    expect(visitor.page.get_by_role("alert")).to_be_hidden()


def test_a_failed_request_can_be_tried_again(visitor: Visitor, word: str) -> None:
    visitor.open_items()
    visitor.page.route("**/api/items/**", lambda route: route.abort())
    visitor.search(word)
    expect(visitor.page.get_by_role("alert")).to_contain_text("cannot be reached")
    visitor.page.unroute("**/api/items/**")
    visitor.page.get_by_role("button", name="Try again").click()
    expect(visitor.names).to_have_count(50)


def test_everything_can_be_done_with_the_keyboard(visitor: Visitor, word: str) -> None:
    visitor.open_items()
    keyboard = visitor.page.keyboard
    keyboard.press("Tab")
    expect(visitor.page.get_by_role("link", name="Skip to the items")).to_be_focused()
    keyboard.press("/")
    expect(visitor.page.get_by_label("Search")).to_be_focused()
    keyboard.type(word)
    expect(visitor.names.first).to_have_text("Lantern 00")  # the announcement was there for all items, too
    expect(visitor.page.locator("#announcement")).to_contain_text("50 items, answered by")
    for _ in range(8):
        keyboard.press("Tab")
        if visitor.page.locator("#next:focus").count():
            break
    expect(visitor.page.locator("#next")).to_be_focused()
    assert visitor.page.locator("#next").evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    keyboard.press("Enter")
    expect(visitor.names).to_have_count(ITEMS - 50)


def test_the_health_of_every_process_is_shown(visitor: Visitor) -> None:
    visitor.open_items()
    expect(visitor.page.locator("#health [data-state=ready]")).to_have_count(4)


def test_dark_and_light_differ(browser: Browser, url: str, visitor: Visitor) -> None:
    visitor.open_items()
    with Visitor(browser, url, scheme="dark") as night:
        night.open_items()
        paper, ink = (
            [other.page.evaluate(f"getComputedStyle(document.body).{name}") for other in (visitor, night)]
            for name in ("backgroundColor", "color")
        )
    assert paper[0] != paper[1] and ink[0] != ink[1]


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser: Browser, url: str, width: int, word: str) -> None:
    with Visitor(browser, url, width=width) as someone:
        someone.open_items(f"?q={word}")
        expect(someone.names).to_have_count(50)
        assert someone.page.evaluate("document.documentElement.scrollWidth") <= width
        assert someone.page.locator("table").evaluate("table => table.scrollWidth") <= width


def test_the_docs_list_every_operation_of_the_contract(visitor: Visitor, gateway: HttpClient) -> None:
    visitor.open("/api/docs/", ".opblock")
    contract = gateway.get("/api/openapi.json").json()
    methods = {"get", "head", "post", "put", "patch", "delete"}
    operations = sum(len(methods & path.keys()) for path in contract["paths"].values())
    expect(visitor.page.locator(".opblock")).to_have_count(operations)


def test_the_docs_try_out_the_list_of_items_through_the_gateway(visitor: Visitor, word: str) -> None:
    visitor.open("/api/docs/", ".opblock")
    listing = visitor.page.locator("[id$=-list_items].opblock")
    listing.locator(".opblock-summary-control").click()
    expect(listing.locator("tr[data-param-name=category]")).to_contain_text("Example: kitchen")
    expect(listing.locator("tr[data-param-name=category] input")).to_have_value("")
    listing.locator("tr[data-param-name=limit] input").fill("3")
    with visitor.page.expect_response(re.compile("/api/items/")) as answer:
        listing.get_by_role("button", name="Execute").click()
    assert answer.value.status == 200
    assert len(answer.value.json()) == 3
    assert answer.value.headers["x-served-by"] in SERVICES.values()
    expect(listing.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert visitor.faults == []


def test_the_pages_make_no_error_and_ask_no_other_host(visitor: Visitor, word: str) -> None:
    visitor.open_items()
    visitor.search(word)
    expect(visitor.names).to_have_count(50)
    visitor.page.get_by_role("button", name="Next").click()
    expect(visitor.names).to_have_count(ITEMS - 50)
    expect(visitor.page.locator("#health [data-state=ready]")).to_have_count(4)
    visitor.open("/api/docs/", ".opblock")
    visitor.page.get_by_role("link", name="← Items").click()
    expect(visitor.served_by).to_be_visible()
    assert visitor.faults == []


def test_the_policy_refuses_scripts_that_are_not_ours(visitor: Visitor) -> None:
    for path, landmark in (("/", "#served-by"), ("/api/docs/", ".opblock")):
        visitor.open(path, landmark)
        ran = visitor.page.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ranInline = true";
                document.body.append(script);
                return window.ranInline === true;
            }"""
        )
        assert not ran, path
        assert visitor.faults, path
        visitor.faults.clear()
