from itertools import islice

import pytest
from catalog.models import Category, Item, ItemHistory
from catalog.seed import generated
from catalog.seed.bulk_copy import write_generated
from catalog.seed.demo import load_categories, load_items
from django.core.management import CommandError, call_command


@pytest.mark.django_db
def test_the_demo_is_loaded_once() -> None:
    load_categories()
    load_items()
    assert Item.objects.filter(sku__startswith="KIT-").exists()
    assert Category.objects.filter(slug="kitchen").exists()
    versions = dict(Item.objects.values_list("sku", "version"))
    assert (load_categories(), load_items()) == (0, 0)
    assert dict(Item.objects.values_list("sku", "version")) == versions


@pytest.mark.django_db
def test_the_demo_overwrites_no_edit_and_brings_back_what_is_missing() -> None:
    load_categories()
    load_items()
    Item.objects.filter(sku="KIT-001").update(name="Edited")
    Item.objects.filter(sku="KIT-002").delete()
    assert load_items() == 1
    assert Item.objects.get(sku="KIT-001").name == "Edited"


@pytest.mark.django_db
def test_the_demo_is_worth_looking_at() -> None:
    load_categories()
    load_items()
    items = list(Item.objects.filter(sku__regex="^[A-Z]{3}-[0-9]{3}$"))
    assert len(items) >= 60
    assert len({item.category_id for item in items}) >= 8
    assert sum(not item.name.isascii() for item in items) >= 12


def test_a_generated_item_is_the_same_every_time() -> None:
    once, again = (list(islice(generated.block(10_001), 50)) for _ in range(2))
    assert once == again
    assert once != list(islice(generated.block(20_001), 50))
    assert len({item.name for item in once}) > 40


@pytest.mark.django_db
def test_generated_items_do_not_double_and_gaps_are_filled() -> None:
    load_categories()
    assert list(write_generated(30)) == [(30, 30)]
    assert list(write_generated(30)) == [(30, 0)]
    before = Item.objects.get(sku="GEN-0000007")
    Item.objects.filter(sku="GEN-0000007").delete()
    assert list(write_generated(40)) == [(40, 11)]
    after = Item.objects.get(sku="GEN-0000007")
    assert (after.name, after.price, after.category_id) == (before.name, before.price, before.category_id)
    assert Item.objects.filter(sku__startswith="GEN-").count() == 40


@pytest.mark.django_db
def test_generating_brings_no_demo_item_back() -> None:
    load_categories()
    call_command("seed", "--count", "3")
    assert not Item.objects.filter(sku="KIT-001").exists()


@pytest.mark.django_db
def test_seeding_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed", "--count", "20")
    assert "generated: 20 of 20 items were missing" in capsys.readouterr().out
    call_command("seed", "--count", "20")
    assert capsys.readouterr().out == "generated: nothing to do, all 20 are there\n"
    call_command("seed")
    assert "items loaded" in capsys.readouterr().out
    call_command("seed")
    assert capsys.readouterr().out == "demo: nothing to do, all is there\n"


@pytest.mark.django_db
def test_what_was_seeded_is_removed_but_for_what_people_made_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed")
    call_command("seed", "--count", "30")
    Item.objects.filter(sku="KIT-001").update(price="1.00")
    Item.objects.filter(sku="GEN-0000007").update(name="Ours")
    own = Item.objects.create(name="Mug", price="3.00", sku="GEN-MUG", category_id="garden")
    Category.objects.filter(slug="books").update(name="Bookshop")
    seeded = Item.objects.count() - 3
    capsys.readouterr()

    call_command("unseed", "--dry-run")
    said = capsys.readouterr().out
    assert f"would be removed: {seeded} items" in said and "KIT-001, GEN-0000007" in said
    assert Item.objects.count() == seeded + 3

    call_command("unseed")
    assert f"removed: {seeded} items" in capsys.readouterr().out
    assert set(Item.objects.values_list("sku", flat=True)) == {"KIT-001", "GEN-0000007", own.sku}
    left = set(Category.objects.values_list("slug", flat=True))
    assert {"kitchen", "garden", "books"} <= left and "music" not in left
    assert ItemHistory.objects.filter(op="D", actor="unseed").count() == seeded

    call_command("unseed")
    assert "removed: 0 items and 0 categories" in capsys.readouterr().out
    call_command("unseed", "--changed")
    assert list(Item.objects.values_list("sku", flat=True)) == [own.sku]


@pytest.mark.django_db
def test_a_dry_run_counts_what_the_removal_removes(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("seed", "--count", "10002")
    call_command("seed")
    capsys.readouterr()
    call_command("unseed", "--dry-run")
    would = capsys.readouterr().out
    call_command("unseed")
    assert capsys.readouterr().out == would.removeprefix("would be ")
    assert not Item.objects.exists() and not Category.objects.exists()


@pytest.mark.parametrize("count", ["-1", "x", "10000000", "٥", "1.5", ""])
def test_a_count_that_is_none_is_refused(count: str) -> None:
    with pytest.raises(CommandError, match="not a number"):
        call_command("seed", f"--count={count}")
