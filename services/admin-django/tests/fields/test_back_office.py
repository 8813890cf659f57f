"""The back office: the form, the list, undoing, restoring, and what the history says."""

import re
from typing import Any
from uuid import uuid4

import pytest
from catalog.admin.items import ItemAdmin
from catalog.audit_actor import acting
from catalog.history import differences
from catalog.item_fields import attributes
from catalog.models import Item

from tests.back_office.page import Page
from tests.back_office.person import ITEMS, Person, changes, fresh
from tests.back_office.test_item_history import restore
from tests.fields.values import WRITTEN, Values, assert_has, made, values

pytestmark = pytest.mark.django_db
ACTION = "/admin/catalog/itemhistory/{}/change/"


def typed(sent: Values) -> dict[str, str]:
    """Return what somebody types into a form."""
    return {name: str(value) for name, value in sent.items()}


def change(item: Item, sent: Values) -> Any:
    """Change an item by an action that can be undone, and return that."""
    action = uuid4()
    with acting("somebody", action):
        Item.objects.filter(pk=item.pk).update(**attributes(sent))
    return action


def test_the_form_makes_items_with_every_field(boss: Person) -> None:
    sent = values()
    response = Page(boss.client.get(f"{ITEMS}add/"), "name").send(boss.client, typed(sent))
    assert response.status_code == 302, re.findall(r"errorlist.*", response.content.decode())
    assert_has(Item.objects.get(sku=sent["sku"]).id, sent)


@pytest.mark.parametrize("name", WRITTEN)
def test_the_form_changes_one_field_and_leaves_every_other_alone(boss: Person, name: str) -> None:
    before, sent = values(), {name: values()[name]}
    item = made(before)
    response = Page(boss.client.get(f"{ITEMS}{item.id}/change/"), "name").send(boss.client, typed(sent))
    assert response.status_code == 302, re.findall(r"errorlist.*", response.content.decode())
    assert_has(item.id, before, but=sent)


def test_the_list_changes_what_is_edited_there_and_leaves_every_other_field_alone(boss: Person) -> None:
    before, other = values(), values()
    item = made(before)
    edited = {name: other[name] for name in ItemAdmin.list_editable}
    page = Page(boss.client.get(ITEMS, {"edit": "1", "q": before["sku"]}), "form-0-id")
    response = page.send(boss.client, {f"form-0-{name}": value for name, value in edited.items()}, {"_save": "Save"})
    assert response.status_code == 302, re.findall(r"errorlist.*", response.content.decode())
    assert_has(item.id, before, but=edited)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_undone_is_as_it_was(boss: Person, name: str) -> None:
    before = values()
    item = made(before)
    action = change(item, {name: values()[name]})
    boss.client.post(ACTION.format(action))
    assert_has(item.id, before)


def test_a_deletion_that_is_undone_brings_every_field_back(boss: Person) -> None:
    before = values()
    item = made(before)
    boss.act("delete_items", [item])
    action = changes(item)[0].action
    boss.client.post(ACTION.format(action))
    assert_has(item.id, before)


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_restored_is_as_it_was(boss: Person, name: str) -> None:
    before = values()
    item = made(before)
    change(item, {name: values()[name]})
    restore(boss, item, number=1)
    assert_has(item.id, before)


def test_an_item_that_is_brought_back_has_every_field(boss: Person) -> None:
    before = values()
    item = made(before)
    boss.client.post(f"{ITEMS}{item.id}/delete/", {"post": "yes"})
    restore(boss, item, number=0)
    assert_has(fresh(item).id, before)


def test_the_history_has_every_field_as_it_was_and_as_it_became(boss: Person) -> None:
    before, after = values(), values()
    item = made(before)
    change(item, after)
    boss.client.post(f"{ITEMS}{item.id}/delete/", {"post": "yes"})
    deleted, changed, _ = changes(item)
    assert _lost(before, changed.before) == {}
    assert _lost(after, changed.after) == {}
    assert _lost(after, deleted.before) == {}
    assert [difference.field for difference in differences(changed)] == list(WRITTEN)


def _lost(sent: Values, recorded: dict[str, Any] | None) -> dict[str, Any]:
    return {name: (recorded or {}).get(name) for name in WRITTEN if (recorded or {}).get(name, ...) != sent[name]}
