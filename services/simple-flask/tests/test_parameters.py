"""The query string is read as the contract says, and not as a framework forgives."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simple_flask.parameters import Parameters
from triptych_shared.problems import Problem

READERS = {"q": str, "limit": int}


def errors(query_string: bytes) -> set[str]:
    return set(Parameters(query_string, READERS).errors)


@pytest.mark.parametrize(
    ("query_string", "sent"),
    [
        (b"", {}),
        (b"&&q=1&", {"q": "1"}),
        (b"q", {"q": ""}),
        (b"q=a=b", {"q": "a=b"}),
        (b"q=a+b%20c%2B", {"q": "a b c+"}),
        (b"%71=%C3%A9", {"q": "é"}),
        (b"q=%E2%80%A8", {"q": "\u2028"}),
        (b"q=a;limit=3", {"q": "a;limit=3"}),
    ],
)
def test_well_formed_parameters_are_decoded(query_string: bytes, sent: dict[str, str]) -> None:
    parameters = Parameters(query_string, READERS)
    parameters.check()
    assert parameters.sent == sent


@pytest.mark.parametrize(
    ("query_string", "names"),
    [
        (b"q=%", {"q"}),
        (b"q=%4", {"q"}),
        (b"q=%zz", {"q"}),
        (b"q=%+4", {"q"}),
        (b"q=%FF", {"q"}),
        (b"q=%ED%A0%80", {"q"}),
        (b"q=%C0%80", {"q"}),
        (b"q=\xc3\xa9", {"q"}),
        (b"q=a\tb", {"q"}),
        (b"q=%00", {"q"}),
        (b"q=%7F", {"q"}),
        (b"q=%C2%85", {"q"}),
        (b"%FFq=1", {"\ufffdq"}),
        (b"%00=1", {"\0"}),
        (b"=1", {""}),
        (b"x=1", {"x"}),
        (b"Q=1", {"Q"}),
        (b"q=1&q=1", {"q"}),
        (b"x=1&x=2", {"x"}),
        (b"limit=a&x=1&q=%FF&q=1", {"limit", "x", "q"}),
    ],
)
def test_every_wrong_parameter_is_named(query_string: bytes, names: set[str]) -> None:
    assert errors(query_string) == names
    with pytest.raises(Problem):
        Parameters(query_string, READERS).check()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])), st.sampled_from([quote, quote_plus]))
def test_any_text_without_control_characters_arrives(value: str, encode: object) -> None:
    parameters = Parameters(b"q=" + encode(value).encode(), READERS)  # type: ignore[operator]
    assert (parameters.sent, parameters.errors) == ({"q": value}, {})


@given(st.binary())
def test_any_bytes_are_either_read_or_refused(query_string: bytes) -> None:
    parameters = Parameters(query_string, READERS)
    assert set(parameters.values) | set(parameters.errors) == set(parameters.sent)
