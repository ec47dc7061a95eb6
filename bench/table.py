"""What was measured, as a table for people and as JSON."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from bench.machine import described

RESULTS = Path(__file__).parent / "results"
HEAD = ("What", "Where", "Ours", "Floor", "Ratio", "Goal", "Reached", "Foreign cores", "More")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the speed table. `reached` is None where nothing can be said.

    `foreign_cores` is the most that others used in any run that counts.
    """

    what: str
    where: str
    ours: str
    floor: str = "–"
    ratio: str = "–"
    goal: str = "–"
    reached: bool | None = None
    foreign_cores: float = 0.0
    more: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    chart: str = ""


def chart(
    title: str, across: str, places: Sequence[str], lines: Mapping[str, Sequence[float]]
) -> str:
    """A Mermaid chart with what its lines are beneath, in their order."""
    named = ", ".join(f'"{place}"' for place in places)
    drawn = [f"    line [{', '.join(f'{y:.0f}' for y in ys)}]" for ys in lines.values()]
    most = max(y for ys in lines.values() for y in ys)
    head = (
        f'    title "{title}"',
        f'    x-axis "{across}" [{named}]',
        f"    y-axis 0 --> {most:.0f}",
    )
    told = "; ".join(
        f"{words}: {', '.join(f'{y:,.0f}' for y in ys)}" for words, ys in lines.items()
    )
    return "\n".join(("```mermaid", "xychart-beta", *head, *drawn, "```", "", f"{told}."))


def markdown(rows: Sequence[Row]) -> str:
    lines = [_line(HEAD), _line(["---"] * len(HEAD))]
    for row in rows:
        reached = {True: "yes", False: "**no**", None: "–"}[row.reached]
        foreign = f"{row.foreign_cores:.2f}"
        cells = (row.what, row.where, row.ours, row.floor, row.ratio, row.goal, reached, foreign)
        lines.append(_line((*cells, row.more)))
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def written(rows: Sequence[Row], *, at: datetime, shape: str, folder: Path = RESULTS) -> Path:
    """Write both forms; gives the readable one."""
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{at:%Y-%m-%d-%H%M}-{shape}.md"
    charts = "".join(f"\n{row.chart}\n" for row in rows if row.chart)
    page.write_text(f"{described()}; {at:%Y-%m-%d %H:%M} UTC\n\n{markdown(rows)}{charts}")
    raw = {"at": at, "machine": described(), "rows": [dataclasses.asdict(row) for row in rows]}
    page.with_suffix(".json").write_bytes(orjson.dumps(raw, option=orjson.OPT_INDENT_2))
    return page
