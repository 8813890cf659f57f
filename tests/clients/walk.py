"""A stranger's program on the client that openapi-python-client makes: `walk.py URL CATEGORY USER PASSWORD`.

It prints a line for each step, the same as walk.ts does.
"""

import json
import re
import sys
from collections.abc import Iterator

import httpx
from triptych_client import AuthenticatedClient, Client
from triptych_client.api.admin_django import change_item, create_item, get_token, upsert_items
from triptych_client.api.api_fastapi import get_item, list_items
from triptych_client.api.simple_flask import quote
from triptych_client.models import (
    Bulk,
    BulkRow,
    Credentials,
    InvalidBodyProblem,
    InvalidParameterProblem,
    Item,
    ItemChange,
    ItemWrite,
    NotFoundProblem,
    PercentageDiscount,
    PreconditionFailedProblem,
    Quote,
    QuoteRequest,
    QuoteRequestLine,
    Report,
    Tokens,
    UnauthenticatedProblem,
)

PATIENCE = httpx.Timeout(60)  # for a machine that has much else to do


def walk(url: str, category: str, user: str, password: str) -> None:
    """Write, be refused, write again, turn pages, write many, ask for a quote, make mistakes, and listen."""
    stranger = Client(base_url=url, timeout=PATIENCE)
    forged = AuthenticatedClient(base_url=url, token="of.my.own", timeout=PATIENCE)
    refused = create_item.sync(client=forged, body=ItemWrite("Cup", "4.50"))
    assert isinstance(refused, UnauthenticatedProblem)
    tokens = get_token.sync(client=stranger, body=Credentials(user, password))
    assert isinstance(tokens, Tokens)
    client = AuthenticatedClient(base_url=url, token=tokens.access, timeout=PATIENCE)

    cup = create_item.sync(client=client, body=ItemWrite("Cup", "4.50", category=category))
    assert isinstance(cup, Item)
    tell("write", cup.name, cup.price, cup.description, cup.sku)

    price = ItemChange(price="5.00")
    late = change_item.sync_detailed(cup.id, client=client, body=price, if_match='"0"')
    assert isinstance(late.parsed, PreconditionFailedProblem)
    tell("refused", late.status_code, late.parsed.type_.value)
    changed = change_item.sync(cup.id, client=client, body=price, if_match=late.headers["ETag"])
    assert isinstance(changed, Item)
    tell("written", changed.price, changed.version > cup.version)

    tell("pages", *pages(stranger, category))

    rows = [BulkRow("Plate", "7.00", sku=f"{category}-1", category=category), BulkRow("Bowl", "7", sku=f"{category}-2")]
    report = upsert_items.sync(client=client, body=Bulk(rows))
    assert isinstance(report, Report)
    tell("bulk", *([row.status.value, sorted(row.errors.additional_properties)] for row in report.items))

    lines = [QuoteRequestLine(cup.id, 3, discount=PercentageDiscount("10"))]
    quoted = quote.sync(client=stranger, body=QuoteRequest(lines, tax_rate="19"))
    assert isinstance(quoted, Quote)
    tell("quote", quoted.total, [line.name for line in quoted.lines])

    nameless = create_item.sync(client=client, body=ItemWrite("", "4.50"))
    assert isinstance(nameless, InvalidBodyProblem)
    tell("problem", nameless.status.value, nameless.type_.value, sorted(nameless.errors.additional_properties))
    lost = list_items.sync(client=stranger, cursor="nowhere")
    assert isinstance(lost, InvalidParameterProblem)
    tell("problem", lost.status.value, lost.type_.value, sorted(lost.errors.additional_properties))
    absent = get_item.sync(2**63 - 1, client=stranger)
    assert isinstance(absent, NotFoundProblem)
    tell("problem", absent.status.value, absent.type_.value)

    told = events(stranger, category)
    assert "id" in next(told)  # from here on everything is told
    change_item.sync(cup.id, client=client, body=ItemChange(description="Holds tea."))
    event = next(block for block in told if "data" in block)
    tell("event", event["event"], Item.from_dict(json.loads(event["data"])).description)


def pages(client: Client, category: str) -> Iterator[list[str]]:
    """Yield the names on each page, the next of which `Link` names."""
    page = list_items.sync_detailed(client=client, category=category, limit=2)
    while True:
        assert isinstance(page.parsed, list)
        yield [item.name for item in page.parsed]
        more = re.search(r"cursor=([\w-]+)>", page.headers.get("Link", ""))
        if more is None:
            return
        page = list_items.sync_detailed(client=client, category=category, limit=2, cursor=more[1])


def events(client: Client, category: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each block of the stream, but for comments."""
    with client.get_httpx_client().stream("GET", "/api/items/events/", params={"category": category}) as stream:
        fields: dict[str, str] = {}
        for line in stream.iter_lines():
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif "id" in fields:
                yield fields
            if not line:
                fields = {}


def tell(*what: object) -> None:
    """Print one step."""
    print(json.dumps(what))


if __name__ == "__main__":
    walk(*sys.argv[1:])
