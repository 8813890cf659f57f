"""Read the JSON body of a request, and say of everything that is wrong in it where it is."""

from typing import Any

from catalog.request_json import read_json
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from triptych_shared import strict_json

from accounts.errors import invalid_body

LONGEST = 8192
NAME_SHOWN = 64


def read_body(request: Request, form: type[Serializer[Any]]) -> dict[str, str]:
    """Return the members of the body, all of them strings, as `form` validates them. Raises AuthError, InvalidBody."""
    value = read_json(request, LONGEST)
    if not isinstance(value, strict_json.Object):
        raise invalid_body({"body": ["must be an object"]})
    known = form().fields.keys()
    errors = {name[:NAME_SHOWN]: ["is not known here"] for name in sorted(value.keys() - known)}
    errors |= {name: ["must be a string"] for name in known & value.keys() if not isinstance(value[name], str)}
    errors |= {name[:NAME_SHOWN]: ["is given more than once"] for name in sorted(value.repeated)}
    validated = form(data=value)
    if not validated.is_valid():
        errors = {**validated.errors, **errors}
    if errors:
        raise invalid_body(errors)
    return dict(validated.validated_data)
