"""What `manage.py load_items` refuses: rows by line and reason, files as a whole."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from catalog.models import Category, Item
from django.db import connection

from tests.loader import Loader
from tests.make import unique


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",1,", "name: "),
        ("x" * 101 + ",1,", "name: Ensure this value has at most 100 characters (it has 101)."),
        ("a\0b,1,", "name: contains a NUL character"),
        ("n,,", "price: is missing"),
        ("n,abc,", "price: 'abc' is not a decimal number like 12.50"),
        ("n,-1,", "price: "),
        ("n,100000000,", "price: "),
        ("n,1.234,", "price: "),
        ("n,NaN,", "price: "),
        ("n,1e3,", "price: "),
        ("n,٥,", "price: "),
        ("n,1_000,", "price: "),
        ('n,"12,50",', "price: "),
        ("n,1," + "s" * 65, "sku: "),
        ("n,1", "has 2 fields where the header has 3"),
        ("n,1,,", "has 4 fields where the header has 3"),
        ('"bad"quote,1,', "cannot be read as CSV: "),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_loaded(load: Loader, row: str, reason: str) -> None:
    skus = [unique("S") for _ in range(2)]
    path = load.file(f'name,price,sku\n"two\nlines",1,{skus[0]}\n{row}\nafter,1,{skus[1]}\n')
    status, out, err = load(path)
    assert (status, out) == (1, f"{path}: 2 loaded, 1 refused\n")
    assert err.startswith(f"{path}: line 4: {reason}")
    assert Item.objects.filter(sku__in=skus).count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5", "is not a JSON object"),
        ('{"name":"\\ud800","price":1}', "name: contains half of a surrogate pair"),
        ('{"name":["n"],"price":1}', "name: ['n'] is not a text"),
        ('{"name":"n","price":true}', "price: True is not"),
        ('{"name":"n","price":1e999999999999999999999}', "price: "),
        ('{"name":"n","price":null}', "price: is missing"),
        ('{"name":"n","price":1,"category":{}}', "category: {} is not a text"),
        ('{"name":"n","price":0.001}', "price: "),
    ],
)
@pytest.mark.parametrize("form", ["array", "lines"])
def test_a_bad_json_row_is_told_by_its_place(load: Loader, row: str, reason: str, form: str) -> None:
    rows = ['{"name":"good","price":1}', row]
    path = load.file("[" + ",\n".join(rows) + "]" if form == "array" else "\n".join(rows))
    status, out, err = load(path)
    assert (status, out) == (1, f"{path}: 1 loaded, 1 refused\n")
    assert err.startswith(f"{path}: {'item' if form == 'array' else 'line'} 2: {reason}")


@pytest.mark.django_db
def test_a_sku_that_comes_twice_is_refused_the_second_time(load: Loader) -> None:
    sku = unique("S")
    _, _, err = load(load.file(f"name,price,sku\nfirst,1,{sku}\nsecond,1,{sku}\n"))
    assert f"line 3: sku: {sku!r} is used in line 2 already" in err
    assert Item.objects.get(sku=sku).name == "first"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name,price\n", "has no rows"),
        (b"[]", "has no rows"),
        (b"title;price\nn;1\n", "has no column 'name', 'price'; it has 'title;price'"),
        (b"name,price,Name\nn,1,m\n", "its header has a column more than once: 'name'"),
        ("name,price\nok,1\nCafé,1\n".encode("latin-1"), "line 3 is not UTF-8 (byte 4 of it is 0xE9)"),
        ("name,price\nok,1\n".encode("utf-16"), "is UTF-16"),
        (b'name,price\n"never closed,1\nn,2\n', "the quotes of the row that begins in line 2 do not match"),
        (b'[{"name":"n","price":1},', "is not valid JSON"),
        (b'[{"name":"n","price":NaN}]', "is not valid JSON: NaN is not JSON"),
        (b'[{"name":"n","name":"m","price":1}]', "is not valid JSON: an object has a key more than once"),
        (b"[" * 100_000, "is not valid JSON: it is nested too deeply"),
        (
            b'[{"title":"n","price":1}]',
            "has no column 'name'; it has 'title', 'price'; say which with --map name=COLUMN",
        ),
    ],
)
def test_a_file_that_cannot_be_read_to_its_end_is_not_loaded_at_all(
    load: Loader,
    content: bytes,
    reason: str,
) -> None:
    before = Item.objects.count()
    path = load.file(content)
    status, out, err = load(path)
    assert (status, out) == (1, "")
    assert err.startswith(f"{path}: {reason}")
    assert err.endswith("Nothing of it was loaded.\n")
    assert Item.objects.count() == before


@pytest.mark.django_db
def test_a_file_that_is_none_does_not_stop_the_next(load: Loader, tmp_path: Path) -> None:
    good = load.file("name,price\nn,1\n")
    status, out, err = load(tmp_path / "missing.csv", tmp_path, good)
    assert (status, out) == (1, f"{good}: 1 loaded, 0 refused\n")
    assert "missing.csv: cannot be read: No such file or directory" in err
    assert f"{tmp_path}: cannot be read: Is a directory" in err


@pytest.mark.parametrize(
    ("end", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_an_interrupted_file_leaves_nothing(committed: None, end: signal.Signals, status: int) -> None:
    """The file is a pipe that has given three thousand rows and gives no more: the command is in the midst of it."""
    sku = unique("S")
    command = [sys.executable, "manage.py", "load_items", "/dev/stdin"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdin and process.stderr
    process.stdin.write("name,price,sku\n" + "".join(f"n,1,{sku}-{number}\n" for number in range(3000)))
    process.stdin.flush()
    _wait_until_it_has_written()
    process.send_signal(end)
    _, err = process.communicate(timeout=30)
    assert process.returncode == status
    assert end == signal.SIGKILL or "nothing of /dev/stdin was loaded" in err
    assert not Item.objects.filter(sku__startswith=sku).exists()


def _wait_until_it_has_written() -> None:
    """Return once another session of this role holds a transaction that has written and now waits for its client."""
    deadline = time.monotonic() + 30
    written = 0
    while not written:
        assert time.monotonic() < deadline
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND usename = current_user AND state = 'idle in transaction' AND backend_xid IS NOT NULL"
            )
            (written,) = cursor.fetchone()


@pytest.mark.usefixtures("committed")  # a dry run is a transaction of its own
def test_a_dry_run_keeps_nothing(load: Loader) -> None:
    sku, category = unique("S"), unique("Name")
    path = load.file(f"name,price,sku,category\nn,1,{sku},{category}\nn,x,,\n")
    status, out, _ = load(path, "--dry-run")
    assert (status, out) == (1, f"{path}: 1 loaded, 1 refused (dry run, nothing kept)\n")
    assert not Item.objects.filter(sku=sku).exists()
    assert not Category.objects.filter(name=category).exists()
