"""Every operation of every service conforms to the contract, by generated requests, well-formed and ill-formed."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psycopg
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.bearer import Bearer
from tests.contract.document import PATH
from tests.http_client import HttpClient
from tests.ready import PREFIXES

CONTRACT = schemathesis.openapi.from_path(PATH)
CONTRACT.config.generation.with_security_parameters = False  # the token is a good one
CONTRACT.config.checks.negative_data_rejection.expected_statuses.append("413")  # of a generated megabyte
# One service's own, on the public routes; every other operation is answered by all three frameworks.
TASKS, IDENTITY = "/api/tasks/", "/api/auth/"
BULK = "/api/items/bulk/"
# Has no end: the tests of api-fastapi follow it.
STREAM = "/api/items/events/"
WRITES = {"POST", "PUT", "PATCH", "DELETE"}
MANY = 300

# Left out of schemathesis's checks:
# - positive_data_acceptance: a cursor of the right form that no service wrote, a `q` of white space, prices the wrong
#   way round, an item of a quote that does not exist, a quantity written 3.0 cannot be told by a schema:
#   REFUSED_BY_VALUE says what may be refused in spite of its form
# - unsupported_method, allow_header_conformance: they need the coverage phase; test_parity tries every wrong method
# - those for authentication and for resources that were made or deleted: the services' own tests try these
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
PROBLEMS = {
    400: "invalid-parameter",
    401: "unauthenticated",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "precondition-failed",
    413: "invalid-body",
    415: "invalid-body",
    422: "idempotency-mismatch",
    429: "too-many-requests",
}
# the texts of writes because they may not hold U+0000
REFUSED_BY_VALUE = {"cursor", "q", "min_price", "item", "quantity", "category"}
REFUSED_BY_VALUE |= {"name", "description", "sku", "username", "password", "otp", "refresh"}


@dataclass(frozen=True)
class Target:
    """An operation of a service."""

    service: str
    method: str
    path: str

    @property
    def prefix(self) -> str:
        return "" if self.path.startswith((TASKS, IDENTITY)) or self.method in WRITES else PREFIXES[self.service]


class Own(NamedTuple):
    """Items that generated requests are aimed at, and their category."""

    category: str
    ids: list[int]


def targets() -> Iterator[Target]:
    for result in CONTRACT.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        method = operation.method.upper()
        if operation.path == STREAM:
            continue
        if operation.path.startswith(TASKS):
            services = ["simple-flask"]
        else:
            only_django = method in WRITES or operation.path.startswith(IDENTITY)
            services = ["admin-django"] if only_django else list(PREFIXES)
        for service in services:
            yield Target(service, method, operation.path)


@pytest.fixture
def own(database: psycopg.Connection) -> Own:
    """A few items, so that generated requests find something."""
    category = f"conformance-{secrets.token_hex(6)}"
    database.execute("INSERT INTO categories (slug, name) VALUES (%s, 'Conformance')", (category,))
    rows = database.execute(
        "INSERT INTO items (name, description, price, category) "
        "SELECT 'Conformance ' || n, '', n, %s FROM generate_series(1, 20) n RETURNING id",
        (category,),
    ).fetchall()
    return Own(category, [id for (id,) in rows])


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def generated(target: Target, mode: GenerationMode, count: int, check: Callable[[Case[Any], Any], None]) -> None:
    """Run the check on `count` cases of the operation, the same ones each time."""
    strategy = CONTRACT[target.path][target.method].as_strategy(generation_mode=mode)
    seen = 0

    @seed(20260131)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy, data=st.data())
    def run(case: Case[Any], data: Any) -> None:
        nonlocal seen
        seen += 1
        check(case, data)

    run()
    assert seen >= count or not takes_something(target)


def conforms(
    target: Target,
    mode: GenerationMode,
    count: int,
    url: str,
    own: Own,
    session: requests.Session,
    bearer: Bearer,
) -> None:
    def check(case: Case[Any], data: Any) -> None:
        if mode == GenerationMode.POSITIVE:
            _aim(case, data, own)
        if target.method in WRITES:
            _spare_the_others(case, data, own)
        headers = bearer.headers() if target.method in WRITES and not target.path.startswith(IDENTITY) else {}
        response = case.call(base_url=url + target.prefix, session=session, headers=headers)
        excluded = [response_schema_conformance] if target.method == "HEAD" else []  # it has no body
        if target.path == BULK:
            excluded.append(negative_data_rejection)  # a bad row is rejected in an answer that is 200
        case.validate_response(response, checks=CHECKS, excluded_checks=excluded)
        _promised(target, mode, response)

    generated(target, mode, count, check)


def _aim(case: Case[Any], data: Any, own: Own) -> None:
    """Let most well-formed requests find something: a made-up id or cursor hardly ever does."""
    if "id" in (case.path_parameters or {}) and data.draw(st.integers(0, 3)):
        case.path_parameters["id"] = data.draw(st.sampled_from(own.ids))
    if "cursor" in (case.query or {}) and data.draw(st.integers(0, 3)):
        del case.query["cursor"]
    if "/exports/" in case.path and data.draw(st.integers(0, 9)):
        case.query["category"] = own.category  # all items together are too many to be exported hundreds of times
    body: Any = case.body
    if isinstance(body, dict) and "lines" in body and data.draw(st.integers(0, 3)):
        for line in body["lines"]:
            line["item"] = data.draw(st.sampled_from(own.ids))
            line["quantity"] = int(line["quantity"])


def _spare_the_others(case: Case[Any], data: Any, own: Own) -> None:
    """Keep generated writes off the items that other tests look for."""
    if re.fullmatch("[1-9][0-9]{0,18}", str((case.path_parameters or {}).get("id", ""))):
        case.path_parameters["id"] = data.draw(st.sampled_from(own.ids))


def _promised(target: Target, mode: GenerationMode, response: Response) -> None:
    """Check what holds for every response, and which problem it is."""
    too_large = response.status_code == 413  # which the gateway may see before the service
    assert response.headers["x-served-by"] in ([target.service], ["gateway"] if too_large else None)
    assert "vary" not in response.headers
    if response.status_code >= 400:
        assert response.headers["cache-control"] == ["no-store"]
    if response.status_code >= 400 and target.method != "HEAD":
        problem = response.json()
        assert problem["status"] == response.status_code
        kind = problem["type"].removeprefix("urn:triptych:problem:")
        kinds = {PROBLEMS[response.status_code]} | ({"invalid-body"} if target.method in WRITES else set())
        assert kind in kinds
        if mode == GenerationMode.POSITIVE and response.status_code == 400:
            assert {name.rpartition(".")[2] for name in problem["errors"]} <= REFUSED_BY_VALUE


def takes_something(target: Target) -> bool:
    operation = CONTRACT[target.path][target.method]
    return bool(operation.query or operation.path_parameters or operation.body)


ALL = list(targets())
CASES = [(target, GenerationMode.POSITIVE) for target in ALL] + [
    (target, GenerationMode.NEGATIVE) for target in ALL if takes_something(target)
]
NAMES = [f"{target.service} {target.method} {target.path} {mode.value}" for target, mode in CASES]


@pytest.mark.parametrize(("target", "mode"), CASES, ids=NAMES)
def test_an_operation_conforms(
    target: Target,
    mode: GenerationMode,
    gateway: HttpClient,
    url: str,
    own: Own,
    session: requests.Session,
    bearer: Bearer,
) -> None:
    conforms(target, mode, MANY // 10, url, own, session, bearer)


@pytest.mark.long
@pytest.mark.parametrize(("target", "mode"), CASES, ids=NAMES)
def test_an_operation_conforms_in_many_cases(
    target: Target,
    mode: GenerationMode,
    gateway: HttpClient,
    url: str,
    own: Own,
    session: requests.Session,
    bearer: Bearer,
) -> None:
    conforms(target, mode, MANY, url, own, session, bearer)
