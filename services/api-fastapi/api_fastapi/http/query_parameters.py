"""The query string: which parameters a list takes, and what is wrong with them."""

import re
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import unquote_to_bytes

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from api_fastapi.http import cursors
from api_fastapi.http.problems import invalid_parameters

Sort = Literal["id", "-id", "name", "-name", "price", "-price", "updated_at", "-updated_at"]
FILTERS = frozenset({"category", "max_price", "min_price", "q"})

_PRINTABLE = re.compile(rb"[ -~]*")
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def _canonical_integer(value: object) -> object:
    """Refuse what `int` takes and the contract does not: signs, zeros in front, spaces, other scripts' digits."""
    if isinstance(value, str) and not re.fullmatch("[1-9][0-9]{0,2}", value):
        raise PydanticCustomError("form", "must be an integer from 1 to 200")
    return value


def _not_above_maximum(value: str | None, info: ValidationInfo) -> str | None:
    maximum = info.data.get("max_price")
    if value is not None and maximum is not None and Decimal(value) > Decimal(maximum):
        raise PydanticCustomError("price_range", "must not be above max_price")
    return value


def _searchable(value: str | None) -> str | None:
    if value is not None and not 1 <= len(value.strip()) <= 200:
        raise PydanticCustomError("length", "must have 1 to 200 characters")
    return value


def _optional(**schema: object) -> WithJsonSchema:
    """Document a parameter that may be left out as what it is when it is there, not as `null`."""
    return WithJsonSchema({"type": "string", **schema})


_PRICE = r"^[0-9]{1,8}(\.[0-9]{1,2})?$"
_SLUG = r"^[a-z0-9-]{1,64}$"


class ItemQuery(BaseModel):
    """The query of the list, every value as it was sent (decoded): the link to the next page repeats it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, BeforeValidator(_canonical_integer)] = Field(50, ge=1, le=200)
    # its content is judged by `position`, when nothing else is wrong
    cursor: Annotated[str | None, _optional(pattern="^[A-Za-z0-9_-]+$", minLength=1, maxLength=1024)] = None
    q: Annotated[str | None, AfterValidator(_searchable), _optional(minLength=1, maxLength=200)] = None
    category: Annotated[str | None, Field(pattern=_SLUG), _optional(pattern=_SLUG)] = None
    max_price: Annotated[str | None, Field(pattern=_PRICE), _optional(pattern=_PRICE)] = None
    # after max_price, which its validator looks at
    min_price: Annotated[
        str | None, Field(pattern=_PRICE), AfterValidator(_not_above_maximum), _optional(pattern=_PRICE)
    ] = None
    sort: Sort = "id"

    def position(self) -> cursors.Position | None:
        """Return where the page starts, None for the first; raise the problem of another list's cursor."""
        if self.cursor is None:
            return None
        try:
            return cursors.decode(self.cursor, self.sort, cursors.digest(self.filters()))
        except cursors.InvalidCursorError:
            raise invalid_parameters({"cursor": ["is not a cursor of this sort and these filters"]}) from None

    def sent(self) -> dict[str, str]:
        """Return the parameters that were sent, by name."""
        return {name: str(value) for name, value in self.model_dump(exclude_unset=True).items()}

    def filters(self) -> dict[str, str]:
        """Return the filters that were sent, by name."""
        return {name: value for name, value in self.sent().items() if name in FILTERS}


def query_faults(query_string: bytes, known: Collection[str]) -> dict[str, list[str]]:
    """Return what is wrong with a raw query string, by parameter: malformed, unknown and repeated ones.

    Parsers of query strings are lenient, each in its own way: broken escapes stay, bad UTF-8 is replaced, one of two
    values wins. So the raw bytes are looked at, before what a parser made of them.
    """
    faults: dict[str, list[str]] = {}
    seen: set[str] = set()
    for piece in query_string.split(b"&"):
        if not piece:
            continue
        well_formed = _PRINTABLE.fullmatch(piece) and not _BROKEN_ESCAPE.search(piece)
        name, _, value = (unquote_to_bytes(part.replace(b"+", b" ")) for part in piece.partition(b"="))
        decoded = name.decode(errors="replace")
        messages = faults.setdefault(decoded, [])
        if decoded not in known:
            messages.append("is not a parameter of this route")
        elif decoded in seen:
            messages.append("is given more than once")
        if not well_formed or not _is_text(name) or not _is_text(value):
            messages.append("must be percent-encoded UTF-8 without control characters")
        seen.add(decoded)
    return {name: messages for name, messages in faults.items() if messages}


def _is_text(value: bytes) -> bool:
    try:
        return not _CONTROL.search(value.decode())
    except UnicodeDecodeError:
        return False


def refuse_faults(query_string: bytes, known: Collection[str]) -> None:
    """Raise the problem where something is wrong with a raw query string."""
    faults = query_faults(query_string, known)
    if faults:
        raise invalid_parameters(faults)


def merged_errors(
    errors: Iterable[Mapping[str, Any]], query_string: bytes, known: Collection[str]
) -> dict[str, list[str]]:
    """Return every fault of a query with the `known` parameters.

    The model has found `errors`; the raw bytes show the others.
    """
    faults = query_faults(query_string, known)
    merged = dict(faults)
    for found in errors:
        name = str(found["loc"][-1])
        if found["type"] == "extra_forbidden":
            continue  # named above, as the contract decodes it
        if found["type"] == "price_range" and "max_price" in faults:
            continue  # there is no one max_price to compare with
        merged[name] = [*merged.get(name, []), found["msg"]]
    return merged
