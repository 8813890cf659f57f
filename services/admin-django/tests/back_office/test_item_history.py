"""Who changed what, and the way back."""

from decimal import Decimal

import pytest
from catalog.history import state_after
from catalog.models import Item

from tests.back_office.person import ITEMS, Person, changes, fresh, member, said
from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.django_db


def restore(person: Person, item: Item, number: int, seen: Item | None = None) -> str:
    """Restore the state after the change with this number, the latest being 0; return what was said."""
    change = changes(item)[number]
    path = f"{ITEMS}{item.id}/history/{change.id}/restore/"
    present = Item.objects.filter(pk=item.pk).first()
    version = (seen or present).version if seen or present else ""  # type: ignore[union-attr]
    return said(person.client.post(path, {"seen_version": version}, follow=True))


def test_the_history_shows_who_from_and_to(boss: Person) -> None:
    item = make_item(price="1.00")
    boss.edit(item, price="2.50")
    page = boss.client.get(f"{ITEMS}{item.id}/history/").content.decode()
    assert boss.name in page
    assert "<del>1.00</del>" in page and "<ins>2.50</ins>" in page
    assert "a command on the server" in page and "admin_django" not in page  # made the item without saying who it was


def test_a_long_history_is_shown_a_page_at_a_time(boss: Person) -> None:
    item = make_item(price="1.00")
    for cents in range(60):
        Item.objects.filter(pk=item.pk).update(price=Decimal(cents) / 100 + 2)
    first = boss.client.get(f"{ITEMS}{item.id}/history/")
    assert len(first.context["rows"]) == 50
    second = boss.client.get(f"{ITEMS}{item.id}/history/", {"before": first.context["next"]})
    assert len(second.context["rows"]) == 11 and second.context["next"] is None


def test_an_earlier_state_is_restored_as_a_new_change(boss: Person) -> None:
    category = make_category()
    item = make_item(price="1.00", description="first", category=category, sku=unique("S"))
    boss.edit(item, price="2.00")
    boss.edit(fresh(item), description="second", category="")
    boss.edit(fresh(item), price="3.00", sku="")
    assert "as it was" in restore(boss, item, number=2)  # after the price became 2.00
    now = fresh(item)
    assert (now.price, now.description, now.category_id, now.sku) == (Decimal("2.00"), "first", category.slug, item.sku)
    assert len(changes(item)) == 5
    assert changes(item)[0].actor == boss.name


def test_the_page_before_restoring_shows_what_would_change(boss: Person) -> None:
    item = make_item(price="1.00")
    boss.edit(item, price="2.00")
    page = boss.client.get(f"{ITEMS}{item.id}/history/{changes(item)[1].id}/restore/").content.decode()
    assert "<del>2.00</del>" in page and "<ins>1.00</ins>" in page
    assert fresh(item).price == Decimal("2.00")


def test_restoring_over_a_change_that_was_not_seen_is_refused(boss: Person) -> None:
    item = make_item(price="1.00")
    boss.edit(item, price="2.00")
    seen = fresh(item)
    boss.edit(seen, price="3.00")
    assert "meanwhile" in restore(boss, item, number=2, seen=seen)
    assert fresh(item).price == Decimal("3.00")


def test_a_deleted_item_is_brought_back_under_its_id(boss: Person) -> None:
    item = make_item(price="4.20", sku=unique("S"), description="d")
    boss.client.post(f"{ITEMS}{item.id}/delete/", {"post": "yes"})
    assert "Bring back" in boss.client.get(f"{ITEMS}{item.id}/history/").content.decode()
    restore(boss, item, number=0)
    back = fresh(item)
    assert (back.name, back.price, back.sku, back.description) == (item.name, Decimal("4.20"), item.sku, "d")
    assert back.version > item.version


def test_a_state_whose_sku_or_category_is_gone_is_told(boss: Person) -> None:
    category = make_category()
    item = make_item(sku=unique("S"), category=category)
    boss.edit(item, sku="", category="")
    make_item(sku=item.sku)
    assert "Not restored" in restore(boss, item, number=1)
    Item.objects.filter(sku=item.sku).delete()
    category.delete()
    assert "Not restored" in restore(boss, item, number=1)
    assert fresh(item).sku is None


def test_a_viewer_may_look_and_not_restore() -> None:
    item = make_item()
    Item.objects.filter(pk=item.pk).update(price=9)
    viewer = member("viewer")
    assert viewer.client.get(f"{ITEMS}{item.id}/history/").status_code == 200
    path = f"{ITEMS}{item.id}/history/{changes(item)[1].id}/restore/"
    assert viewer.client.post(path, {"seen_version": fresh(item).version}).status_code == 403


@pytest.mark.parametrize("item_id", ["0", "9223372036854775807", "99999999999999999999", "a", "%C2%B2"])
def test_no_item_has_no_history(boss: Person, item_id: str) -> None:
    assert boss.client.get(f"{ITEMS}{item_id}/history/").status_code == 404


def test_a_change_of_another_item_is_not_restored(boss: Person) -> None:
    item, other = make_item(), make_item()
    assert boss.client.get(f"{ITEMS}{item.id}/history/{changes(other)[0].id}/restore/").status_code == 404


def test_a_state_is_computed_across_deletion_and_return(boss: Person) -> None:
    item = make_item(name="One", price="1.00")
    boss.edit(item, name="Two")
    boss.client.post(f"{ITEMS}{item.id}/delete/", {"post": "yes"})
    restore(boss, item, number=0)
    boss.edit(fresh(item), name="Three")
    made, renamed, deleted, back, _ = reversed(changes(item))
    assert [state_after(change)["name"] for change in (made, renamed, deleted, back)] == ["One", "Two", "Two", "Two"]
