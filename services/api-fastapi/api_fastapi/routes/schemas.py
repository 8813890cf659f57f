"""The shapes of the responses, for the generated OpenAPI document.

Responses leave as finished bytes that the queries and `item_responses` make; the tests check them against these
models.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Timestamp = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
        json_schema_extra={"format": "date-time"},
    ),
]


class Item(BaseModel):
    """A thing that is sold."""

    model_config = ConfigDict(extra="forbid")

    id: int = Field(ge=1, le=2**63 - 1)
    name: str = Field(min_length=1, max_length=100)
    description: str
    price: str = Field(pattern=r"^(0|[1-9][0-9]{0,7})\.[0-9]{2}$")
    sku: Annotated[str, Field(max_length=64)] | None
    category: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] | None
    version: int = Field(ge=1)
    created_at: Timestamp
    updated_at: Timestamp


class Category(BaseModel):
    """A category with the number of its items, which may be a minute old."""

    model_config = ConfigDict(extra="forbid")

    slug: str = Field(pattern=r"^[a-z0-9-]{1,64}$")
    name: str = Field(min_length=1, max_length=100)
    count: int = Field(ge=0)


class Problem(BaseModel):
    """What every error looks like (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: dict[str, list[str]] | None = None


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Ready(BaseModel):
    """The process can answer reads."""

    status: Literal["ready"]
