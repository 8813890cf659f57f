"""Read the JSON body of a request, and say of everything that is wrong in it where it is."""

from typing import Any

from rest_framework.request import Request
from rest_framework.serializers import Serializer
from triptych_shared import strict_json

from accounts.refusals import invalid_body

LONGEST = 8192
NAME_SHOWN = 64


def read_body(request: Request, form: type[Serializer[Any]]) -> dict[str, str]:
    """Return the members of the body, all of them strings, as `form` has validated them. Raises Refused."""
    value = _json(request)
    if not isinstance(value, strict_json.Object):
        raise invalid_body(400, {"body": ["must be an object"]})
    known = form().fields.keys()
    errors = {name[:NAME_SHOWN]: ["is not known here"] for name in sorted(value.keys() - known)}
    errors |= {name: ["must be a string"] for name in known & value.keys() if not isinstance(value[name], str)}
    errors |= {name[:NAME_SHOWN]: ["is given more than once"] for name in sorted(value.repeated)}
    validated = form(data=value)
    if not validated.is_valid():
        errors = {**validated.errors, **errors}
    if errors:
        raise invalid_body(400, errors)
    return dict(validated.validated_data)


def _json(request: Request) -> Any:
    media_type, _, parameters = request.META.get("CONTENT_TYPE", "").lower().partition(";")
    if media_type.strip() != "application/json" or parameters.strip() not in ("", "charset=utf-8"):
        raise invalid_body(415, {"body": ["must be application/json"]})
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise invalid_body(415, {"body": ["must not be compressed"]})
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST:
        raise invalid_body(413, {"body": [f"must not be longer than {LONGEST} bytes"]})
    try:
        return strict_json.loads(request.body)
    except ValueError as error:
        raise invalid_body(400, {"body": [str(error)]}) from None
