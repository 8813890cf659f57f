"""What all routes have in common: exact paths, and the OpenAPI document's words for what is not a 200."""

from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Scope
from triptych_shared.problems import PROBLEM_JSON

from api_fastapi.routes.schemas import Problem

_PROBLEM = {PROBLEM_JSON: {"schema": Problem.model_json_schema()}}
_OTHER_ANSWERS: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client has it, as If-None-Match says."},
    400: {"description": "At least one parameter is not valid; `errors` names all of them.", "content": _PROBLEM},
    404: {"description": "There is no such item.", "content": _PROBLEM},
    405: {"description": "Only GET and HEAD are allowed.", "content": _PROBLEM},
    503: {"description": "The database does not answer, or is not migrated.", "content": _PROBLEM},
    # with this FastAPI does not announce its own 422, which is never sent
    "default": {"description": "Any other error.", "content": _PROBLEM},
}


def other_answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can also answer with `statuses`."""
    keys: list[int | str] = [*statuses, "default"]
    return {key: _OTHER_ANSWERS[key] for key in keys}


class ExactRoute(APIRoute):
    """A route whose pattern ends where the path ends.

    Starlette's ends in `$`, which also matches before a newline at the end: `/api/items/%0A` would be `/api/items/`.
    """

    @property
    def query_names(self) -> frozenset[str]:
        """The parameters of the query that this route takes, which it declares as a model."""
        return frozenset(_query_names(self.dependant))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match as Starlette does, but never a path that ends in a newline."""
        if scope["path"].endswith("\n"):
            return Match.NONE, {}
        return super().matches(scope)


def _query_names(dependant: Dependant) -> Iterator[str]:
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from model.model_fields
    for each in dependant.dependencies:
        yield from _query_names(each)
