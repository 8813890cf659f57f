"""Somebody in the back office, and what they do there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalog.models import Item, ItemHistory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from tests.make import unique

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

ITEMS = "/admin/catalog/item/"


@dataclass(frozen=True)
class Person:
    """A client that is signed in, and its user's name."""

    client: Client
    name: str

    def edit(self, item: Item, **fields: Any) -> "Response":
        """Send the item's form as it was when `item` was read, with other fields."""
        shown = {
            "name": item.name,
            "description": item.description,
            "price": str(item.price),
            "sku": item.sku or "",
            "category": item.category_id or "",
            "seen_version": item.version,
        }
        return self.client.post(f"{ITEMS}{item.id}/change/", {**shown, **fields})

    def edit_in_list(self, items: Iterable[Item], query: str = "", **prices: str) -> "Response":
        """Send the list's form; `prices` are new ones by the item's place: p0, p1, …"""
        form: dict[str, Any] = {"_save": "Save"}
        rows = list(items)
        for i, item in enumerate(rows):
            form |= {
                f"form-{i}-id": item.id,
                f"form-{i}-price": prices.get(f"p{i}", str(item.price)),
                f"initial-form-{i}-price": str(item.price),
                f"form-{i}-category": item.category_id or "",
                f"initial-form-{i}-category": item.category_id or "",
                f"form-{i}-seen_version": item.version,
            }
        form |= {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows)}
        return self.client.post(ITEMS + query, form)

    def act(
        self, action: str, items: Iterable[Item], step: str = "apply", query: str = "", **answers: Any
    ) -> "Response":
        """Choose an action on some items of the list, and send a step of its page."""
        form = {"action": action, "step": step, "_selected_action": [item.id for item in items], **answers}
        return self.client.post(ITEMS + query, form, follow=True)


def said(response: "Response") -> str:
    """Return all the messages of a page."""
    return " ".join(str(message) for message in response.context["messages"])


def fresh(item: Item) -> Item:
    """Return the item as it is now."""
    return Item.objects.get(pk=item.pk)


def changes(item: Item) -> list[ItemHistory]:
    """Return the changes of an item, the latest first."""
    return list(ItemHistory.objects.filter(item_id=item.pk).order_by("-id"))


def member(group: str) -> Person:
    """Return somebody of a group, signed in."""
    user = get_user_model().objects.create_user(unique(group), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return Person(client, user.get_username())
