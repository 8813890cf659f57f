"""Actions on many items: shown first, done as one, undone as one."""

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from catalog.admin import bulk
from catalog.models import Item, ItemHistory

from tests.back_office.person import Person, changes, fresh, member, said
from tests.make import make_category, make_item, unique

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db


def action_page(response: "Response") -> str:
    """Return where the page of the action is that a message leads to."""
    found = re.search(r"/admin/catalog/itemhistory/[0-9a-f-]{36}/change/", said(response))
    assert found, said(response)
    return found[0]


def test_a_discount_is_shown_before_it_is_made(boss: Person) -> None:
    item = make_item(price="10.00")
    asked = boss.act("discount", [item], step="ask")
    assert "1</strong> item selected" in asked.content.decode()
    shown = boss.act("discount", [item], step="preview", percentage="12.5")
    assert "<del>10.00</del>" in shown.content.decode() and "<ins>8.75</ins>" in shown.content.decode()
    assert fresh(item).price == Decimal("10.00")


def test_a_discount_is_one_action_signed_by_its_user(boss: Person) -> None:
    items = [make_item(price="10.00"), make_item(price="0.99")]
    response = boss.act("discount", items, percentage="10")
    assert [fresh(item).price for item in items] == [Decimal("9.00"), Decimal("0.89")]
    assert {change.action for item in items for change in changes(item)[:1]} == {changes(items[0])[0].action}
    assert changes(items[0])[0].actor == boss.name and changes(items[0])[0].action
    assert "2 items changed" in said(response)


@pytest.mark.parametrize(
    ("price", "percentage", "expected"),
    [
        ("0.05", "10", "0.05"),  # 0.045: half a cent goes up
        ("0.15", "10", "0.14"),  # 0.135: a float would be 0.13499…
        ("1.01", "50", "0.51"),
        ("99999999.99", "0.01", "99989999.99"),
        ("0.01", "100", "0.00"),
        ("0.00", "50", "0.00"),
    ],
)
def test_a_discount_is_rounded_to_the_cent_and_never_below_nothing(
    boss: Person, price: str, percentage: str, expected: str
) -> None:
    item = make_item(price=price)
    boss.act("discount", [item], percentage=percentage)
    assert fresh(item).price == Decimal(expected)


@pytest.mark.parametrize("percentage", ["", "0", "-5", "100.01", "NaN", "1.234", "ten"])
def test_a_bad_percentage_is_told_and_changes_nothing(boss: Person, percentage: str) -> None:
    item = make_item(price="10.00")
    assert boss.act("discount", [item], percentage=percentage).context["form"].errors
    assert fresh(item).version == item.version


def test_a_category_is_set_and_taken_away(boss: Person) -> None:
    category = make_category()
    items = [make_item(), make_item(category=category)]
    boss.act("set_category", items, category=category.slug)
    assert [fresh(item).category_id for item in items] == [category.slug] * 2
    assert fresh(items[1]).version == items[1].version  # was there already
    boss.act("set_category", items, category="")
    assert [fresh(item).category_id for item in items] == [None, None]


def test_all_that_match_a_search_are_changed_not_only_the_page(boss: Person) -> None:
    word = unique("word")
    items = [make_item(price="10.00", description=word) for _ in range(60)]
    other = make_item(price="10.00")
    boss.act("discount", items[:1], query=f"?q={word}", select_across="1", percentage="50")
    assert {fresh(item).price for item in items} == {Decimal("5.00")}
    assert fresh(other).price == Decimal("10.00")


def test_an_undo_reverts_what_nobody_has_changed_since_and_reports_the_rest(boss: Person) -> None:
    items = [make_item(price="10.00") for _ in range(3)]
    page = action_page(boss.act("discount", items, percentage="10"))
    member("editor").edit(fresh(items[1]), name="Changed since")
    assert "changed since" in boss.client.get(page).content.decode()
    response = boss.client.post(page, follow=True)
    assert [fresh(item).price for item in items] == [Decimal("10.00"), Decimal("9.00"), Decimal("10.00")]
    assert "2 items are as they were" in said(response) and "1 left alone" in said(response)


def test_an_undo_can_be_undone(boss: Person) -> None:
    item = make_item(price="10.00")
    page = action_page(boss.act("discount", [item], percentage="10"))
    undone = boss.client.post(page, follow=True)
    assert fresh(item).price == Decimal("10.00")
    boss.client.post(undone.redirect_chain[-1][0])
    assert fresh(item).price == Decimal("9.00")


def test_an_undo_done_twice_says_that_there_is_nothing_to_undo(boss: Person) -> None:
    item = make_item(price="10.00")
    page = action_page(boss.act("discount", [item], percentage="10"))
    boss.client.post(page)
    assert "0 items are as they were" in said(boss.client.post(page, follow=True))
    assert fresh(item).price == Decimal("10.00")


def test_deleted_items_come_back_by_undo(boss: Person) -> None:
    items = [make_item(price="10.00", sku=unique("S")), make_item(sku=unique("S"))]
    page = action_page(boss.act("delete_items", items))
    assert not Item.objects.filter(pk__in=[item.pk for item in items]).exists()
    make_item(sku=items[1].sku)  # somebody has taken the sku since
    assert "1 left alone" in said(boss.client.post(page, follow=True))
    assert fresh(items[0]).sku == items[0].sku


def test_more_items_than_an_action_takes_are_refused(boss: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LIMIT", 2)
    items = [make_item(price="10.00") for _ in range(3)]
    assert "more than 2 items" in said(boss.act("discount", items, percentage="10"))
    assert fresh(items[0]).price == Decimal("10.00")


def test_a_statement_that_takes_too_long_is_given_up_and_told(boss: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "TIMEOUT", "1ms")
    items = [make_item(price="10.00") for _ in range(200)]
    assert "Nothing was changed" in said(boss.act("discount", items, percentage="10"))
    assert fresh(items[0]).price == Decimal("10.00")


def test_an_editor_may_not_set_what_only_staff_with_permission_may() -> None:
    item = make_item(price="10.00")
    viewer, editor = member("viewer"), member("editor")
    page = action_page(editor.act("discount", [item], percentage="10"))
    assert viewer.client.get(page).status_code == 200
    assert viewer.client.post(page).status_code == 403
    assert fresh(item).price == Decimal("9.00")


def test_no_action_is_not_found(boss: Person) -> None:
    unknown = "/admin/catalog/itemhistory/00000000-0000-4000-8000-000000000000/change/"
    assert boss.client.get(unknown).status_code == 404
    assert boss.client.get("/admin/catalog/itemhistory/0/change/").status_code == 404


def test_a_single_change_leads_to_its_items_history(boss: Person) -> None:
    item = make_item()
    change = ItemHistory.objects.get(item_id=item.pk)
    response = boss.client.get(f"/admin/catalog/itemhistory/{change.pk}/change/")
    assert response.headers["Location"] == f"/admin/catalog/item/{item.pk}/history/"
