"""The page: tables and plots of one run, as Markdown and SVG, and the figures as JSON."""

import statistics
from collections.abc import Iterable
from pathlib import Path

from bench import peer_servers
from bench.intervals import Estimate
from bench.plots import NAMES, Bar, bars
from bench.results import Compared, Results
from bench.workloads import ALL
from bench.wrk import Window

PAGE = "benchmarks.md"
METHOD = """## How to read this

- One program makes all requests, wrk with one thread and 32 connections, on the same machine: generator, servers and
  Postgres share its processors. So requests per second are those of the whole, and **processor time per request**, of
  everything but the generator, is the steadier figure. "÷" is always Triptych's figure divided by the other one's.
- Two sides of a comparison are measured in windows next to each other, again and again, each time in another order. A
  ratio is the median of the pairs' ratios, with the order-statistic interval of 95 % (where there are too few pairs for
  that: all of them). What else the machine does hits both.
- Triptych is what `make up` starts: one worker of nginx and one of api-fastapi. The peers get {workers} workers, one
  for each processor, with {pool} connections each; "one process" says where they do not.
- Before a peer is measured, an item, pages and searches are compared with Triptych's, as JSON. "Behind nginx" is the
  gateway itself in front of the peer; "its cache" its micro-cache (1 s), for the same `Cache-Control`.
- Lists have 50 items. All peers page by id (`WHERE id > …`), as Triptych's cursors do: with OFFSET a deep page would
  cost them a walk over all before it. Searches use the same index in all.
"""
BEHIND = {
    "mix": "writes go to admin-django, which checks a token, keeps the history and answers with the item; the peers' "
    "route checks nobody and keeps nothing",
}


def write(results: Results, folder: Path) -> Path:
    """Write the page, its plots and the figures into the folder, in place of the last ones; return the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("benchmarks*"):
        old.unlink()
    results.save(folder / "results.json")
    for name, content in plots(results).items():
        (folder / name).write_text(content, encoding="utf-8")
    page = folder / PAGE
    page.write_text(render(results), encoding="utf-8")
    return page


def line(each: Compared) -> str:
    """Return one comparison in one line."""
    return f"{each}: {_estimate(each.by_rate)} by rate, {_estimate(each.by_processor)} by processor time"


def render(results: Results) -> str:
    """Return the page."""
    about = {**results.about, "Other programs had": f"{results.others():.0%} of the machine (median of the windows)"}
    parts = [
        "# Benchmarks",
        _table(("", ""), about.items()),
        "## What was promised",
        _promises(results),
        METHOD.format(workers=peer_servers.WORKERS, pool=peer_servers.POOL),
        *_workloads(results),
        *_staleness(results),
        *_latencies(results),
        *_generator(results),
        "## The peers",
        _table(
            ("", "settings", "measured"),
            ((each.name, each.settings, results.missing.get(each.name, "yes")) for each in peer_servers.PEERS),
        ),
        *_losses(results),
    ]
    return "\n\n".join(parts) + "\n"


def plots(results: Results) -> dict[str, str]:
    """Return the plots by their file's name: for each workload the rates, and the processor time."""
    made = {}
    for workload in ALL:
        names = results.sides(workload.key)
        if len(names) < 2:
            continue
        rates, times = [], []
        for name in names:
            windows = results.windows(name, workload.key)
            found = sorted(window.rate for window in windows)
            rates.append(Bar(name, {"server": statistics.median(found)}, found[0], found[-1]))
            spent = sorted(window.microseconds for window in windows)
            times.append(Bar(name, _groups(windows), spent[0], spent[-1]))
        made[f"benchmarks-{workload.key}.svg"] = bars(workload.title, "requests a second", rates)
        made[f"benchmarks-{workload.key}-time.svg"] = bars(workload.title, "µs of processor time per request", times)
    return made


def _promises(results: Results) -> str:
    rows = []
    for each in results.compared:
        if each.promise:
            value = each.by_rate
            mark = "yes" if each.promise.kept(value.median) else "**no**"
            rows.append((each.promise.says, str(each.promise), _estimate(value), _estimate(each.by_processor), mark))
    for window in results.windows("api-fastapi", "feed")[:1]:
        worst = _middle(each.staleness["p99"] for each in results.windows("api-fastapi", "feed"))
        wanted = "≤ 50 ms"
        says = f"commit → visible, p99, {window.staleness['writes'] / window.seconds:.0f} writes/s"
        rows.append((says, wanted, f"{worst:.0f} ms", "", "yes" if worst <= 50 else "**no**"))
    return _table(("", "wanted [hoped for]", "by rate", "by processor time", "kept"), rows)


def _workloads(results: Results) -> Iterable[str]:
    for workload in ALL:
        names = results.sides(workload.key)
        if len(names) < 2:
            continue
        rows = []
        for name in names:
            windows = results.windows(name, workload.key)
            ratios = [
                each for each in results.compared
                if each.under == (name, workload.key) and each.over[1] == workload.key
            ]  # fmt: skip
            by_rate = "<br>".join(f"{_estimate(each.by_rate)}{_over(each)}" for each in ratios)
            by_time = "<br>".join(_estimate(each.by_processor) for each in ratios)
            spent = _groups(windows)
            parts = ", ".join(f"{NAMES.get(group, group)} {_short(value)}" for group, value in spent.items())
            rate = f"{_middle(window.rate for window in windows):,.0f}"
            rows.append((name, rate, _short(sum(spent.values())), parts, by_rate, by_time))
        yield f"## {workload.title}"
        yield f"![requests a second](benchmarks-{workload.key}.svg)"
        yield f"![processor time per request](benchmarks-{workload.key}-time.svg)"
        head = ("", "requests/s", "µs each", "of which", "Triptych ÷ it, by rate", "by processor time")
        yield _table(head, rows)


def _over(each: Compared) -> str:
    return "" if each.over[0] == "Triptych" else f" ({each.over[0]})"


def _staleness(results: Results) -> Iterable[str]:
    rows = []
    for workload in ALL:
        for name in results.sides(workload.key):
            found = [window.staleness for window in results.windows(name, workload.key) if window.staleness]
            if found:
                numbers = [sum(each[key] for each in found) for key in ("writes", "reads", "back")]
                late = [f"{_middle(each['p99'] for each in found):.0f}", f"{max(each['max'] for each in found):.0f}"]
                rows.append((workload.title, name, *(f"{number:,.0f}" for number in numbers), *late))
    if rows:
        yield "## Staleness"
        yield (
            "A read is stale by the time for which a newer version had been committed when it was sent. Triptych "
            "promises 50 ms (p99) at api-fastapi and three seconds at the gateway, and no step back at api-fastapi."
        )
        head = ("", "", "checked writes", "reads", "went back", "p99 in ms, median of windows", "longest in ms")
        yield _table(head, rows)


def _latencies(results: Results) -> Iterable[str]:
    if results.latencies:
        yield "## Latency"
        yield (
            "Single items by Zipf's law, asked for at a steady rate (open loop) and counted from when each was "
            "due, so that nobody's waiting is left out (coordinated omission). Milliseconds."
        )
        shares = list(next(iter(results.latencies.values())))
        rows = [(name, *(f"{each[key]:.1f}" for key in shares)) for name, each in results.latencies.items()]
        yield _table(("", *shares), rows)


def _generator(results: Results) -> Iterable[str]:
    rows = []
    for name, key in dict.fromkeys(side for each in results.compared for side in (each.over, each.under)):
        windows = results.windows(name, key)
        if name != "pgbench -M prepared":
            own = _middle(window.processor["generator"] / window.requests * 1e6 for window in windows)
            share = _middle(window.processor["generator"] / window.seconds for window in windows)
            rows.append((share, name, key, own, _middle(window.rate for window in windows)))
    rows.sort(reverse=True)
    yield "## The generator's own limit"
    yield (
        "What one thread of wrk could send if it had a processor to itself, beside what was measured: the five cases "
        "in which it had most to do."
    )
    shown = [
        (name, key, f"{own:.1f}", f"{1e6 / own:,.0f}", f"{rate:,.0f}", f"{share:.0%}")
        for share, name, key, own, rate in rows[:5]
    ]
    yield _table(("", "workload", "wrk's µs per request", "its limit/s", "measured/s", "share of a processor"), shown)


def _losses(results: Results) -> Iterable[str]:
    peers = tuple(each.name for each in peer_servers.PEERS)
    lost = [each for each in results.compared if each.by_rate.median < 1 and each.under[0].startswith(peers)]
    yield "## Where a peer is faster"
    if not lost:
        yield "Nowhere in this run, by the median of the rates."
        return
    rows = []
    for each in lost:
        groups = _groups(results.windows(*each.over))
        largest = max(groups, key=lambda name: groups[name])
        share = groups[largest] / sum(groups.values())
        why = f"{share:.0%} of Triptych's time is {NAMES.get(largest, largest)}'s"
        if each.over[1] in BEHIND:
            why += f": {BEHIND[each.over[1]]}"
        elif "cache" in each.under[0]:
            why += "; the peer has the same cache in front, and what is not in it decides"
        rows.append((each.under[0], each.over[1], f"{_estimate(each.by_rate)}{_over(each)}", why))
    yield _table(("", "workload", "Triptych ÷ it", "why"), rows)


def _groups(windows: list[Window]) -> dict[str, float]:
    """Return the median microseconds per request of each group that had any, without the generator."""
    found = {}
    for group in dict.fromkeys(name for window in windows for name in window.processor if name != "generator"):
        value = _middle(w.processor.get(group, 0.0) / max(1, w.requests + w.writes) * 1e6 for w in windows)
        if value >= 0.5:
            found[group] = value
    return found


def _middle(values: Iterable[float]) -> float:
    return statistics.median(values)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _estimate(value: Estimate) -> str:
    digits = 2 if value.median < 10 else 1 if value.median < 100 else 0
    return f"{value.median:.{digits}f} ({value.low:.{digits}f}–{value.high:.{digits}f})"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = list(head)
    lines = [
        first,
        ["---"] * len(first),
        *([cell.replace("\n", " ").replace("|", "/") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(each)} |" for each in lines)
