"""The page, from made-up windows."""

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from bench import report
from bench.results import Compared, Promise, Results
from bench.wrk import Window

OURS, PEER = ("Triptych", "zipf"), ("Fastify + pg", "zipf")


def window(rate: float, server: str, microseconds: float) -> Window:
    return Window(1.0, int(rate), {server: rate * microseconds / 1e6, "generator": rate * 8e-6}, 0.1)


@pytest.fixture
def results() -> Results:
    pairs = [(window(rate, "gateway", 25), window(rate / 6, "server", 150)) for rate in range(10_000, 17_000, 1_000)]
    stale = Window(1.0, 1000, {"api-fastapi": 0.1, "generator": 0.1}, 0.1, 0, dict.fromkeys(
        ("writes", "reads", "back", "p99", "max"), 7.0))  # fmt: skip
    return Results(
        {"Date": "2026-01-31", "Command": "make bench"},
        [
            Compared(OURS, PEER, Promise("zipf reads ÷ Fastify + pg", 5, 10), pairs),
            Compared(("Triptych", "mix"), ("Fastify + pg", "mix"), None, [(b, a) for a, b in pairs]),
            Compared(("api-fastapi", "feed"), ("api-fastapi", "one"), None, [(stale, pairs[0][0])]),
        ],
        {"Triptych": {"p50": 1.0, "p99": 2.0, "p99.9": 3.0, "max": 4.0}},
        {"PostGraphile": "not installed: there is no npm on PATH"},
    )


def test_the_page_says_what_was_promised_lost_and_missing(results: Results) -> None:
    page = report.render(results)
    assert "| zipf reads ÷ Fastify + pg | ≥ 5 [10] | 6.00 (6.00–6.00) | 6.00 (6.00–6.00) | yes |" in page
    assert "| commit → visible, p99, 7 writes/s | ≤ 50 ms | 7 ms |  | yes |" in page
    lost = page.partition("## Where a peer is faster")[2]
    assert "| Fastify + pg | mix | 0.17 (0.17–0.17) |" in lost
    assert "zipf" not in lost
    assert "not installed: there is no npm on PATH" in page
    assert "10% of the machine" in page


def test_a_promise_that_is_not_kept_is_marked(results: Results) -> None:
    results.compared[0].promise = Promise("zipf reads ÷ Fastify + pg", 7)
    assert "| 6.00 (6.00–6.00) | 6.00 (6.00–6.00) | **no** |" in report.render(results)


def test_every_plot_of_the_page_is_there_and_is_svg(results: Results, tmp_path: Path) -> None:
    page = report.write(results, tmp_path / "report")
    named = [line.partition("](")[2].rstrip(")") for line in page.read_text().splitlines() if line.startswith("![")]
    assert sorted(named) == sorted(path.name for path in page.parent.glob("*.svg"))
    assert named
    for name in named:
        assert ElementTree.parse(page.parent / name).getroot().tag.endswith("svg")


def test_the_figures_are_there_for_programs(results: Results, tmp_path: Path) -> None:
    report.write(results, tmp_path)
    data = json.loads((tmp_path / "results.json").read_text())
    over, under = data["compared"][0]["pairs"][0]
    assert (over["requests"], under["processor"]["server"]) == (10_000, pytest.approx(0.25, rel=0.01))


def test_what_else_lies_in_the_folder_stays(results: Results, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    report.write(results, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
