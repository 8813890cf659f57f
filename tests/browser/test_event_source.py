"""A stock EventSource outlives the service that it follows."""

from pathlib import Path

import psycopg
from playwright.sync_api import Browser

from stack import ports
from tests import nginxes
from tests.browser.visitor import Visitor
from tests.wait import until

FOLLOW = """id => {
    window.following = [0, 1, 2, 3].map(() => {
        const source = new EventSource(`/api/items/events/?ids=${id}`);
        source.opened = 0;
        source.names = [];
        source.addEventListener("open", () => source.opened++);
        source.addEventListener("changed", ({ data }) => source.names.push(JSON.parse(data).name));
        return source;
    });
}"""
STATE = "() => window.following.map(({ readyState, opened, names }) => [readyState, opened, names])"
OPEN, CLOSED = 1, 2

State = list[tuple[int, int, list[str]]]


def test_it_comes_back_after_a_restart_and_misses_nothing(
    browser: Browser, url: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """What is restarted is an nginx between a gateway of the test's own and the system, and stands for api-fastapi."""
    row = database.execute("INSERT INTO items (name, description, price) VALUES ('A', '', 1) RETURNING id").fetchone()
    assert row is not None
    item, port = row[0], ports.free_base()

    def rename(name: str) -> None:
        database.execute("UPDATE items SET name = %s WHERE id = %s", (name, item))

    with nginxes.gateway(tmp_path, f"127.0.0.1:{port}") as own, Visitor(browser, own) as visitor:

        def state() -> State:
            now: State = visitor.page.evaluate(STATE)
            assert all(ready != CLOSED for ready, _, _ in now), now
            return now

        visitor.page.goto(f"{own}/favicon.svg")
        with nginxes.in_front_of(url, tmp_path, port):
            visitor.page.evaluate(FOLLOW, item)
            until(lambda: all(ready == OPEN for ready, _, _ in state()), what="all follow")
            rename("before")
            until(lambda: all("before" in names for _, _, names in state()), what="all are told")
        rename("meanwhile")
        until(lambda: all(opened > 1 for _, opened, _ in state()), what="all are told to come again")
        with nginxes.in_front_of(url, tmp_path, port):
            until(lambda: any("meanwhile" in names for _, _, names in state()), what="one has missed nothing")
