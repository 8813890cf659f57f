"""What is sent is what the tables and the queries say."""

from api_fastapi.database import compiler
from api_fastapi.database.statements import FILE


def test_the_compiled_statements_are_those_that_sqlalchemy_builds_now() -> None:
    assert FILE.read_text(encoding="utf-8") == compiler.document(), "make snapshot writes them anew"
