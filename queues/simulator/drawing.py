"""The outcomes as a picture: waiting over the day, and operators' loads side by side. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from queues.simulator.outcome import Outcome
from queues.simulator.report import duration

WIDTH, HEIGHT, PLOT_HEIGHT = 860, 660, 210
LEFT, RIGHT, TOP = 70, 20, 64
# Tells apart for people who do not see red and green alike: Okabe and Ito's colours.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
# Seconds, minutes and hours, as clocks have them.
TICKS_S = (
    *(0.25, 0.5, 1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(3600 * hours for hours in (1, 2, 3, 6, 12, 24, 48)),
)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Plot:
    """A rectangle of the picture, with its axes from 0 to these."""

    top: float
    right: float
    most: float

    def place(self, x: float, y: float) -> Point:
        across = (WIDTH - LEFT - RIGHT) * x / (self.right or 1)
        return LEFT + across, self.top + PLOT_HEIGHT * (1 - y / (self.most or 1))


def svg(outcomes: Sequence[Outcome]) -> str:
    """A page of its own; the dashed line is what half waited at most, the whole one 90 %."""
    parts = [*_legend(outcomes), *_waiting(outcomes, TOP + 20), *_loads(outcomes, TOP + 320)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="system-ui, sans-serif" font-size="12" role="img">'
    )
    title = "<title>Waiting over the day and load per operator, by policy</title>"
    paper = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>'
    return "\n".join((head, title, paper, *parts, "</svg>\n"))


def _waiting(outcomes: Sequence[Outcome], top: float) -> Iterator[str]:
    longest = max(
        (waits.p90_s for one in outcomes for waits in one.by_hour if waits is not None), default=0
    )
    plot = _Plot(top, 24, _rounded(longest))
    yield _text(
        LEFT, top - 12, "Waiting by the hour of arrival: 90 % (dashed: half) at most", bold=True
    )
    yield from _grid(plot, [duration(plot.most * part / 4) for part in range(5)])
    for hour in range(0, 25, 3):
        yield _text(*plot.place(hour, 0), f"{hour}:00", below=True)
    for one, colour in _coloured(outcomes):
        for dashed in (False, True):
            points = [
                plot.place(hour + 0.5, waits.p50_s if dashed else waits.p90_s)
                for hour, waits in enumerate(one.by_hour)
                if waits is not None
            ]
            yield _line(points, colour, dashed=dashed)


def _loads(outcomes: Sequence[Outcome], top: float) -> Iterator[str]:
    most = max((load for one in outcomes for load in one.load_of_each), default=0)
    plot = _Plot(top, max((len(one.load_of_each) for one in outcomes), default=1), max(most, 1))
    yield _text(LEFT, top - 12, "Load of each operator, from the least loaded", bold=True)
    yield from _grid(plot, [f"{plot.most * part / 4:.0%}" for part in range(5)])
    yield _text(*plot.place(plot.right / 2, 0), "operators", below=True)
    for one, colour in _coloured(outcomes):
        steps = [
            point
            for place, load in enumerate(one.load_of_each)
            for point in (plot.place(place, load), plot.place(place + 1, load))
        ]
        yield _line(steps, colour)


def _coloured(outcomes: Sequence[Outcome]) -> Iterator[tuple[Outcome, str]]:
    for place, one in enumerate(outcomes):
        yield one, COLOURS[place % len(COLOURS)]


def _legend(outcomes: Sequence[Outcome]) -> Iterator[str]:
    each = (WIDTH - LEFT - RIGHT) / max(1, len(outcomes))
    for place, (one, colour) in enumerate(_coloured(outcomes)):
        x = LEFT + place * each
        yield f'<rect x="{x:.1f}" y="20" width="14" height="14" fill="{colour}"/>'
        yield _text(x + 20, 31, one.name)


def _grid(plot: _Plot, labels: Sequence[str]) -> Iterator[str]:
    for part, label in enumerate(labels):
        x, y = plot.place(0, plot.most * part / (len(labels) - 1))
        yield f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#d4d4d8"/>'
        yield f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(label)}</text>'


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _text(x: float, y: float, text: str, *, bold: bool = False, below: bool = False) -> str:
    look = ' font-weight="600"' if bold else ""
    look += ' text-anchor="middle"' if below else ""
    return f'<text x="{x:.1f}" y="{y + 18 * below:.1f}"{look}>{escape(text)}</text>'


def _rounded(most_s: float) -> float:
    """Four times a span that people count in: a scale that can be read."""
    return next((4.0 * one for one in TICKS_S if 4 * one >= most_s), most_s)
