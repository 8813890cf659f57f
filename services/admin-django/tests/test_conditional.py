import pytest
from catalog.reads.conditional import matches


@pytest.mark.parametrize(
    "header", ['"a"', 'W/"a"', '"b","a"', ' "b" ,\tW/"a" ', '"b", "a",', ',"a"', "*", " * ", '"x,", "a"', '"é", "a"']
)
def test_a_tag_in_the_list_matches_weakly(header: str) -> None:
    assert matches(header, '"a"')


@pytest.mark.parametrize(
    "header",
    [
        "",
        "a",
        '"b"',
        '"a',
        'a"',
        '"a" "b"',
        '"a";',
        'w/"a"',
        '"b", a, "a"',
        "**",
        '*, "a"',
        '"a b", "a"',
        'W/ "a"',
        '"b\\", "a"" ',
    ],
)
def test_anything_else_does_not(header: str) -> None:
    assert not matches(header, '"a"')
