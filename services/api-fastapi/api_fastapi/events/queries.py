"""What a follower asks for: the query of the stream, and the id that it was told last."""

from typing import Annotated, NamedTuple

from fastapi import Depends, Header, Query, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api_fastapi.events.positions import UNKNOWN, InvalidPositionError, Position
from api_fastapi.parameters import InvalidParametersError, query_faults

PATH = "/api/items/events/"

_IDS = r"^[1-9][0-9]{0,18}(,[1-9][0-9]{0,18}){0,99}$"
_SLUG = r"^[a-z0-9-]{1,64}$"
_EVENT_ID = r"^[A-Za-z0-9_-]{1,1024}$"


def _possible_ids(value: str | None) -> str | None:
    if value is not None and any(int(each) > 2**63 - 1 for each in value.split(",")):
        raise PydanticCustomError("range", "must be ids of items")
    return value


class EventQuery(BaseModel):
    """The query of the stream."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Annotated[str | None, Field(pattern=_SLUG), WithJsonSchema({"type": "string", "pattern": _SLUG})] = None
    ids: Annotated[
        str | None,
        Field(pattern=_IDS),
        AfterValidator(_possible_ids),
        WithJsonSchema({"type": "string", "pattern": _IDS}),
    ] = None
    last_event_id: Annotated[
        str | None, Field(pattern=_EVENT_ID), WithJsonSchema({"type": "string", "pattern": _EVENT_ID})
    ] = None


class Filter(NamedTuple):
    """Which items are followed; None is all."""

    category: str | None
    ids: frozenset[int] | None


class Following(NamedTuple):
    """What one stream is to tell, and from where on; None is from now on."""

    wanted: Filter
    position: Position | None


async def _following(
    request: Request,
    query: Annotated[EventQuery, Query()],
    last_event_id: Annotated[str | None, Header(), WithJsonSchema({"type": "string"})] = None,
) -> Following:
    faults = query_faults(request.scope["query_string"], EventQuery.model_fields)
    if faults:
        raise InvalidParametersError(faults)
    ids = None if query.ids is None else frozenset(map(int, query.ids.split(",")))
    # The header is what a browser sends when it connects again, to the address that it began with.
    told = last_event_id or query.last_event_id
    return Following(Filter(query.category, ids), None if not told else _position(told))


def _position(told: str) -> Position:
    """Return the position, or one that is answered with a resync: a browser never tries again after a 400."""
    try:
        return Position.decode(told)
    except InvalidPositionError:
        return UNKNOWN


FollowingDependency = Annotated[Following, Depends(_following)]
