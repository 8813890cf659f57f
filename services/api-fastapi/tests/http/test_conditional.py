"""If-None-Match, read as RFC 9110 says."""

import time

import pytest
from api_fastapi.http.conditional import matches


@pytest.mark.parametrize(
    "header",
    ['"7"', 'W/"7"', '"6", "7"', '"7","8"', '  "7"\t', ', ,"7",', "*", " * ", '"a,b", "7"', '"\xe9", "7"', '""  ,"7"'],
)
def test_the_tag_is_found_in_a_list(header: str) -> None:
    assert matches(b'"7"', header.encode("latin-1"))


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "7",
        '"8"',
        '"7',
        '7"',
        'w/"7"',
        'W/ "7"',
        '"7" "8"',
        '"7";',
        '*, "7"',
        '"7", *',
        '"7", 7',
        '"a b", "7"',
        "'7'",
        '"\x7f", "7"',
        "**",
    ],
)
def test_nothing_is_found_in_another_or_a_malformed_list(header: str) -> None:
    assert not matches(b'"7"', header.encode("latin-1"))


def test_a_hostile_header_takes_no_time() -> None:
    begin = time.perf_counter()
    assert not matches(b'"7"', b", \t" * 20_000 + b"!")
    assert not matches(b'"7"', b" " * 60_000 + b"!")
    assert time.perf_counter() - begin < 1
