"""The back office, as somebody with all permissions uses it."""

import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from catalog.estimates import EXACT_UP_TO, EstimatingPaginator
from catalog.models import Category, Item
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.make import make_category, make_item, unique

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

ITEMS = "/admin/catalog/item/"
CATEGORIES = "/admin/catalog/category/"


@pytest.fixture
def boss(client: Client) -> Client:
    """A client that is signed in as a superuser."""
    client.force_login(get_user_model().objects.create_superuser(unique("boss")))
    return client


def form_errors(response: "Response") -> dict[str, list[str]]:
    assert response.status_code == 200
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


def add_item(client: Client, **fields: Any) -> "Response":
    return client.post(f"{ITEMS}add/", {"name": "Thing", "description": "", "price": "1.00", "sku": "", **fields})


@pytest.mark.django_db
class TestItems:
    def test_an_item_is_added_with_its_decimal_price(self, boss: Client) -> None:
        category, name = make_category(), unique("Thing")
        assert add_item(boss, name=name, price="12.50", category=category.slug).status_code == 302
        item = Item.objects.get(name=name)
        assert (item.price, item.sku, item.category_id) == (Decimal("12.50"), None, category.slug)

    def test_a_change_makes_a_new_version(self, boss: Client) -> None:
        item = make_item()
        fields = {"name": "Changed", "description": "d", "price": "2.00", "sku": "", "seen_version": item.version}
        assert boss.post(f"{ITEMS}{item.id}/change/", fields).status_code == 302
        changed = Item.objects.get(id=item.id)
        assert changed.name == "Changed"
        assert changed.version > item.version
        assert changed.created_at == item.created_at

    def test_version_and_times_are_shown_and_cannot_be_set(self, boss: Client) -> None:
        item = make_item()
        page = boss.get(f"{ITEMS}{item.id}/change/").content.decode()
        assert f'<div class="readonly">{item.version}</div>' in page
        assert 'name="version"' not in page and 'name="updated_at' not in page

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 101),
            ("name", "a\0b"),
            ("price", "NaN"),
            ("price", "-0.01"),
            ("price", "1.234"),
            ("price", "100000000"),
            ("sku", "x" * 65),
            ("description", "x" * 100_001),
            ("category", "no-such-category"),
        ],
    )
    def test_what_breaks_a_rule_is_told_at_its_field(self, boss: Client, field: str, value: str) -> None:
        assert set(form_errors(add_item(boss, **{field: value}))) == {field}

    def test_a_sku_that_is_taken_is_told_at_the_form(self, boss: Client) -> None:
        item = make_item(sku=unique("S"))
        assert form_errors(add_item(boss, sku=item.sku))

    def test_search_finds_beginnings_of_words_and_whole_skus(self, boss: Client) -> None:
        word = unique("word")
        sku = unique("S")
        item = make_item(description=f"x {word}", sku=sku)
        for q in (word, word[:-1].upper(), sku):
            assert list(boss.get(ITEMS, {"q": q}).context["cl"].result_list) == [item]
        assert list(boss.get(ITEMS, {"q": word[1:]}).context["cl"].result_list) == []

    def test_the_list_is_filtered_by_category(self, boss: Client) -> None:
        category = make_category()
        item = make_item(category=category)
        shown = boss.get(ITEMS, {"category__slug__exact": category.slug}).context["cl"].result_list
        assert list(shown) == [item]

    @pytest.mark.parametrize(
        "query", ["p=99999999", "o=1.-3", "q=%00", "nothing=1", "category__slug__exact=none", "all="]
    )
    def test_any_query_is_answered(self, boss: Client, query: str) -> None:
        make_item()
        assert boss.get(f"{ITEMS}?{query}", follow=True).status_code == 200

    def test_the_list_counts_no_more_rows_than_it_has_to(self, boss: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            boss.get(ITEMS)
        counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
        assert counts
        assert all(f"LIMIT {EXACT_UP_TO + 1}" in sql for sql in counts)

    def test_beyond_the_limit_the_number_of_rows_is_estimated(self, monkeypatch: pytest.MonkeyPatch) -> None:
        category = make_category()
        for _ in range(4):
            make_item(category=category)
        monkeypatch.setattr("catalog.estimates.EXACT_UP_TO", 2)
        with CaptureQueriesContext(connection) as queries:
            assert EstimatingPaginator(Item.objects.filter(category=category).order_by("id"), 50).count >= 3
        assert any(query["sql"].startswith("EXPLAIN") for query in queries)


@pytest.mark.django_db
class TestCategories:
    def test_a_slug_is_chosen_once(self, boss: Client) -> None:
        slug = unique("c")
        assert boss.post(f"{CATEGORIES}add/", {"slug": slug, "name": "One"}).status_code == 302
        assert boss.post(f"{CATEGORIES}{slug}/change/", {"slug": unique("c"), "name": "Two"}).status_code == 302
        assert Category.objects.get(slug=slug).name == "Two"

    @pytest.mark.parametrize("slug", ["", "Upper", "with space", "a_b", "x" * 65, "ä"])
    def test_a_malformed_slug_is_told_at_its_field(self, boss: Client, slug: str) -> None:
        assert set(form_errors(boss.post(f"{CATEGORIES}add/", {"slug": slug, "name": "x"}))) == {"slug"}

    def test_an_empty_category_can_be_deleted_and_one_with_items_cannot(self, boss: Client) -> None:
        empty, full = make_category(), make_category()
        make_item(category=full)
        assert boss.post(f"{CATEGORIES}{empty.slug}/delete/", {"post": "yes"}).status_code == 302
        assert boss.post(f"{CATEGORIES}{full.slug}/delete/", {"post": "yes"}).status_code == 403
        assert list(Category.objects.filter(slug__in=[empty.slug, full.slug])) == [full]

    def test_items_choose_their_category_by_typing(self, boss: Client) -> None:
        category = make_category(unique("Name"))
        query = {"app_label": "catalog", "model_name": "item", "field_name": "category", "term": category.name}
        (found,) = boss.get("/admin/autocomplete/", query).json()["results"]
        assert found == {"id": category.slug, "text": category.name}


@pytest.mark.django_db
def test_a_stranger_is_sent_to_the_login_page(client: Client) -> None:
    assert client.get(ITEMS).headers["Location"] == f"/admin/login/?next={ITEMS}"


def test_of_two_who_take_the_same_sku_at_once_the_second_is_told_on_the_form(committed: None) -> None:
    """Both forms are valid while the first's transaction is open, so it is the database that refuses the second."""
    user = get_user_model().objects.create_superuser(unique("boss"))
    client = Client()
    client.force_login(user)
    sku = unique("S")
    first = connection.copy()
    first.set_autocommit(False)
    responses: list[Response] = []
    try:
        with first.cursor() as cursor:
            cursor.execute("INSERT INTO items (name, description, price, sku) VALUES ('first', '', 1, %s)", [sku])
        second = threading.Thread(target=lambda: responses.append(_add_and_close(client, sku)))
        second.start()
        _wait_until_blocked(first)
        first.commit()
        second.join(20)
    finally:
        first.close()
    (response,) = responses
    assert form_errors(response)
    assert Item.objects.get(sku=sku).name == "first"


def _add_and_close(client: Client, sku: str) -> "Response":
    try:
        return add_item(client, sku=sku)
    finally:
        connection.close()


def _wait_until_blocked(blocker: Any) -> None:
    """Return once a session waits for `blocker`."""
    deadline = time.monotonic() + 30
    with blocker.cursor() as cursor:
        waiting = False
        while not waiting:
            assert time.monotonic() < deadline, "nobody waits"
            cursor.execute(
                "SELECT EXISTS (SELECT FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))"
            )
            (waiting,) = cursor.fetchone()
