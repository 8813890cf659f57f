"""What all write routes have in common: who may, what is judged when, one transaction with the idempotency key."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from accounts.authentication import BearerAuthentication
from accounts.permissions import HasScope
from django.db import DatabaseError, connection, transaction
from django.http import Http404, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from triptych_shared.sqlstates import ATTEMPTS, SAY_AGAIN

from catalog.models import Item
from catalog.problems import ProblemResponse
from catalog.reads.cursors import LARGEST_ID
from catalog.reads.parameters import NoParameters, read_parameters
from catalog.reads.rendering import CompactJSONRenderer
from catalog.reads.serializers import ItemSerializer
from catalog.request_json import InvalidBody, read_json
from catalog.waiting import sqlstate
from catalog.writes import idempotency
from catalog.writes.errors import Conflict, InvalidWrite, PreconditionFailed
from catalog.writes.serializers import ItemWriteSerializer

READS = {"get", "head"}
READ_AGAIN = "To read it past every cache, send `Cache-Control: no-cache`."


def written(data: Any, status: int = 200, **headers: str) -> HttpResponse:
    """Return the answer to a write; not a Response, because its bytes are kept for the client that asks again."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = CompactJSONRenderer().render(data)
    return HttpResponse(
        body, status=status, content_type="application/json", headers={"Cache-Control": "no-store", **names}
    )


def transactional(handler: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run a view's method in a transaction, together with the idempotency key of the request.

    A refusal rolls the method's changes back and is an answer like others. Two writers who wait for each other are told
    apart by Postgres, which fails one of them; that one is run again, as is one that met a change of the schema.
    """

    @wraps(handler)
    def answer(view: "WriteView", request: Request, **kwargs: Any) -> HttpResponse:
        def write() -> HttpResponse:
            try:
                with transaction.atomic():
                    return handler(view, request, **kwargs)
            except Exception as error:
                refusal: HttpResponse = view.handle_exception(error)  # raises it again when it is none
                return refusal

        for attempt in range(1, ATTEMPTS + 1):
            try:
                return idempotency.once(request, write)
            except DatabaseError as error:
                if attempt == ATTEMPTS or sqlstate(error) not in SAY_AGAIN or connection.in_atomic_block:
                    raise
                connection.close()  # with all that it remembers of the schema
        raise AssertionError("unreachable")

    return answer


class WriteView(GenericAPIView[Any]):
    """Writes, for tokens with the scope; a class beside it in a view's bases may answer GET and HEAD for everybody."""

    authentication_classes: Sequence[type[BaseAuthentication]] = (BearerAuthentication,)
    permission_classes: Sequence[type[BasePermission]] = (HasScope,)
    required_scope = "items:write"
    parser_classes = (JSONParser,)  # only to be described: `read_json` is stricter
    default_response_headers: dict[str, str] = {}
    longest_body = 2**20

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Return none for reads: a token that has expired keeps nobody from reading."""
        return [each() for each in self.authentication_classes] if self._writes() else []

    def get_permissions(self) -> Sequence[Any]:
        return [each() for each in self.permission_classes] if self._writes() else []

    def _writes(self) -> bool:
        request = getattr(self, "request", None)  # None while the documentation is generated
        return request is None or request.method.lower() in set(self.http_method_names) - READS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Judge method, token, id, parameters and key, in this order."""
        method = str(request.method).lower()
        if method in READS & set(self.http_method_names):
            super().initial(request, *args, **kwargs)
            return
        if method not in self.http_method_names:
            self.http_method_not_allowed(request)
        GenericAPIView.initial(self, request, *args, **kwargs)
        if kwargs.get("id", 1) > LARGEST_ID:
            raise Http404("There is no item with so large an id.")
        read_parameters(request, NoParameters)
        idempotency.key_of(request)

    def handle_exception(self, exc: Exception) -> Any:
        """Return the problem for what the services and the body's readers raise."""
        match exc:
            case Conflict():
                return ProblemResponse("conflict", 409, str(exc), exc.errors)
            case InvalidWrite():
                return ProblemResponse("invalid-body", 400, str(exc), exc.errors)
            case PreconditionFailed(item=item):
                headers, current = {"ETag": f'"{item.version}"'}, dict(ItemSerializer(item).data)
                detail = f"Now it is version {item.version}, which is `current`. {READ_AGAIN}"
                return ProblemResponse("precondition-failed", 412, detail, headers=headers, more={"current": current})
            case Item.DoesNotExist():
                return ProblemResponse("not-found", 404, "There is no such item.")
            case InvalidBody():
                return exc.response()
            case idempotency.Mismatch():
                detail = "This Idempotency-Key was used for another request."
                return ProblemResponse("idempotency-mismatch", 422, detail)
        return super().handle_exception(exc)

    def fields(self, request: Request, form: type[ItemWriteSerializer] = ItemWriteSerializer) -> dict[str, Any]:
        """Return the item's fields in the body, as `form` has validated them. Raises InvalidBody, InvalidWrite."""
        try:
            fields: dict[str, Any] = form().run_validation(read_json(request, self.longest_body))
        except ValidationError as error:
            raise InvalidWrite(error.detail) from error  # type: ignore[arg-type]
        return fields

    def item(self, item: Item, status: int = 200, **headers: str) -> HttpResponse:
        """Return the answer that has the item and its tag."""
        return written(ItemSerializer(item).data, status, ETag=f'"{item.version}"', **headers)
