"""Bars, as SVG by hand: requests a second with the range of the windows, and processor time by group."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

COLOURS = {
    "gateway": "#2f6f4f", "api-fastapi": "#1a7f8e", "admin-django": "#7a5fa3", "simple-flask": "#b0a8c0",
    "server": "#c9772b", "postgres": "#47689c",
}  # fmt: skip
NAMES = {"gateway": "nginx", "server": "peer", "postgres": "Postgres"}
LEFT, BAR, STEP, WIDTH = 330, 16, 24, 960


@dataclass(frozen=True)
class Bar:
    """One row: the parts that its length is made of, by group, and the range within which its windows were."""

    name: str
    parts: dict[str, float]
    low: float
    high: float

    @property
    def value(self) -> float:
        return sum(self.parts.values())


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Return a plot with one bar for each row, whose figures stand beside it."""
    longest = max((max(row.value, row.high) for row in rows), default=1.0) or 1.0
    scale = (WIDTH - LEFT - 110) / longest
    groups = [name for name in COLOURS if any(name in row.parts for row in rows)]
    height = 60 + STEP * len(rows) + (26 if len(groups) > 1 else 0)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text x="10" y="24" font-size="16">{escape(title)}</text>',
        f'<text x="{WIDTH - 10}" y="24" text-anchor="end" fill="#555">{escape(unit)}</text>',
    ]
    for number, row in enumerate(rows):
        drawn += _bar(row, 42 + STEP * number, scale)
    if len(groups) > 1:
        drawn += _legend(groups, height - 14)
    return "\n".join([*drawn, "</svg>", ""])


def _bar(row: Bar, top: int, scale: float) -> list[str]:
    weight = ' font-weight="bold"' if row.name.startswith(("Triptych", "api-fastapi")) else ""
    drawn = [f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end"{weight}>{escape(row.name)}</text>']
    x = float(LEFT)
    for group, value in row.parts.items():
        width = value * scale
        drawn.append(
            f'<rect x="{x:.1f}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{COLOURS.get(group, "#888")}">'
            f"<title>{escape(NAMES.get(group, group))}: {value:,.0f}</title></rect>"
        )
        x += width
    low, high, middle = LEFT + row.low * scale, LEFT + row.high * scale, top + BAR / 2
    ends = f"M{low:.1f} {top + 4}v8M{high:.1f} {top + 4}v8"
    drawn.append(f'<path d="M{low:.1f} {middle}H{high:.1f}{ends}" stroke="#111"/>')
    drawn.append(f'<text x="{max(x, high) + 8:.1f}" y="{top + 13}">{row.value:,.0f}</text>')
    return drawn


def _legend(groups: Sequence[str], y: int) -> list[str]:
    drawn, x = [], LEFT
    for group in groups:
        name = NAMES.get(group, group)
        drawn.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{COLOURS[group]}"/>')
        drawn.append(f'<text x="{x + 17}" y="{y}">{escape(name)}</text>')
        x += 40 + 8 * len(name)
    return drawn
