"""What is compared with what: Triptych with what is possible, with itself, and with each peer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench import peer_servers, servers
from bench import workloads as w
from bench.measuring import PGBENCH, Comparison
from bench.results import Promise
from bench.servers import Target
from stack.layout import Layout
from tests.http_client import Reply


class DifferentError(Exception):
    """A peer answers something else than Triptych; the message says where."""


@contextmanager
def own(layout: Layout, ours: dict[str, Target], quick: bool) -> Iterator[list[Comparison]]:
    """Yield what Triptych is compared with that is no peer."""
    gateway, origin = ours["gateway"], ours["origin"]
    hit, answer = gateway.get(servers.ITEM), origin.get(servers.ITEM)
    with ExitStack() as stack:
        uncached = stack.enter_context(servers.uncached(layout, list(gateway.groups["postgres"])))
        nginx = stack.enter_context(servers.bare_nginx(hit))
        asgi = stack.enter_context(servers.ceiling("bare ASGI on uvicorn", "bare_asgi.py", answer))
        model = stack.enter_context(servers.ceiling("FastAPI response model", "response_model.py", answer))
        found = [
            Comparison((gateway, w.ONE), (nginx, w.ONE), Promise("gateway hit ÷ nginx `return 200`", 0.65, 0.85)),
            Comparison((origin, w.ONE), (asgi, w.ONE), Promise("fast lane hit ÷ bare ASGI", 0.9, 1)),
            Comparison((origin, w.ONE), (model, w.ONE), Promise("fast lane hit ÷ FastAPI response model", 4, 5)),
            Comparison((uncached, w.UNIFORM), (PGBENCH, w.UNIFORM), Promise("uncached items ÷ pgbench", 0.25, 0.37)),
            Comparison((gateway, w.MIX_SQL), (gateway, w.ZIPFIAN), Promise("95/5, SQL writes ÷ pure reads", 0.5, 0.7)),
            Comparison((gateway, w.MIX), (gateway, w.ZIPFIAN), Promise("95/5, HTTP writes ÷ pure reads", 0.5, 0.7)),
            Comparison((origin, w.FEED), (origin, w.ONE)),
        ]
        if not quick:
            found += [
                Comparison((gateway, w.WRITTEN), (gateway, w.ONE)),
                Comparison((origin, w.MIX_SQL), (origin, w.ZIPFIAN)),
                Comparison((gateway, w.ZIPFIAN), (ours["pinned"], w.ZIPFIAN)),
                Comparison((gateway, w.UNIFORM), (ours["pinned"], w.UNIFORM)),
                *(_walk(uncached, walk) for walk in w.WALKS),
            ]
        yield found


def _walk(uncached: Target, walk: str) -> Comparison:
    # one connection: the ratio of the rates is that of the times, turned around
    promise = Promise(f"time of the last page ÷ the first, {walk}", 1.2, below=True)
    return Comparison((uncached, w.at_depth(walk, "first")), (uncached, w.at_depth(walk, "last")), promise)


@contextmanager
def against(
    which: peer_servers.Peer, layout: Layout, ours: dict[str, Target], scene: w.Scene, database_url: str, quick: bool
) -> Iterator[tuple[list[Comparison], list[Target]]]:
    """Yield what Triptych and a peer are compared in, and the peer's servers whose latencies are of interest.

    Raises DifferentError if the peer answers something else.
    """
    gateway, origin, postgres = ours["gateway"], ours["origin"], list(ours["gateway"].groups["postgres"])
    with ExitStack() as stack:
        peer = stack.enter_context(servers.peer(which, peer_servers.WORKERS, database_url, postgres))
        proxied, kept = stack.enter_context(servers.behind_gateway(peer, layout))
        for each in (peer, proxied, kept):
            same_answers(origin, each, scene)
        found = [
            # one server each, then with all that stands before ours
            Comparison((origin, w.ZIPFIAN), (peer, w.ZIPFIAN), Promise(f"zipf reads ÷ {which.name}, no nginx", 5, 10)),
            Comparison(
                (gateway, w.ZIPFIAN), (peer, w.ZIPFIAN), Promise(f"zipf, gateway ÷ {which.name}, no nginx", 5, 10)
            ),
            Comparison((gateway, w.ZIPFIAN), (kept, w.ZIPFIAN)),
            Comparison((gateway, w.SHALLOW), (peer, w.SHALLOW)),
            Comparison((gateway, w.MIX), (peer, w.MIX)),
        ]
        if not quick:
            found += [
                Comparison((gateway, w.UNIFORM), (peer, w.UNIFORM)),
                Comparison((origin, w.UNIFORM), (peer, w.UNIFORM)),
                Comparison((gateway, w.ZIPFIAN), (proxied, w.ZIPFIAN)),
                Comparison((gateway, w.HOTTEST), (peer, w.HOTTEST)),
                Comparison((gateway, w.HOTTEST), (kept, w.HOTTEST)),
                Comparison((gateway, w.DEEP), (peer, w.DEEP)),
                Comparison((gateway, w.MIX_SQL), (peer, w.MIX_SQL)),
                Comparison((gateway, w.WRITTEN), (peer, w.WRITTEN)),
                Comparison((gateway, w.WRITTEN), (kept, w.WRITTEN)),
            ]
            if peer.dialect.search("word") is not None:
                found.append(Comparison((gateway, w.SEARCH), (peer, w.SEARCH)))
        if which.alone and not quick:
            uncached = stack.enter_context(servers.uncached(layout, postgres))
            alone = stack.enter_context(servers.peer(which, 1, database_url, postgres))
            bounds = {"FastAPI + asyncpg": (3.0, 4.0), "Fastify + pg": (1.5, 2.3)}[which.name]
            promise = Promise(f"uncached items ÷ {alone.name}", *bounds)
            found.append(Comparison((uncached, w.UNIFORM), (alone, w.UNIFORM), promise))
            lists = Promise(f"uncached lists of 50 ÷ {alone.name}", 1, 1.4) if which.kind == "node" else None
            found.append(Comparison((uncached, w.DEEP), (alone, w.DEEP), lists))
        yield found, [peer, kept]


def same_answers(ours: Target, theirs: Target, scene: w.Scene) -> None:
    """Raise DifferentError unless an item, a page and a search are the same in both, as JSON."""
    pairs: list[tuple[str, str | None]] = [
        *((_item(ours, number), _item(theirs, number)) for number in (1, 2, scene.count // 2, scene.count)),
        (ours.dialect.page(3), theirs.dialect.page(3)),
        (ours.dialect.page(scene.count // 2), theirs.dialect.page(scene.count // 2)),
    ]
    pairs += [(ours.dialect.search(words) or "", theirs.dialect.search(words)) for words in scene.words[:3]]
    for asked, asks in pairs:
        if asks is None:
            continue
        here, there = ours.get(asked), theirs.get(asks)
        if there.status != 200 or ours.dialect.read(here.body) != theirs.dialect.read(there.body):
            raise DifferentError(f"{theirs.name} answers {asks[:60]} ({there.status}) {_first_difference(there, here)}")


def _first_difference(there: Reply, here: Reply) -> str:
    at = next((n for n, (one, other) in enumerate(zip(there.body, here.body, strict=False)) if one != other), 0)
    return (
        f"with …{there.body[max(0, at - 20) : at + 60]!r} where Triptych has …{here.body[max(0, at - 20) : at + 60]!r}"
    )


def _item(target: Target, number: int) -> str:
    return target.dialect.item().replace("{id}", str(number))
