"""The answer to a request: status, headers and body, or the kind of problem."""

import hashlib
import re
from dataclasses import asdict, dataclass

from tests.contract.oracle import cursors, lists, query
from tests.contract.oracle.rows import Catalogue, compact

CACHEABLE = "public, max-age=1, stale-while-revalidate=1, stale-if-error=60"
_TAG = rb'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rb"[ \t]*(?:%b)?[ \t]*(?:,[ \t]*(?:%b)?[ \t]*)*" % (_TAG, _TAG))


@dataclass(frozen=True)
class Answer:
    """What must be equal between frameworks."""

    status: int
    content_type: str | None
    cache_control: str | None
    etag: str | None = None
    link: str | None = None
    body: bytes | None = None
    problem: str | None = None
    errors: frozenset[str] | None = None
    allow: str | None = None


def answer(method: str, target: bytes, if_none_match: str | None, catalogue: Catalogue) -> Answer:
    """Return what a service must answer to the request, judged in the contract's order."""
    path, _, raw_query = target.partition(b"?")
    if re.search(rb"[^\x21-\x7e]", raw_query):
        return _problem(400, "invalid-parameter")  # not HTTP: the gateway's own answer, which names no parameter
    item = re.fullmatch(rb"/api/items/([1-9][0-9]{0,18})/", path)
    if item is None and path not in (b"/api/items/", b"/api/categories/"):
        return _problem(404, "not-found")
    if method not in ("GET", "HEAD"):
        return _problem(405, "method-not-allowed", allow="GET, HEAD")
    if item is not None and int(item[1]) >= 2**63:
        return _problem(404, "not-found")
    known = lists.PARAMETERS if path == b"/api/items/" else frozenset()
    parameters, wrong = query.parse(raw_query, known)
    wrong |= lists.ill_formed(parameters)
    start = None
    if not wrong and "cursor" in parameters:
        start = cursors.decode(parameters["cursor"], parameters.get("sort", "id"), parameters)
        if start is None:
            wrong = {"cursor"}
    if wrong:
        return _problem(400, "invalid-parameter", frozenset(wrong))
    if item is not None:
        rows = [row for row in catalogue.items if row.id == int(item[1])]
        if not rows:
            return _problem(404, "not-found")
        return _found(compact(rows[0].document()), f'"{rows[0].version}"', None, if_none_match)
    if path == b"/api/categories/":
        body = compact(_categories(catalogue))
        return _found(body, _content_tag(body), None, if_none_match)
    page, more = lists.page(catalogue.items, parameters, start)
    link = f'<?{query.encode(lists.link(parameters, page[-1]))}>; rel="next"' if more else None
    body = compact([row.document() for row in page])
    return _found(body, _content_tag(body), link, if_none_match)


def _categories(catalogue: Catalogue) -> list[dict[str, object]]:
    return [asdict(category) for category in sorted(catalogue.categories, key=lambda category: category.slug)]


def _content_tag(body: str) -> str:
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'


def _found(body: str, etag: str, link: str | None, if_none_match: str | None) -> Answer:
    if _names(if_none_match, etag):
        return Answer(304, None, CACHEABLE, etag, link, b"")
    return Answer(200, "application/json", CACHEABLE, etag, link, body.encode())


def _names(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    field = if_none_match.strip(" \t").encode("latin-1")
    if field == b"*":
        return True
    if not _TAGS.fullmatch(field):
        return False
    return any(tag.removeprefix(b"W/") == etag.encode() for tag in re.findall(_TAG, field))


def _problem(status: int, kind: str, errors: frozenset[str] | None = None, allow: str | None = None) -> Answer:
    return Answer(
        status,
        "application/problem+json",
        "no-store",
        problem=f"urn:triptych:problem:{kind}",
        errors=errors,
        allow=allow,
    )
