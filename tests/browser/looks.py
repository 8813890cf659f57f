"""What is wrong with how a page looks: by axe, and by what is cut off or wider than the screen."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

View = tuple[int, Literal["light", "dark"]]  # the width of the screen in pixels, and the colours

ALL_RULES: dict[str, Any] = {"rules": {"target-size": {"enabled": True}}}  # the one of WCAG 2.2 AA that axe leaves off
# Those whose outcome depends on colours and width: the others find the same everywhere.
OF_VIEWS: dict[str, Any] = {
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "region"],
    }
}
CUT_OFF = Path(__file__).with_name("cut_off.js").read_text(encoding="utf-8")


def faults(page: Page, views: Sequence[View]) -> list[str]:
    """Return what is wrong with the page in each view; it is loaded once, and wholly looked at in the first."""
    page.evaluate(AXE_SCRIPT)  # by the debugger's protocol, to which the page's policy does not apply
    found: list[str] = []
    for number, (width, scheme) in enumerate(views):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours change at once
        found += [f"{width} {scheme}: {cut}" for cut in page.evaluate(CUT_OFF)]
        found += _violations(page, f"{width} {scheme}", OF_VIEWS if number else ALL_RULES)
    return found


def _violations(page: Page, where: str, options: dict[str, Any]) -> Iterator[str]:
    options = {**options, "resultTypes": ["violations"], "preload": False}
    for violation in page.evaluate(f"axe.run({json.dumps(options)})")["violations"]:
        for node in violation["nodes"]:
            yield f"{where}: {violation['id']} at {node['target']}: {node['failureSummary']}"
