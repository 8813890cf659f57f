"""Every page of the back office, and how one gets to it."""

import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from playwright.sync_api import FilePayload, expect

from tests.browser.visitor import Visitor

ITEMS = "/admin/catalog/item/"
CATEGORIES = "/admin/catalog/category/"
USERS = "/admin/auth/user/"
LONG = "A-single-word-that-no-line-breaks-by-itself-" * 2


@dataclass(frozen=True)
class Scene:
    """What the pages show, made once and by SQL: `word` finds three items, `item` has long values and changes."""

    database: psycopg.Connection
    word: str
    item: int
    category: str
    action: str
    user: int
    change: int


def make_scene(database: psycopg.Connection) -> Scene:
    """Make what the pages show."""
    word, category, action = f"w{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex[:20]}", str(uuid.uuid4())
    for name in ("Lantern", f"Lantern {LONG}", "Lamp"):
        database.execute("INSERT INTO items (name, description, price) VALUES (%s, %s, 12.5)", (name, word))
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, %s)", (category, f"Kites {LONG}"))
    item = _value(
        database,
        "INSERT INTO items (name, description, price, sku, category) VALUES (%s, %s, 12345678.90, %s, %s) RETURNING id",
        (LONG, f"kite {LONG}", f"SKU-{uuid.uuid4()}", category),
    )
    with database.transaction():
        database.execute("SELECT set_config('triptych.actor', %s, true)", (f"clerk-{LONG}"[:150],))
        database.execute("UPDATE items SET name = 'Kite ' || name, price = 1, description = '' WHERE id = %s", (item,))
    with database.transaction():
        database.execute("SELECT set_config('triptych.action', %s, true)", (action,))
        database.execute(
            "UPDATE items SET price = price + 0.5, description = description || %s WHERE id = %s", (LONG, item)
        )
    user = _value(database, "SELECT id FROM auth_user WHERE username = %s", (os.environ["TRIPTYCH_ADMIN_USER"],))
    change = _value(database, "SELECT min(id) FROM item_history WHERE item_id = %s", (item,))
    database.execute(
        "INSERT INTO django_admin_log (action_time, user_id, content_type_id, object_id, object_repr, action_flag,"
        " change_message) SELECT now(), %s, id, %s, %s, 2, '' FROM django_content_type WHERE model = 'itemhistory'",
        (user, action, f"discount of 10 % on the items of {LONG}"),
    )
    return Scene(database, word, item, category, action, user, change)


def hire(database: psycopg.Connection, group: str = "", *, with_second_factor: bool = False) -> str:
    """Make somebody with the first user's password, in a group or else a superuser; return the name."""
    name = f"clerk-{uuid.uuid4().hex[:12]}"
    user = _value(
        database,
        "INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active,"
        " date_joined) SELECT password, %s, %s, '', '', '', true, true, now() FROM auth_user WHERE username = %s"
        " RETURNING id",
        (not group, name, os.environ["TRIPTYCH_ADMIN_USER"]),
    )
    database.execute(
        "INSERT INTO auth_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = %s", (user, group)
    )
    if with_second_factor:
        database.execute(
            "INSERT INTO otp_totp_totpdevice (user_id, name, confirmed, key, step, t0, digits, tolerance, drift,"
            " last_t, throttling_failure_count) VALUES (%s, 'Authenticator', true, %s, 30, 0, 6, 1, 0, -1, 0)",
            (user, "0123456789abcdef" * 2),
        )
    return name


def sign_in(visitor: Visitor, name: str = "", password: str = "", path: str = "/admin/") -> None:
    """Send the form of the login page; without a name as the first user."""
    visitor.open(path, "#login-form")
    visitor.page.get_by_label("Username").fill(name or os.environ["TRIPTYCH_ADMIN_USER"])
    visitor.page.get_by_label("Password").fill(password or os.environ["TRIPTYCH_ADMIN_PASSWORD"])
    visitor.page.get_by_role("button", name="Log in").click()


Way = Callable[[Visitor, Scene], None]


def at(path: str) -> Way:
    """Return the way to a page with an address of its own, with the scene's names in braces."""
    return lambda visitor, scene: visitor.open(path.format_map(vars(scene)), "h1")


def _choose(action: str) -> Way:
    def way(visitor: Visitor, scene: Scene) -> None:
        visitor.open(f"{ITEMS}?q={scene.word}", "#action-toggle")
        visitor.page.locator("#action-toggle").check()
        visitor.page.locator(".actions select[name=action]").select_option(action)
        visitor.page.locator(".actions button[name=index]").click()
        expect(visitor.page.locator("form.bulk")).to_be_visible()

    return way


def _discount_preview(visitor: Visitor, scene: Scene) -> None:
    _choose("discount")(visitor, scene)
    visitor.page.get_by_label("Percent off").fill("10")
    visitor.page.get_by_role("button", name="Preview").click()
    expect(visitor.page.get_by_role("button", name="Change 3 items")).to_be_visible()


def _bad_discount(visitor: Visitor, scene: Scene) -> None:
    _choose("discount")(visitor, scene)
    visitor.page.get_by_label("Percent off").fill("1000")
    visitor.page.get_by_role("button", name="Preview").click()
    expect(visitor.page.locator(".errorlist")).to_be_visible()


def upload(visitor: Visitor, content: str) -> None:
    """Send a CSV file to be looked at."""
    visitor.open(f"{ITEMS}import/", "#id_import_file")
    file = FilePayload(name="items.csv", mimeType="text/csv", buffer=content.encode())
    visitor.page.locator("#id_import_file").set_input_files(file)
    visitor.page.get_by_role("button", name="Submit").click()


def _import_preview(visitor: Visitor, scene: Scene) -> None:
    upload(visitor, f"name,description,price,sku\nLamp,{LONG},12.10,S-{scene.word}\nLantern,,1,T-{scene.word}\n")
    expect(visitor.page.get_by_role("button", name="Confirm import")).to_be_visible()


def _import_refusals(visitor: Visitor, scene: Scene) -> None:
    upload(visitor, f"name,description,price,sku\nLamp,{LONG},ten,S-{scene.word}\n,,1,T-{scene.word}\n")
    expect(visitor.page.locator("table.refusals")).to_be_visible()


def _import_not_readable(visitor: Visitor, scene: Scene) -> None:
    upload(visitor, "name,price\nLamp,1\n")
    expect(visitor.page.locator(".errorlist")).to_be_visible()


def _conflict(visitor: Visitor, scene: Scene) -> None:
    visitor.open(f"{ITEMS}{scene.item}/change/", "#id_name")
    scene.database.execute("UPDATE items SET price = price + 1 WHERE id = %s", (scene.item,))
    visitor.page.locator("#id_price").fill("77777777.70")
    visitor.page.get_by_role("button", name="Save", exact=True).click()
    expect(visitor.page.locator(".errorlist")).to_be_visible()


def _bad_item(visitor: Visitor, scene: Scene) -> None:
    visitor.open(f"{ITEMS}add/", "#id_name")
    visitor.page.locator("form#item_form").evaluate("form => form.noValidate = true")
    visitor.page.locator("#id_price").fill("-1")
    visitor.page.get_by_role("button", name="Save", exact=True).click()
    expect(visitor.page.locator(".errorlist").first).to_be_visible()


def _bad_row(visitor: Visitor, scene: Scene) -> None:
    visitor.open(f"{ITEMS}?q={scene.word}&edit=1", "#result_list input[name$=price]:visible")
    visitor.page.locator("#result_list input[name$=price]:visible").first.fill("ten")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.locator("#result_list .errorlist")).to_be_visible()


def _choosing_a_category(visitor: Visitor, scene: Scene) -> None:
    visitor.open(f"{ITEMS}add/", "#id_name")
    visitor.page.locator(".select2-selection").click()
    expect(visitor.page.locator(".select2-results__option").first).to_be_visible()


def _delete_users(visitor: Visitor, scene: Scene) -> None:
    name = hire(scene.database)
    visitor.open(f"{USERS}?q={name}", "#action-toggle")
    visitor.page.locator("#action-toggle").check()
    visitor.page.locator(".actions select[name=action]").select_option("delete_selected")
    visitor.page.locator(".actions button[name=index]").click()
    expect(visitor.page.get_by_role("button", name="Yes")).to_be_visible()


# Of somebody who may do everything.
PAGES: dict[str, Way] = {
    "front page": at("/admin/"),
    "items": at(f"{ITEMS}?q={{word}}"),
    "items, edited": at(f"{ITEMS}?q={{word}}&edit=1"),
    "items, a bad price": _bad_row,
    "item, new": at(f"{ITEMS}add/"),
    "item, choosing its category": _choosing_a_category,
    "item": at(f"{ITEMS}{{item}}/change/"),
    "item, changed by somebody else": _conflict,
    "item, delete": at(f"{ITEMS}{{item}}/delete/"),
    "item, history": at(f"{ITEMS}{{item}}/history/"),
    "item, restore": at(f"{ITEMS}{{item}}/history/{{change}}/restore/"),
    "discount": _choose("discount"),
    "discount, preview": _discount_preview,
    "delete items": _choose("delete_items"),
    "import": at(f"{ITEMS}import/"),
    "import, preview": _import_preview,
    "import, refused rows": _import_refusals,
    "categories": at(CATEGORIES),
    "category, new": at(f"{CATEGORIES}add/"),
    "category": at(f"{CATEGORIES}{{category}}/change/"),
    "changes": at("/admin/catalog/itemhistory/"),
    "action": at("/admin/catalog/itemhistory/{action}/change/"),
    "users": at(USERS),
    "user, new": at(f"{USERS}add/"),
    "user": at(f"{USERS}{{user}}/change/"),
    "user, password": at(f"{USERS}{{user}}/password/"),
    "user, delete": at(f"{USERS}{{user}}/delete/"),
    "groups": at("/admin/auth/group/"),
    "group": at("/admin/auth/group/add/"),
    "authenticators": at("/admin/otp_totp/totpdevice/"),
    "authenticator": at("/admin/otp_totp/totpdevice/add/"),
    "wrong passwords, list": at("/admin/axes/accessattempt/"),
    "own password": at("/admin/password_change/"),
    "own second factor": at("/admin/second-factor/"),
    "not found": at("/admin/nothing-here/"),
}

# Much like one of those: looked at in the long tests only.
OTHERS: dict[str, Way] = {
    "catalog": at("/admin/catalog/"),
    "items, none found": at(f"{ITEMS}?q={{word}}nothing"),
    "items, filtered": at(f"{ITEMS}?q={{word}}&price=10-50&o=1"),
    "item, refused": _bad_item,
    "item, not there": at(f"{ITEMS}999999999999/change/"),
    "discount, refused": _bad_discount,
    "set the category": _choose("set_category"),
    "category, history": at(f"{CATEGORIES}{{category}}/history/"),
    "accounts": at("/admin/auth/"),
    "users, delete": _delete_users,
    "user, history": at(f"{USERS}{{user}}/history/"),
    "second factors": at("/admin/otp_totp/"),
    "wrong passwords": at("/admin/axes/"),
    "category, in a window": at(f"{CATEGORIES}add/?_popup=1"),
    "import, refused file": _import_not_readable,
}


def _wrong_password(visitor: Visitor, scene: Scene) -> None:
    sign_in(visitor, f"nobody-{uuid.uuid4().hex[:12]}", "wrong")
    expect(visitor.page.locator(".errornote")).to_be_visible()


def _locked_out(visitor: Visitor, scene: Scene) -> None:
    name = f"nobody-{uuid.uuid4().hex[:12]}"
    for _ in range(5):
        sign_in(visitor, name, "wrong")
        expect(visitor.page.locator(".errornote")).to_be_visible()
    expect(visitor.page.get_by_text("Try again in 15 minutes")).to_be_visible()


def _code(visitor: Visitor, scene: Scene) -> None:
    sign_in(visitor, hire(scene.database, with_second_factor=True))
    expect(visitor.page.get_by_label("Code")).to_be_visible()


def _wrong_code(visitor: Visitor, scene: Scene) -> None:
    _code(visitor, scene)
    visitor.page.get_by_label("Code").fill("000000")
    visitor.page.get_by_role("button", name="Log in").click()
    expect(visitor.page.locator(".errorlist, .errornote")).to_be_visible()


def _logged_out(visitor: Visitor, scene: Scene) -> None:
    sign_in(visitor)
    visitor.page.get_by_role("button", name="Log out").click()
    expect(visitor.page.get_by_role("heading", name="Logged out")).to_be_visible()


def _forbidden(visitor: Visitor, scene: Scene) -> None:
    sign_in(visitor, hire(scene.database, "viewer"))
    expect(visitor.page.locator("#user-tools")).to_be_visible()
    visitor.open(f"{ITEMS}add/", "h1")


def _of_a_viewer(visitor: Visitor, scene: Scene) -> None:
    sign_in(visitor, hire(scene.database, "viewer"))
    expect(visitor.page.locator("#user-tools")).to_be_visible()
    visitor.open(f"{ITEMS}{scene.item}/change/", "h1")


def _of_nobody(visitor: Visitor, scene: Scene) -> None:
    name = hire(scene.database, "viewer")
    scene.database.execute("UPDATE auth_user SET is_staff = false WHERE username = %s", (name,))
    sign_in(visitor, name)
    expect(visitor.page.locator(".errornote")).to_be_visible()


# Of strangers, and of those who come in anew; the gateway's own pages, too.
DOORS: dict[str, Way] = {
    "login": at("/admin/login/"),
    "login, wrong password": _wrong_password,
    "login, not of the staff": _of_nobody,
    "login, code": _code,
    "login, wrong code": _wrong_code,
    "locked out": _locked_out,
    "logged out": _logged_out,
    "forbidden": _forbidden,
    "item, as a viewer sees it": _of_a_viewer,
    "not found at the gateway": at("/nothing-here"),
    "page of the items": lambda visitor, scene: visitor.open_items(f"?q={scene.word}"),
    "page of the items, refused": lambda visitor, _: visitor.open_items("?min_price=cheap"),
}


def _value(database: psycopg.Connection, query: LiteralString, parameters: tuple[Any, ...]) -> Any:
    row = database.execute(query, parameters).fetchone()
    assert row
    return row[0]
