"""The declared routes answer a read as the fast path does, which goes before them and asks the same reader."""

import pytest
from tests.running import Answer, Service, running

from tests.conftest import MakeItem


def compared(answer: Answer) -> tuple[object, ...]:
    """Return what must be equal: all but the date and the request's id."""
    headers = [(name.lower(), value) for name, value in answer.headers.items()]
    return answer.status, sorted(each for each in headers if each[0] not in ("date", "x-request-id")), answer.body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "query", ["", "?category={}", "?limit=2&sort=-name&category={}", "?limit=1&q=thing&category={}"]
)
def test_a_list_and_an_item_are_answered_alike(
    service: Service, database_url: str, make_item: MakeItem, category: str, method: str, query: str
) -> None:
    items = [make_item(f"A thing {number}") for number in range(3)]
    target = "/api/items/" + (query.format(category) if query else f"{items[0]}/")
    with running(database_url, "tests.routes_alone") as routes:
        expected = service.ask(target, method)
        assert expected.status == 200
        for header in ([], [("If-None-Match", expected.headers["etag"] or "")], [("If-None-Match", '"other"')]):
            assert compared(routes.ask(target, method, header)) == compared(service.ask(target, method, header))
