"""Items from files."""

from decimal import Decimal

import pytest
from catalog.admin.importing import file_formats
from catalog.models import Item

from tests.back_office.files import CSV, HEAD, JSON, confirm, upload
from tests.back_office.person import ITEMS, Person, changes, fresh, member, said
from tests.make import make_category, make_item, unique

# what a preview reads is one transaction of its own
pytestmark = pytest.mark.usefixtures("committed")


def test_a_file_is_looked_at_before_anything_is_written(boss: Person) -> None:
    sku = unique("S")
    preview = upload(boss.client, f"{HEAD}Lamp,bright,12.10,{sku},\n")
    assert "Confirm import" in preview.content.decode()
    assert not Item.objects.filter(sku=sku).exists()
    confirm(boss.client, preview)
    item = Item.objects.get(sku=sku)
    assert (item.name, item.description, item.price) == ("Lamp", "bright", Decimal("12.10"))
    assert changes(item)[0].actor == boss.name


def test_a_row_whose_sku_is_taken_changes_that_item_and_only_in_the_files_columns(boss: Person) -> None:
    item = make_item(sku=unique("S"), description="stays", price="1.00", category=make_category())
    preview = upload(boss.client, f"name,price,sku\n{item.name},2.00,{item.sku}\n")
    assert "<del>1.00</del> <ins>2.00</ins>" in preview.content.decode()
    confirm(boss.client, preview)
    assert (fresh(item).price, fresh(item).description) == (Decimal("2.00"), "stays")
    assert fresh(item).category_id == item.category_id


def test_an_unchanged_row_writes_nothing(boss: Person) -> None:
    item = make_item(sku=unique("S"), price="1.00")
    confirm(boss.client, upload(boss.client, f"{HEAD}{item.name},,1,{item.sku},\n"))
    assert fresh(item).version == item.version


def test_an_import_is_undone_as_one(boss: Person) -> None:
    item, new = make_item(sku=unique("S"), price="1.00"), unique("S")
    confirm(boss.client, upload(boss.client, f"{HEAD}{item.name},,9.00,{item.sku},\nNew,,3.00,{new},\n"))
    assert Item.objects.filter(sku=new).exists()
    action = changes(item)[0].action
    boss.client.post(f"/admin/catalog/itemhistory/{action}/change/")
    assert fresh(item).price == Decimal("1.00")
    assert not Item.objects.filter(sku=new).exists()


@pytest.mark.parametrize(
    "row",
    [
        ",,1.00,{sku},",
        f"{'x' * 101},,1.00,{{sku}},",
        "Lamp,,-1.00,{sku},",
        "Lamp,,1.234,{sku},",
        "Lamp,,1e3,{sku},",
        "Lamp,,NaN,{sku},",
        'Lamp,,"12,50",{sku},',
        "Lamp,,123456789.00,{sku},",
        "Lamp,,,{sku},",
        "Lamp,,1.00,{sku},no-such-category",
        f"Lamp,,1.00,{'x' * 65},",
        "La\0mp,,1.00,{sku},",
        "Lamp,",
        "Lamp,,1.00,{sku},\nAgain,,1.00,{sku},",
    ],
)
def test_a_bad_row_is_told_and_no_row_is_written(boss: Person, row: str) -> None:
    good, sku = unique("S"), unique("S")
    preview = upload(boss.client, f"{HEAD}Good,,1.00,{good},\n{row.format(sku=sku)}\n")
    assert preview.status_code == 200
    assert "confirm_form" not in preview.context
    result = preview.context["result"]
    rows = [number for number, _ in result.row_errors()] + [row.number for row in result.invalid_rows]
    assert rows == [2] or rows == [3]  # the second of two that share a sku
    assert not Item.objects.filter(sku__in=[good, sku]).exists()


@pytest.mark.parametrize(
    ("content", "file_format"),
    [
        ("", CSV),
        ("name,price\nLamp,1.00\n", CSV),
        (f"{HEAD.strip()},colour\nLamp,,1.00,s,,red\n", CSV),
        ("sku,sku,name,price\na,b,Lamp,1\n", CSV),
        (b"name,price,sku\n\xff,1.00,s\n", CSV),
        ("{", JSON),
        ("{}", JSON),
        ("[1]", JSON),
        ("[]", JSON),
        ("[" * 5000, JSON),
        (HEAD + "a,b,c,d,e,f\n", CSV),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(boss: Person, content: str | bytes, file_format: str) -> None:
    response = upload(boss.client, content, file_format)
    assert response.status_code == 200
    assert response.context["form"].errors["import_file"]


def test_a_file_with_too_many_rows_is_refused_before_any_is_looked_at(
    boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_formats, "LIMIT", 2)
    rows = "".join(f"Lamp,,1.00,{unique('S')},\n" for _ in range(3))
    assert "more than 2 rows" in str(upload(boss.client, HEAD + rows).context["form"].errors)


def test_a_price_of_a_json_number_is_the_decimal_of_the_file(boss: Person) -> None:
    sku = unique("S")
    content = f'[{{"name": "Lamp", "price": 99999999.99, "sku": "{sku}"}}]'
    confirm(boss.client, upload(boss.client, content, JSON))
    assert Item.objects.get(sku=sku).price == Decimal("99999999.99")
    refused = upload(boss.client, content.replace(".99,", ".9900000000000001,"), JSON)
    assert "confirm_form" not in refused.context  # as a float it would be 99999999.99 again


@pytest.mark.parametrize("value", ["[1]", "{}", "true", "12"])
def test_what_is_no_text_in_json_is_told(boss: Person, value: str) -> None:
    for field in ("name", "sku", "description"):
        row = {"name": '"Lamp"', "price": "1", "sku": f'"{unique("S")}"', field: value}
        response = upload(boss.client, "[{" + ", ".join(f'"{k}": {v}' for k, v in row.items()) + "}]", JSON)
        assert response.status_code == 200 and "confirm_form" not in response.context, field


def test_what_became_wrong_since_the_preview_is_told_and_nothing_is_written(boss: Person) -> None:
    category, sku = make_category(), unique("S")
    preview = upload(boss.client, f"{HEAD}One,,1.00,{unique('S')},\nLamp,,1.00,{sku},{category.slug}\n")
    category.delete()
    assert "Nothing was imported" in said(confirm(boss.client, preview))
    assert not Item.objects.filter(sku=sku).exists()


def test_a_file_is_kept_for_every_process_and_only_until_it_is_used(boss: Person) -> None:
    preview = upload(boss.client, f"{HEAD}Lamp,,1.00,{unique('S')},\n")
    confirm(boss.client, preview)
    assert "no longer kept" in said(confirm(boss.client, preview))


def test_a_sku_that_looks_like_markup_stays_text(boss: Person) -> None:
    preview = upload(boss.client, f'{HEAD}<b>x</b>,"<script>alert(1)</script>",1.00,{unique("S")},\n').content.decode()
    assert "<script>alert" not in preview and "&lt;b&gt;x" in preview


def test_who_may_not_change_items_may_not_import_and_may_export() -> None:
    viewer = member("viewer").client
    assert upload(viewer, HEAD).status_code == 403
    assert viewer.post(f"{ITEMS}process_import/", {}).status_code == 403
    assert viewer.get(f"{ITEMS}export/").status_code == 200
