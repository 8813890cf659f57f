"""A form that comes back shows every field as it was typed: sent as it came, it says the same once more."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from catalog.models import Category, Item
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client

from tests.back_office.page import Page, typed_into
from tests.back_office.person import ITEMS, Person, changes, fresh, member
from tests.make import make_category, make_item, unique

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db
AWKWARD = "\n  first line\n\n<b>\"quoted\"</b> & 'so' ünïcode ’\t𝄞\nlast line"
FIRST = {"name": 'A & B\'s <"lamp">', "description": AWKWARD, "price": "12.50"}


def typed(**fields: Any) -> dict[str, Any]:
    """Return something for each field of an item."""
    return {**FIRST, "sku": unique("S"), "category": make_category().slug, **fields}


def stored(item: Item) -> dict[str, Any]:
    """Return an item's fields as they are typed."""
    now = fresh(item)
    fields = {name: getattr(now, name) or "" for name in ("name", "description", "sku")}
    return {**fields, "price": str(now.price), "category": now.category_id or ""}


def comes_back(response: "Response", wanted: dict[str, Any], with_field: str = "name") -> Page:
    """Assert that the page is the form with what was typed, and return it."""
    assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
    page = Page(response, with_field)
    assert typed_into(page, wanted) == wanted
    return page


def form_of(boss: Person, item: Item) -> Page:
    return Page(boss.client.get(f"{ITEMS}{item.id}/change/"), "name")


# ── One item ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_tabs_the_second_is_shown_what_was_typed_in_it_and_saves_that(boss: Person) -> None:
    item = make_item(price="1.00", sku=unique("S"), category=make_category(), description="before")
    first, second = form_of(boss, item), form_of(boss, item)
    assert first.send(boss.client, {"price": "3.00"}).status_code == 302
    wanted = typed()
    again = comes_back(second.send(boss.client, wanted), wanted)
    assert stored(item)["price"] == "3.00"
    assert again.send(boss.client).status_code == 302
    assert stored(item) == {**wanted, "description": AWKWARD.strip()}


def test_nothing_typed_is_nothing_changed_in_a_browser_too(boss: Person) -> None:
    item = make_item(name=" edges ", description=AWKWARD + "\r\n", sku=unique("S"), category=make_category())
    assert form_of(boss, item).send(boss.client).status_code == 302
    assert fresh(item).version == item.version
    assert form_of(boss, item).send(boss.client, {"price": "7.00"}).status_code == 302
    assert fresh(item).description == item.description and fresh(item).name == item.name


@pytest.mark.parametrize("wrong", [{"name": ""}, {"price": "-1"}, {"price": ""}, {"sku": "x" * 65}])
def test_a_wrong_field_leaves_the_others_as_they_were_typed(boss: Person, wrong: dict[str, str]) -> None:
    item, right = make_item(), typed()
    for page in (form_of(boss, item), Page(boss.client.get(f"{ITEMS}add/"), "name")):
        sent = {**right, "sku": unique("S"), **wrong}
        again = comes_back(page.send(boss.client, sent), sent)
        mended = {name: unique("S") if name == "sku" else right[name] for name in wrong}
        assert again.send(boss.client, mended).status_code == 302
        made = Item.objects.latest("updated_at")
        assert stored(made) == {**sent, **mended, "description": AWKWARD.strip()}


def test_a_sku_that_is_taken_leaves_the_others_as_they_were_typed(boss: Person) -> None:
    item, wanted = make_item(), typed(sku=make_item(sku=unique("S")).sku)
    again = comes_back(form_of(boss, item).send(boss.client, wanted), wanted)
    assert again.send(boss.client, {"sku": ""}).status_code == 302
    assert stored(item)["name"] == wanted["name"]


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shelf(boss: Person) -> "Shelf":
    return Shelf(boss)


class Shelf:
    """Four items in a category of their own, and the list that shows them."""

    def __init__(self, boss: Person) -> None:
        self.boss, self.category, self.other = boss, make_category(), make_category()
        self.items = [make_item(name=unique("Lamp"), price="1.00", category=self.category) for _ in range(4)]
        self.shown = self.items[::-1]

    def page(self) -> Page:
        query = {"category__slug__exact": self.category.slug, "edit": "1"}
        return Page(self.boss.client.get(ITEMS, query), "form-0-price")

    def typed(self) -> dict[str, str]:
        """Return a price for the first and the last row, and a category for the second."""
        return {"form-0-price": "20.00", "form-1-category": self.other.slug, "form-3-price": "23.00"}

    def expect_saved(self) -> None:
        now = [fresh(item) for item in self.shown]
        assert [item.price for item in now] == [Decimal(price) for price in ("20.00", "1.00", "1.00", "23.00")]
        assert [item.category_id == self.other.slug for item in now] == [False, True, False, False]

    def save(self, page: Page, entries: dict[str, str] | None = None) -> "Response":
        return page.send(self.boss.client, entries, {"_save": "Save"})


def test_rows_of_the_list_come_back_as_typed_after_a_conflict(shelf: Shelf) -> None:
    page, wanted = shelf.page(), shelf.typed()
    member("editor").edit(shelf.shown[0], price="5.00")
    again = comes_back(shelf.save(page, wanted), wanted, "form-0-price")
    assert fresh(shelf.shown[3]).price == Decimal("1.00")
    assert shelf.save(again).status_code == 302
    shelf.expect_saved()
    assert fresh(shelf.shown[2]).version == shelf.shown[2].version


def test_rows_of_the_list_come_back_as_typed_beside_a_wrong_one(shelf: Shelf) -> None:
    wanted = {**shelf.typed(), "form-2-price": "-1"}
    again = comes_back(shelf.save(shelf.page(), wanted), wanted, "form-0-price")
    assert shelf.save(again, {"form-2-price": "1.00"}).status_code == 302
    shelf.expect_saved()


def test_rows_stay_beside_their_items_when_the_list_has_others_by_now(shelf: Shelf) -> None:
    page, wanted = shelf.page(), {**shelf.typed(), "form-2-price": "-1"}
    make_item(name="Newest", category=shelf.category)
    Item.objects.filter(pk=shelf.shown[1].pk).update(category=None)
    response = shelf.save(page, wanted)
    again = comes_back(response, wanted, "form-0-price")
    content = response.content.decode()
    places = [content.index(f">{item.name}<") for item in shelf.shown]
    prices = [content.index(f'name="form-{row}-price"') for row in range(4)]
    assert sorted(places + prices) == [place for pair in zip(places, prices, strict=True) for place in pair]
    assert "Newest" not in content
    assert shelf.save(again, {"form-2-price": "1.00"}).status_code == 302
    shelf.expect_saved()


@pytest.mark.parametrize("gone", [0, 2, 3])
def test_a_deleted_row_takes_no_other_with_it(shelf: Shelf, gone: int) -> None:
    page, wanted = shelf.page(), shelf.typed()
    shelf.items.remove(deleted := shelf.shown[gone])
    deleted.delete()
    response = shelf.save(page, wanted)
    assert deleted.name in response.content.decode()
    left = [row for row in range(4) if row != gone]
    rows = {f"form-{left.index(r)}-{f}": wanted.get(f"form-{r}-{f}") for r in left for f in ("price", "category")}
    again = comes_back(response, {name: value for name, value in rows.items() if value}, "form-0-price")
    assert shelf.save(again).status_code == 302
    entries = {row: wanted.get(f"form-{row}-price", "1.00") for row in left}
    assert {row: str(fresh(shelf.shown[row]).price) for row in left} == entries
    assert fresh(shelf.shown[1]).category_id == shelf.other.slug


def test_all_rows_of_the_longest_list_can_be_saved(boss: Person) -> None:
    category = make_category()
    for _ in range(200):
        make_item(category=category)
    query = {"category__slug__exact": category.slug, "all": "", "edit": "1"}
    page = Page(boss.client.get(ITEMS, query), "form-199-price")
    prices = {f"form-{row}-price": f"{row}.50" for row in range(200)}
    assert page.send(boss.client, prices, {"_save": "Save"}).status_code == 302
    assert {str(item.price) for item in Item.objects.filter(category=category)} == set(prices.values())


# ── Many items at once ────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_action_comes_back_as_it_was_typed_after_a_mistake_and_after_a_look(boss: Person) -> None:
    items = [make_item(price="10.00") for _ in range(2)]
    wrong = boss.act("discount", items, step="preview", percentage="100.5")
    page = comes_back(
        wrong, {"percentage": "100.5", "_selected_action": [str(item.id) for item in items]}, "percentage"
    )
    shown = page.send(boss.client, {"percentage": "12.5"}, {"step": "preview"})
    page = comes_back(shown, {"percentage": "12.5"}, "percentage")
    page = comes_back(page.send(boss.client, button={"step": "ask"}), {"percentage": "12.5"}, "percentage")
    page = Page(page.send(boss.client, button={"step": "preview"}), "percentage")
    assert page.send(boss.client, button={"step": "apply"}).status_code == 302
    assert [fresh(item).price for item in items] == [Decimal("8.75")] * 2


def test_the_category_of_an_action_comes_back_too(boss: Person) -> None:
    item, category = make_item(), make_category()
    page = Page(boss.act("set_category", [item], step="preview", category=category.slug), "category")
    page = comes_back(page.send(boss.client, button={"step": "ask"}), {"category": category.slug}, "category")
    page = Page(page.send(boss.client, button={"step": "preview"}), "category")
    page.send(boss.client, button={"step": "apply"})
    assert fresh(item).category_id == category.slug


# ── Categories, people, doors ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_category_comes_back_as_typed(boss: Person) -> None:
    taken = make_category().slug
    wanted = {"slug": taken, "name": "A & B's <shelf>"}
    page = Page(boss.client.get("/admin/catalog/category/add/"), "slug")
    again = comes_back(page.send(boss.client, wanted), wanted, "slug")
    assert again.send(boss.client, {"slug": unique("c")}).status_code == 302
    assert Category.objects.latest("slug") and Category.objects.filter(name=wanted["name"]).exists()


def test_a_user_comes_back_as_typed_with_groups_and_permissions(boss: Person) -> None:
    users = get_user_model().objects
    user, taken = users.create_user(unique("u")), users.create_user(unique("u")).get_username()
    address = f"/admin/auth/user/{user.pk}/change/"
    groups = [str(group.pk) for group in Group.objects.order_by("name")[:2]]
    permissions = [str(permission.pk) for permission in Permission.objects.order_by("pk")[3:6]]
    wanted: dict[str, Any] = {
        "username": taken,
        "first_name": "A & B",
        "last_name": "O'<Neill>",
        "email": "a+b@example.com",
        "groups": groups,
        "user_permissions": permissions,
        "is_staff": "on",
        "date_joined_0": "2020-02-29",
        "date_joined_1": "12:34:56",
    }
    page = Page(boss.client.get(address), "username")
    for several in ("groups", "user_permissions", "is_staff"):
        page.fields.setdefault(several, [])
    again = comes_back(page.send(boss.client, wanted), wanted, "username")
    again.fields.pop("is_active")  # a box that is cleared is not sent
    name = unique("u")
    assert again.send(boss.client, {"username": name}).status_code == 302
    user.refresh_from_db()
    assert (user.get_username(), user.first_name, user.last_name) == (name, "A & B", "O'<Neill>")
    assert (user.email, user.is_staff, user.is_active) == (wanted["email"], True, False)
    assert {str(group.pk) for group in user.groups.all()} == set(groups)
    assert {str(permission.pk) for permission in user.user_permissions.all()} == set(permissions)
    assert f"{user.date_joined:%Y-%m-%d %H:%M:%S}" == "2020-02-29 12:34:56"


def test_a_new_user_comes_back_as_typed_but_for_the_password(boss: Person) -> None:
    page = Page(boss.client.get("/admin/auth/user/add/"), "username")
    wanted = {"username": unique("new"), "password1": "one thing entirely", "password2": "another"}
    again = comes_back(page.send(boss.client, wanted), {**wanted, "password1": "", "password2": ""}, "username")
    assert again.send(boss.client, dict.fromkeys(("password1", "password2"), "one thing entirely")).status_code == 302
    assert get_user_model().objects.get(username=wanted["username"]).check_password("one thing entirely")


def test_the_login_comes_back_with_the_name_and_where_it_leads(client: Client) -> None:
    page = Page(client.get("/admin/login/?next=/admin/catalog/item/"), "username")
    wanted = {"username": unique("nobody")}
    again = comes_back(page.send(client, {**wanted, "password": "wrong"}), {**wanted, "password": ""}, "username")
    assert again.fields["next"] == ["/admin/catalog/item/"]


def test_a_wrong_code_of_the_second_factor_comes_back(boss: Person) -> None:
    page = Page(boss.client.get("/admin/second-factor/"), "code")
    comes_back(page.send(boss.client, {"code": "12 34 5"}), {"code": "12 34 5"}, "code")


def test_a_change_on_a_page_that_came_back_is_signed_once(boss: Person) -> None:
    item = make_item(price="1.00")
    second = form_of(boss, item)
    form_of(boss, item).send(boss.client, {"price": "3.00"})
    Page(second.send(boss.client, {"price": "4.00"}), "name").send(boss.client)
    assert [change.actor for change in changes(item)][:2] == [boss.name] * 2 and len(changes(item)) == 3
