"""The route of the stream."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api_fastapi.events.broadcast import Broadcast
from api_fastapi.events.queries import FollowingDependency
from api_fastapi.events.stream import EventStream
from api_fastapi.routes import ExactRoute, other_answers

router = APIRouter(prefix="/api/items/events", tags=["api-fastapi"], route_class=ExactRoute)


async def _broadcast(request: Request) -> Broadcast:
    broadcast: Broadcast = request.state.broadcast
    return broadcast


BroadcastDependency = Annotated[Broadcast, Depends(_broadcast)]


@router.head(
    "/",
    operation_id="head_events",
    status_code=200,
    response_class=EventStream,
    responses=other_answers(400, 405),
)
@router.get(
    "/",
    operation_id="follow_items",
    status_code=200,
    response_class=EventStream,
    responses=other_answers(400, 405),
)
async def follow_items(following: FollowingDependency, broadcast: BroadcastDependency) -> EventStream:
    """Tell of each change of an item as it happens; `Last-Event-ID` resumes where a stream was cut off."""
    return EventStream(broadcast, following)
