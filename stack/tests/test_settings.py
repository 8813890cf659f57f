"""What is wrong in the settings is named, with the place and what to do."""

from pathlib import Path

import pytest

from stack.errors import StackError
from stack.layout import ROOT
from stack.settings import OWN, load


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nTRIPTYCH_PORT 9000\n", r"\.env:2: `TRIPTYCH_PORT 9000` is not KEY=VALUE"),
        ("1A=1", r"\.env:1: `1A` is not a variable's name"),
        ("# a comment\n\nA='open", r"\.env:3: the value of A has a quote that is not closed"),
        ('A="b" c', r"\.env:1: the value of A has a quote that is not closed, or text behind it"),
        ("A=$HOME", r"\.env:1: the value of A has a \$ or a backslash; write it in single quotes"),
        ("TRIPTYCH_PORT=http", "TRIPTYCH_PORT is `http`; it must be a number"),
        ("TRIPTYCH_PORT=65532", "TRIPTYCH_PORT is `65532`; it must be a number from 1 to 65531"),
        ("TRIPTYCH_ADMIN_USER='a b'", "TRIPTYCH_ADMIN_USER is `a b`"),
        ("TRIPTYCH_DEMO_DATA=no", "TRIPTYCH_DEMO_DATA is `no`; it must be on or off"),
        ("TRIPTYCH_HOME='/tmp/a\"b'", 'TRIPTYCH_HOME is `/tmp/a"b`'),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    with pytest.raises(StackError, match=message):
        load(tmp_path, {})


def test_a_file_that_is_no_text_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=1\nB=\xff\n")
    with pytest.raises(StackError, match=r"\.env:2: not UTF-8"):
        load(tmp_path, {})


def test_quotes_comments_and_export_are_understood(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "\ufeff# why\nexport TRIPTYCH_PORT = 9000 # here\r\n\nA='$x # y' # z\nB=\"a b\"\nC=\nD=a#b\nE==\n",
        encoding="utf-8",
    )
    settings = load(tmp_path, {})
    assert settings.port == 9000
    assert {name: settings.variables[name] for name in "ABCDE"} == {
        "A": "$x # y", "B": "a b", "C": "", "D": "a#b", "E": "=",
    }  # fmt: skip


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TRIPTYCH_PORT=9000\nTRIPTYCH_ADMIN_USER=ada\n", encoding="utf-8")
    settings = load(tmp_path, {"TRIPTYCH_PORT": "9100"})
    assert (settings.port, settings.admin_user) == (9100, "ada")


def test_an_unknown_variable_is_named_with_the_one_that_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text("TRIPTYCH_PROT=9000\n", encoding="utf-8")
    load(tmp_path, {})
    assert "TRIPTYCH_PROT in .env is not a setting and is ignored. Is TRIPTYCH_PORT meant?" in capsys.readouterr().err


def test_the_example_is_readable_and_names_every_setting(tmp_path: Path) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(example.replace("\n#TR", "\nTR"), encoding="utf-8")
    assert set(load(tmp_path, {}).variables) >= OWN
