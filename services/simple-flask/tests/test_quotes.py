"""Quotes, asked for over HTTP."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PATH = "/api/tasks/quotes/"
NewItem = Callable[..., int]


def ask(client: FlaskClient, body: Any) -> Any:
    return client.post(PATH, data=json.dumps(body), content_type="application/json")


def ask_raw(client: FlaskClient, body: bytes) -> Any:
    return client.post(PATH, data=body, content_type="application/json")


def with_line(**line: Any) -> dict[str, Any]:
    return {"lines": [{"item": 1, "quantity": 1} | line]}


def test_a_quote_says_what_the_lines_cost(client: FlaskClient, new_item: NewItem) -> None:
    lamp, bolt = new_item("Lamp", price="12.50"), new_item("Bolt", price="0.99")
    versions = {i: client.get(f"/api/items/{i}/").get_json()["version"] for i in (lamp, bolt)}
    lines = [
        {"item": lamp, "quantity": 3},
        {"item": bolt, "quantity": 1, "discount": {"percent": "12.5"}},
        {"item": bolt, "quantity": 2, "discount": {"amount": "1.00"}},
    ]
    response = ask(client, {"lines": lines, "discount": {"amount": "5"}, "tax_rate": "19"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.data.decode() == (
        f'{{"lines":[{{"item":{lamp},"version":{versions[lamp]},"name":"Lamp","unit_price":"12.50","quantity":3,'
        '"gross":"37.50","discount":"0.00","total":"37.50"},'
        f'{{"item":{bolt},"version":{versions[bolt]},"name":"Bolt","unit_price":"0.99","quantity":1,'
        '"gross":"0.99","discount":"0.12","total":"0.87"},'
        f'{{"item":{bolt},"version":{versions[bolt]},"name":"Bolt","unit_price":"0.99","quantity":2,'
        '"gross":"1.98","discount":"1.00","total":"0.98"}],'
        '"subtotal":"39.35","discount":"5.00","net":"34.35","tax_rate":"19","tax":"6.53","total":"40.88",'
        '"rounding":"half-up"}'
    )


def test_the_largest_quote_is_exact(client: FlaskClient, new_item: NewItem) -> None:
    item = new_item(price="99999999.99")
    quote = ask(client, {"lines": [{"item": item, "quantity": 1_000_000}] * 500, "tax_rate": "100.0000"}).get_json()
    assert quote["net"] == "49999999995000000.00"
    assert quote["total"] == "99999999990000000.00"


def test_a_discount_never_makes_anything_negative(client: FlaskClient, new_item: NewItem) -> None:
    item = new_item(price="1.00")
    line = {"item": item, "quantity": 1, "discount": {"amount": "9999999999999999.99"}}
    quote = ask(client, {"lines": [line], "discount": {"amount": "1"}, "tax_rate": "19"}).get_json()
    assert quote["lines"][0]["discount"] == "1.00"
    assert (quote["subtotal"], quote["discount"], quote["tax"], quote["total"]) == ("0.00",) * 4


def test_a_quote_without_discount_and_tax(client: FlaskClient, new_item: NewItem) -> None:
    quote = ask(client, {"lines": [{"item": new_item(price="0.05"), "quantity": 3}]}).get_json()
    assert (quote["tax_rate"], quote["discount"], quote["total"]) == ("0", "0.00", "0.15")


def test_unknown_items_are_named(client: FlaskClient, new_item: NewItem, assert_problem: Any) -> None:
    missing = 2**63 - 1
    lines = [{"item": item, "quantity": 1} for item in (missing, new_item(), missing - 1)]
    body = assert_problem(ask(client, {"lines": lines}), 400, "invalid-body", {"lines.0.item", "lines.2.item"})
    assert str(missing) in body["errors"]["lines.0.item"][0]


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, {"lines"}),
        ({"lines": []}, {"lines"}),
        ({"lines": None}, {"lines"}),
        ({"lines": {}}, {"lines"}),
        ({"lines": [{"item": 1, "quantity": 1}] * 501}, {"lines"}),
        ({"lines": [{}]}, {"lines.0.item", "lines.0.quantity"}),
        ({"lines": [1, None, []]}, {"lines.0", "lines.1", "lines.2"}),
        (with_line(colour="red"), {"lines.0.colour"}),
        (with_line() | {"currency": "EUR"}, {"currency"}),
        *[(with_line(item=item), {"lines.0.item"}) for item in (0, -1, 2**63, "1", True, None, 1.0, [1], 10**30)],
        *[(with_line(quantity=n), {"lines.0.quantity"}) for n in (0, -1, 1_000_001, "1", False, None, 1.5, 2.0)],
        *[(with_line() | {"tax_rate": rate}, {"tax_rate"}) for rate in (19, 19.0, None, True, ["1"])],
        *[(with_line() | {"tax_rate": rate}, {"tax_rate"}) for rate in ("-1", "100.0001", "1.23456", "٥", "0019")],
        *[(with_line() | {"tax_rate": rate}, {"tax_rate"}) for rate in ("", "1.", ".5", "1e1", "NaN", " 1", "1\n")],
        *[(with_line(discount=d), {"lines.0.discount"}) for d in ({}, {"percent": "1", "amount": "1"})],
        (with_line(discount={"percent": "101"}), {"lines.0.discount.percent"}),
        (with_line(discount={"percent": 10}), {"lines.0.discount.percent"}),
        (with_line(discount={"amount": 10}), {"lines.0.discount.amount"}),
        (with_line(discount={"amount": "1.234"}), {"lines.0.discount.amount"}),
        (with_line(discount={"amount": "-1.00"}), {"lines.0.discount.amount"}),
        (with_line(discount={"amount": "1" * 17}), {"lines.0.discount.amount"}),
        (with_line(discount={"amount": "1", "why": 1}), {"lines.0.discount.why"}),
        (with_line(discount=None), {"lines.0.discount"}),
        (with_line() | {"discount": "10"}, {"discount"}),
        (with_line(quantity=0, item=0) | {"tax_rate": "x"}, {"lines.0.item", "lines.0.quantity", "tax_rate"}),
        ({"lines": [{}] * 500}, {f"lines.{n}.{m}" for n in range(50) for m in ("item", "quantity")}),
        (with_line(**{"\ud800": 1}), {"lines.0.?"}),
        *[(body, {"body"}) for body in ([1], None, 1, "lines")],
    ],
)
def test_every_wrong_place_is_named(client: FlaskClient, assert_problem: Any, body: object, places: set[str]) -> None:
    assert_problem(ask(client, body), 400, "invalid-body", places)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (b"", {"body"}),
        (b" ", {"body"}),
        (b"{", {"body"}),
        (b"{}{}", {"body"}),
        (b"{'lines':[]}", {"body"}),
        (b'{"lines":[],}', {"body"}),
        (b"\xff", {"body"}),
        (b'{"lines":"\xed\xa0\x80"}', {"body"}),
        ("{}".encode("utf-16"), {"body"}),
        (b"\xef\xbb\xbf{}", {"body"}),
        (b'{"lines":"\0"}', {"body"}),
        (b"[" * 100_000, {"body"}),
        (b'{"a":' * 40_000, {"body"}),
        (b"[" * 900 + b"]" * 900, {"body"}),
        (b'{"lines":[{"item":1,"quantity":NaN}]}', {"lines.0.quantity"}),
        (b'{"lines":[{"item":1,"quantity":-Infinity}]}', {"lines.0.quantity"}),
        (b'{"lines":[{"item":1,"quantity":1e0}]}', {"lines.0.quantity"}),
        (b'{"lines":[{"item":1,"quantity":1e999999999}]}', {"lines.0.quantity"}),
        (b'{"lines":[{"item":' + b"9" * 200_000 + b',"quantity":1}]}', {"lines.0.item"}),
        (b'{"lines":[{"item":1,"quantity":1,"quantity":1}]}', {"lines.0.quantity"}),
        (b'{"lines":[{"item":1,"quantity":1}],"tax_rate":"1","tax_rate":"2"}', {"tax_rate"}),
        (b'{"lines":[{"item":1,"quantity":1,"discount":{"amount":"1","amount":"1"}}]}', {"lines.0.discount.amount"}),
    ],
)
def test_a_malformed_body_is_refused(client: FlaskClient, assert_problem: Any, body: bytes, places: set[str]) -> None:
    assert_problem(ask_raw(client, body), 400, "invalid-body", places)


def test_a_syntax_error_is_said_with_its_place(client: FlaskClient, assert_problem: Any) -> None:
    errors = assert_problem(ask_raw(client, b'{\n "lines": ?}'), 400, "invalid-body", {"body"})["errors"]
    assert "line 2, column 11" in errors["body"][0]


def test_a_body_that_is_too_large_is_refused(client: FlaskClient, assert_problem: Any) -> None:
    assert_problem(ask_raw(client, b" " * (256 * 1024 + 1)), 413, "invalid-body", {"body"})
    assert_problem(ask_raw(client, b" " * (256 * 1024)), 400, "invalid-body", {"body"})


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/json", "application/json; charset=latin-1", "application/x-www-form-urlencoded", "application"],
)
def test_another_content_type_is_refused(client: FlaskClient, assert_problem: Any, content_type: str | None) -> None:
    response = client.post(PATH, data=b"{}", content_type=content_type)
    assert_problem(response, 415, "invalid-body", {"body"})
    assert response.headers["Accept"] == "application/json"


def test_a_compressed_body_is_refused(client: FlaskClient, assert_problem: Any) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    assert_problem(client.post(PATH, data=gzip.compress(b"{}"), headers=headers), 415, "invalid-body", {"body"})


def test_the_charset_may_be_said(client: FlaskClient, new_item: NewItem) -> None:
    body = json.dumps({"lines": [{"item": new_item(), "quantity": 1}]})
    assert client.post(PATH, data=body, content_type="Application/JSON; Charset=UTF-8").status_code == 200


def test_a_quote_takes_no_parameters_and_only_post(client: FlaskClient, assert_problem: Any) -> None:
    assert_problem(client.post(PATH + "?tax=1", data=b"?"), 400, "invalid-parameter", {"tax"})
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        response = client.open(PATH, method=method)
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["lines", "item", "quantity", "discount"]), inner),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(anything | st.fixed_dictionaries({"lines": st.lists(anything)}, optional={"discount": anything}))
def test_no_json_makes_the_service_fail(client: FlaskClient, body: Any) -> None:
    assert ask(client, body).status_code in (200, 400)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary() | st.text().map(str.encode), st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"])))
def test_no_bytes_and_no_content_type_make_the_service_fail(client: FlaskClient, body: bytes, parameters: str) -> None:
    response = client.post(PATH, data=body, content_type=f"application/json;{parameters}")
    assert response.status_code in (400, 415)
