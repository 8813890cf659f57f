"""What a subscriber asks for: the query of the stream, and the id of the last event that it has."""

from typing import Annotated, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api_fastapi.events.event_id import UNKNOWN, InvalidPositionError, StreamPosition

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
    """Which items are wanted; None is all."""

    category: str | None
    ids: frozenset[int] | None


class Subscription(NamedTuple):
    """Which items one stream is about, and from where on; None is from now on."""

    wanted: Filter
    position: StreamPosition | None


def subscription(query: EventQuery, last_event_id: str | None) -> Subscription:
    """Return what the query and the header `Last-Event-ID` ask for."""
    ids = None if query.ids is None else frozenset(map(int, query.ids.split(",")))
    # The header is what a browser sends when it connects again, to the address that it began with.
    last = last_event_id or query.last_event_id
    return Subscription(Filter(query.category, ids), _position(last) if last else None)


def _position(event_id: str) -> StreamPosition:
    """Return the position, or one that is answered with a resync: a browser never tries again after a 400."""
    try:
        return StreamPosition.decode(event_id)
    except InvalidPositionError:
        return UNKNOWN
