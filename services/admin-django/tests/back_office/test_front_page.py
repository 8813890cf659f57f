"""The front page."""

import pytest
from catalog.admin import bulk  # noqa: F401  # the site is complete with it
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.back_office.person import Person, member
from tests.make import make_item, unique

pytestmark = pytest.mark.django_db


def test_it_shows_counts_and_the_latest_changes(boss: Person) -> None:
    item = make_item(name=unique("Lamp"), price="1.00")
    boss.edit(item, price="2.00")
    page = boss.client.get("/admin/")
    assert item.name in page.content.decode() and boss.name in page.content.decode()
    shown = page.context["dashboard"]
    assert shown.items >= 1 and shown.without_category.number >= 1 and shown.changed_today.number >= 1


def test_the_changes_of_an_action_are_one_line(boss: Person) -> None:
    items = [make_item(price="10.00") for _ in range(20)]
    before = make_item(name=unique("Before"))
    boss.edit(before, price="3.00")
    boss.act("discount", items, percentage="10")
    page = boss.client.get("/admin/")
    assert before.name in page.content.decode()
    assert len([c for c in page.context["dashboard"].changes if c.history.action]) == 1
    assert "Discount of 10 % on 20 items" in page.content.decode()


def test_it_counts_no_more_rows_than_it_shows(boss: Person) -> None:
    with CaptureQueriesContext(connection) as queries:
        boss.client.get("/admin/")
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and '"items"' in query["sql"]]
    assert counts and all("LIMIT 1001" in sql for sql in counts)


def test_who_may_see_nothing_of_the_catalog_is_shown_nothing_of_it() -> None:
    clerk = member("viewer")
    from django.contrib.auth import get_user_model

    get_user_model().objects.get(username=clerk.name).groups.clear()
    page = clerk.client.get("/admin/")
    assert page.status_code == 200 and page.context["dashboard"] is None
