"""The route of the event stream."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from pydantic import WithJsonSchema

from api_fastapi.events.fanout import EventFanout
from api_fastapi.events.query import EventQuery, Subscription, subscription
from api_fastapi.events.response import EventStreamResponse
from api_fastapi.http.query_parameters import refuse_faults
from api_fastapi.routes.exact_route import ExactRoute, other_answers

router = APIRouter(prefix="/api/items/events", tags=["api-fastapi"], route_class=ExactRoute)


async def _subscription(
    request: Request,
    query: Annotated[EventQuery, Query()],
    last_event_id: Annotated[str | None, Header(), WithJsonSchema({"type": "string"})] = None,
) -> Subscription:
    refuse_faults(request.scope["query_string"], EventQuery.model_fields)
    return subscription(query, last_event_id)


async def _fanout(request: Request) -> EventFanout:
    fanout: EventFanout = request.state.fanout
    return fanout


@router.head(
    "/",
    operation_id="head_events",
    status_code=200,
    response_class=EventStreamResponse,
    responses=other_answers(400, 405),
)
@router.get(
    "/",
    operation_id="follow_items",
    status_code=200,
    response_class=EventStreamResponse,
    responses=other_answers(400, 405),
)
async def follow_items(
    subscription: Annotated[Subscription, Depends(_subscription)], fanout: Annotated[EventFanout, Depends(_fanout)]
) -> EventStreamResponse:
    """Tell of each change of an item as it happens; `Last-Event-ID` resumes where a stream was cut off."""
    return EventStreamResponse(fanout, subscription)
