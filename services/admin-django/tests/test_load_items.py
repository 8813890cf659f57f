"""`manage.py load_items`: what comes in, and how it says so."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest
from catalog.models import Category, Item
from django.core.management import CommandError

from tests.loader import Loader
from tests.make import make_category, make_item, unique

pytestmark = pytest.mark.django_db


def test_a_csv_file_is_loaded_with_a_category_made_for_it(load: Loader) -> None:
    sku, category = unique("S"), unique("Fünf & mehr ")
    path = load.file(
        f'\ufeffname,description,price,sku,category\n"Tüte, ""groß""","two\nlines",12.50,{sku},{category}\n'
    )
    assert load(path) == (0, f"{path}: 1 loaded, 0 refused\n", "")
    item = Item.objects.get(sku=sku)
    assert (item.name, item.description, item.price) == ('Tüte, "groß"', "two\nlines", Decimal("12.50"))
    assert item.category is not None
    assert item.category.name == category
    assert item.category_id == category.lower().replace("ü", "u").replace(" & ", "-").replace(" ", "-")


def test_columns_are_found_in_any_order_and_others_ignored(load: Loader) -> None:
    sku = unique("S")
    assert load(load.file(f"Extra,SKU, Price ,Name\nx,{sku},1,n\n"))[0] == 0
    assert Item.objects.get(sku=sku).name == "n"


def test_columns_are_mapped(load: Loader) -> None:
    sku = unique("S")
    path = load.file(json.dumps([{"Title": "t", "name": "n", "Cost": 3, "Id": sku}]), "items.json")
    assert load(path, "--map", "name=title", "--map", "price=Cost", "--map", "sku=Id")[0] == 0
    assert Item.objects.get(sku=sku).name == "t"


@pytest.mark.parametrize("form", ["array", "lines"])
def test_json_prices_never_pass_through_a_float(load: Loader, form: str) -> None:
    skus = {price: unique("S") for price in ("0.1", "99999999.99", "1e2", "7", '"8.10"')}
    rows = [f'{{"name":"n","price":{price},"sku":"{sku}"}}' for price, sku in skus.items()]
    path = load.file("[" + ",".join(rows) + "]" if form == "array" else "\n\n".join(rows), "items.json")
    assert load(path) == (0, f"{path}: 5 loaded, 0 refused\n", "")
    for price, sku in skus.items():
        assert Item.objects.get(sku=sku).price == Decimal(price.strip('"'))


def test_a_category_is_found_by_slug_or_name(load: Loader) -> None:
    category = make_category(unique("Name"))
    skus = [unique("S") for _ in range(3)]
    rows = zip(skus, (category.slug, category.name, category.name.upper()), strict=True)
    assert load(load.file("name,price,sku,category\n" + "".join(f"n,1,{sku},{name}\n" for sku, name in rows)))[0] == 0
    assert {item.category_id for item in Item.objects.filter(sku__in=skus)} == {category.slug}


def test_names_that_make_the_same_slug_stay_different_categories(load: Loader) -> None:
    word = unique("w")
    rows = f"n,1,{word} x\nn,1,{word}/x\nn,1,{word} x\n"
    assert load(load.file(f"name,price,category\n{rows}"))[0] == 0
    slugs = Category.objects.filter(name__startswith=word).values_list("slug", flat=True)
    assert sorted(slugs) == [f"{word}-x", f"{word}-x-2"]


def test_a_category_without_latin_letters_gets_a_slug_that_lasts(load: Loader) -> None:
    name = "日本 " + "語" * 20
    for _ in range(2):
        assert load(load.file(f"name,price,category\nn,1,{name}\n"))[0] == 0
    assert Category.objects.get(name=name).slug.startswith("category-")


def test_categories_are_not_made_when_they_must_not(load: Loader) -> None:
    name = unique("Name")
    status, out, err = load(load.file(f"name,price,category\nn,1,{name}\nn,1,\n"), "--no-create-categories")
    assert (status, "1 loaded, 1 refused" in out) == (1, True)
    assert "line 2: category: there is no" in err
    assert not Category.objects.filter(name=name).exists()


def test_a_known_sku_is_refused_unless_it_updates(load: Loader) -> None:
    item = make_item(sku=unique("S"), description="stays")
    path = load.file(f"name,price,sku\nNew name,2.50,{item.sku}\nother,1,{unique('S')}\n")
    status, out, err = load(path)
    assert (status, out) == (1, f"{path}: 1 loaded, 1 refused\n")
    assert f"line 2: sku: {item.sku!r} is in the catalog already" in err
    item.refresh_from_db(fields=["name"])
    assert item.name != "New name"

    assert load(path, "--update") == (0, f"{path}: 2 loaded (0 new, 1 updated, 1 unchanged), 0 refused\n", "")
    changed = Item.objects.get(id=item.id)
    assert (changed.name, changed.price, changed.description) == ("New name", Decimal("2.50"), "stays")
    assert load(path, "--update")[1] == f"{path}: 2 loaded (0 new, 0 updated, 2 unchanged), 0 refused\n"
    assert Item.objects.get(id=item.id).version == changed.version


def test_rejects_are_kept_and_may_be_allowed(load: Loader, tmp_path: Path) -> None:
    path = load.file("name,price\nn,x\nn,1\nragged\n")
    rejects = tmp_path / "rejects.csv"
    assert load(path, "--allow-rejects", "--rejects", rejects)[0] == 0
    header, *rows = csv.reader(rejects.read_text().splitlines())
    assert header == ["file", "place", "reason", "row"]
    assert [(row[0], row[1], json.loads(row[3])) for row in rows] == [
        (str(path), "line 2", {"name": "n", "price": "x"}),
        (str(path), "line 4", {"name": "ragged"}),
    ]


def test_rejects_do_not_overwrite_what_is_loaded(load: Loader) -> None:
    path = load.file("name,price\nn,1\n")
    with pytest.raises(CommandError, match="overwrite"):
        load(path, "--rejects", path)
    assert path.read_text() == "name,price\nn,1\n"


@pytest.mark.parametrize("option", ["name", "name=", "nonsense=x", "=x"])
def test_a_wrong_mapping_is_refused(load: Loader, option: str) -> None:
    with pytest.raises(CommandError, match="FIELD=COLUMN"):
        load(load.file("name,price\nn,1\n"), "--map", option)


def test_many_refusals_are_not_all_shown(load: Loader) -> None:
    _, out, err = load(load.file("name,price\n" + "n,x\n" * 50))
    assert "0 loaded, 50 refused" in out
    assert err.count("line ") == 20
    assert "and 30 more" in err
