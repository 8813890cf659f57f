import pytest
from catalog.reads.query_string import parse

KNOWN = {"q", "limit"}


@pytest.mark.parametrize(
    ("raw", "values"),
    [
        (b"", {}),
        (b"&&q=a&", {"q": "a"}),
        (b"q", {"q": ""}),
        (b"q=a=b", {"q": "a=b"}),
        (b"q=a+b%20c%2Bd", {"q": "a b c+d"}),
        (b"%71=x", {"q": "x"}),
        (b"q=%e6%97%a5", {"q": "日"}),
        (b"q=%E2%80%A8", {"q": "\u2028"}),
        (b"q=a;limit=3", {"q": "a;limit=3"}),
    ],
)
def test_a_well_formed_query_string_is_read(raw: bytes, values: dict[str, str]) -> None:
    assert parse(raw, KNOWN) == (values, {})


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b"q=%FF", {"q"}),
        (b"q=\xc3\xa4", {"q"}),
        (b"q=%", {"q"}),
        (b"q=%4", {"q"}),
        (b"q=%zz", {"q"}),
        (b"q=%00", {"q"}),
        (b"q=%7F", {"q"}),
        (b"q=%C2%85", {"q"}),
        (b"q=%ED%A0%80", {"q"}),
        (b"q=1&q=1", {"q"}),
        (b"q=%FF&q=1", {"q"}),
        (b"q=1&%71=2", {"q"}),
        (b"Q=1", {"Q"}),
        (b"=1", {""}),
        (b"%FF=1", {"\ufffd"}),
        (b"%FF=1&%FE=1", {"\ufffd"}),
        (b"x=1&y=2&x=3&limit=5", {"x", "y"}),
        (b"q%00=1", {"q\0"}),
    ],
)
def test_a_malformed_unknown_or_repeated_parameter_is_named_and_has_no_value(raw: bytes, names: set[str]) -> None:
    values, errors = parse(raw, KNOWN)
    assert set(errors) == names
    assert not names & set(values)
