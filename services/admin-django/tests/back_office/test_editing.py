"""Editing, on the form and in the list: signed, and never over what somebody else has changed meanwhile."""

from decimal import Decimal

import pytest
from catalog.models import Item
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.back_office.person import ITEMS, Person, changes, fresh, member
from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.django_db


def test_a_change_is_signed_with_the_users_name(boss: Person) -> None:
    item = make_item(price="1.00")
    assert boss.edit(item, price="2.50").status_code == 302
    (change, _) = changes(item)
    assert (change.actor, change.before, change.after) == (boss.name, {"price": "1.00"}, {"price": "2.50"})


def test_a_new_and_a_deleted_item_are_signed_too(boss: Person) -> None:
    name = unique("Lamp")
    boss.client.post(f"{ITEMS}add/", {"name": name, "price": "1.00", "description": "", "sku": ""})
    item = Item.objects.get(name=name)
    boss.client.post(f"{ITEMS}{item.id}/delete/", {"post": "yes"})
    assert [(change.op, change.actor) for change in changes(item)] == [("D", boss.name), ("I", boss.name)]


def test_saving_a_form_that_nobody_changed_changes_nothing(boss: Person) -> None:
    item = make_item()
    assert boss.edit(item).status_code == 302
    assert fresh(item).version == item.version


def test_a_form_that_is_older_than_the_item_is_refused_and_names_who_changed_it(boss: Person) -> None:
    item = make_item(price="1.00")
    other = member("editor")
    other.edit(item, price="3.00")
    response = boss.edit(item, price="2.00")
    assert response.status_code == 200
    page = response.content.decode()
    assert other.name in page and "price 1.00 → 3.00" in page
    assert fresh(item).price == Decimal("3.00")


def test_who_has_seen_the_others_change_may_save_again(boss: Person) -> None:
    item = make_item(price="1.00")
    member("editor").edit(item, price="3.00")
    form = boss.edit(item, price="2.00").context["adminform"].form
    assert boss.edit(item, price="2.00", seen_version=form["seen_version"].value()).status_code == 302
    assert fresh(item).price == Decimal("2.00")


def test_a_form_without_a_version_is_refused(boss: Person) -> None:
    item = make_item()
    assert boss.edit(item, price="2.00", seen_version="").status_code == 200
    assert fresh(item).price == item.price


def test_prices_and_categories_are_edited_in_the_list(boss: Person) -> None:
    first, second = make_item(), make_item(category=make_category())
    assert boss.edit_in_list([first, second], p0="7.77").status_code == 302
    assert fresh(first).price == Decimal("7.77")
    assert changes(first)[0].actor == boss.name
    assert fresh(second).version == second.version


def test_the_list_is_text_until_somebody_wants_to_edit_it(boss: Person) -> None:
    item = make_item()
    text = boss.client.get(ITEMS, {"q": item.name})
    assert text.context["cl"].formset is None and 'name="_save"' not in text.content.decode()
    assert "edit=1" in text.content.decode()
    form = boss.client.get(ITEMS, {"edit": "1"}).content.decode()
    assert f'aria-label="Price of {item.name}"' in form and f'aria-label="Category of {item.name}"' in form


def test_a_list_that_is_saved_is_text_again_and_shows_the_same_page(boss: Person) -> None:
    item = make_item()
    response = boss.edit_in_list([item], query="?edit=1&o=1&price=0-10", p0="1.23")
    assert response.headers["Location"] == f"{ITEMS}?o=1&price=0-10"
    refused = boss.edit_in_list([fresh(item)], query="?edit=1", p0="ten")
    assert refused.context["cl"].formset.errors[0]["price"]
    assert 'aria-invalid="true"' in refused.content.decode()


def test_a_row_of_the_list_that_somebody_else_changed_is_refused(boss: Person) -> None:
    item = make_item(price="1.00")
    other = member("editor")
    other.edit(item, price="3.00")
    response = boss.edit_in_list([item], p0="2.00")
    assert response.status_code == 200
    assert other.name in response.content.decode()
    assert fresh(item).price == Decimal("3.00")
    again = response.context["cl"].formset.forms[0]["seen_version"].value()
    item.version = again
    assert boss.edit_in_list([item], p0="2.00").status_code == 302
    assert fresh(item).price == Decimal("2.00")


def test_a_row_that_its_user_left_alone_does_not_undo_anothers_change(boss: Person) -> None:
    first, second = make_item(price="1.00"), make_item(price="1.00")
    member("editor").edit(second, price="3.00")
    assert boss.edit_in_list([first, second], p0="2.00").status_code == 302
    assert (fresh(first).price, fresh(second).price) == (Decimal("2.00"), Decimal("3.00"))


def test_a_list_with_a_deleted_item_is_not_saved_and_says_so(boss: Person) -> None:
    first, second = make_item(price="1.00"), make_item()
    Item.objects.filter(pk=second.pk).delete()
    response = boss.edit_in_list([first, second], p0="2.00")
    assert response.status_code == 200
    assert "deleted" in response.content.decode()
    assert fresh(first).price == Decimal("1.00")


@pytest.mark.parametrize("price", ["-1", "NaN", "1.234", "100000000", "ten"])
def test_a_bad_price_in_the_list_is_told_at_its_row(boss: Person, price: str) -> None:
    item = make_item()
    response = boss.edit_in_list([item], p0=price)
    assert set(response.context["cl"].formset.errors[0]) == {"price"}


def test_the_list_asks_for_the_categories_once_and_not_per_row(boss: Person) -> None:
    for _ in range(5):
        make_item(category=make_category())
    with CaptureQueriesContext(connection) as queries:
        boss.client.get(ITEMS, {"edit": "1"})
    assert sum('FROM "categories"' in query["sql"] for query in queries) <= 2  # the choices, and the filter


def test_a_viewer_sees_the_list_and_edits_nothing() -> None:
    item = make_item(price="1.00")
    viewer = member("viewer")
    for query in ("", "?edit=1"):
        page = viewer.client.get(ITEMS + query)
        assert page.status_code == 200 and page.context["cl"].formset is None
        assert "edit=1" not in page.content.decode() or query
    viewer.edit_in_list([item], p0="2.00")
    assert viewer.edit(item, price="2.00").status_code == 403
    viewer.act("discount", [item], percentage="10")
    assert fresh(item).price == Decimal("1.00")


@pytest.mark.parametrize("query", ["edit=1&price=0-10", "price=500-", "price=none", "updated=1h", "updated=x"])
def test_any_filter_is_answered(boss: Person, query: str) -> None:
    assert boss.client.get(f"{ITEMS}?{query}", follow=True).status_code == 200


def test_prices_are_filtered_from_a_bound_to_below_the_next(boss: Person) -> None:
    category = make_category()
    cheap, dear = make_item(category=category, price="9.99"), make_item(category=category, price="10.00")
    query = f"?category__slug__exact={category.slug}&price="
    assert list(boss.client.get(f"{ITEMS}{query}0-10").context["cl"].result_list) == [cheap]
    assert list(boss.client.get(f"{ITEMS}{query}10-50").context["cl"].result_list) == [dear]


def test_a_category_shows_its_latest_items_and_leads_to_all(boss: Person) -> None:
    category = make_category()
    item = make_item(category=category)
    page = boss.client.get(f"/admin/catalog/category/{category.slug}/change/").content.decode()
    assert item.name in page
    listing = boss.client.get("/admin/catalog/category/", {"q": category.slug}).content.decode()
    assert f"category__slug__exact={category.slug}" in listing
