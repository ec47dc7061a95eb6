"""Days of a line that nobody has lived through: so many customers an hour, so long each. Only reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

from queues.hours import is_open
from queues.simulator.days import HOUR_S, talks_of
from queues.simulator.recorded import people_of, person, staffed
from queues.simulator.scenario import DAY_S, Rates
from queues.simulator.setup import Setup, hours_of
from queues.simulator.world import Span, Spread, Talk, World, spans
from router.calendars import Calendar
from router.queueing import Shift
from router.simulation import Failure, Unlivable
from router.staff import Operator
from router.storage import Transaction

# How much longer or shorter than half of them some are.
SIGMA, GAP = 0.7, Spread(60, 1.0)
TURNS = 4
# How many come at each hour of a usual working day, of each other.
USUAL = (0, 0, 0, 0, 0, 0, 1, 3, 7, 13, 16, 16, 13, 12, 15, 15, 13, 11, 9, 8, 6, 4, 2, 1)


class Flow(StrEnum):
    """When in the open hours of a day customers come."""

    EVEN = "even"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class DrawnDays:
    """`an_hour` customers come in an open hour on average, whom an operator works `handling_s` for.

    Half of them give up waiting within `patience_s`; None: nobody does. A share of them is
    `returning` to somebody whom they know.
    """

    first: date
    days: int
    an_hour: float
    handling_s: float
    flow: Flow = Flow.USUAL
    patience_s: float | None = None
    returning: float = 0.0
    seed: int = 1


async def imagined(
    tx: Transaction, days: DrawnDays, before: Setup, after: Setup
) -> tuple[World, World]:
    """The same days under both. Customers come while the line is open as it is; who works by no
    calendar is there while it is open.

    Raises:
        Unlivable: it is closed on all of these days.
    """
    people = await people_of(tx, [before, after])
    numbers = {one.id: number for number, one in enumerate(people)}
    start = midnight(days.first, before.hours)
    inboxes = [one for one in await tx.inboxes.all() if one.line_id == before.line.id]
    channels = {one.kind: 1.0 for one in inboxes} or {"webchat": 1.0}
    rates = _rates(days, _open_hours(before.hours, start, days.days), channels)
    known = [numbers[one] for one in before.queue]
    talks = tuple(_talks(rates, days, before.hours, start, known))
    shifts = {one.id: await _shift(tx, one, start, days.days) for one in people}

    def under(setup: Setup) -> World:
        hours = tuple(spans(setup.hours, start, days.days * DAY_S))
        standing = [
            person(one, hours if (own := shifts[one.id]) is None else own, numbers)
            for one in people
        ]
        lines, everybody = staffed([setup], standing, numbers)
        return World(
            start=start,
            length_s=days.days * DAY_S,
            lines=lines,
            people=everybody,
            talks=talks,
            timezone=before.hours.timezone,
        )

    return under(before), under(after)


def midnight(day: date, hours: Calendar) -> datetime:
    """The one that it begins with, where the calendar is."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(hours.timezone)).astimezone(UTC)


def _talks(
    rates: Rates, days: DrawnDays, hours: Calendar, start: datetime, known: list[int]
) -> Iterator[Talk]:
    # S311 is about secrets; a comparison needs chance that can be repeated.
    random = Random(days.seed)  # noqa: S311
    for talk in talks_of(rates, 0, days.days, known, random):
        if is_open(hours, start + timedelta(seconds=talk.at_s)):
            yield talk


def _rates(days: DrawnDays, hours: frozenset[int], channels: Mapping[str, float]) -> Rates:
    wanted = USUAL if days.flow is Flow.USUAL else (1,) * 24
    by_hour = [float(wanted[hour]) if hour in hours else 0.0 for hour in range(24)]
    if not sum(by_hour):
        by_hour = [float(hour in hours) for hour in range(24)]
    return Rates(
        per_day=days.an_hour * len(hours),
        by_hour=tuple(by_hour),
        channels=channels,
        returning=days.returning,
        turns=TURNS,
        work=Spread(days.handling_s / TURNS, SIGMA),
        gap=GAP,
        wrap=Spread(0),
        patience=None if days.patience_s is None else Spread(days.patience_s, SIGMA),
    )


def _open_hours(hours: Calendar, start: datetime, days: int) -> frozenset[int]:
    """Of the first day on which it is open: in which hours it is, at least for half of each."""
    for day in range(days):
        midnight = start + timedelta(days=day)
        found = [
            hour
            for hour in range(24)
            if is_open(hours, midnight + timedelta(seconds=(hour + 0.5) * HOUR_S))
        ]
        if found:
            return frozenset(found)
    raise Unlivable("the line is closed on all of these days", Failure.CLOSED)


async def _shift(
    tx: Transaction, operator: Operator, start: datetime, days: int
) -> tuple[Span, ...] | None:
    """None for whoever works by no calendar."""
    if operator.shift is not Shift.CALENDAR:
        return None
    calendar = await hours_of(tx, operator.calendar_id)
    return tuple(spans(calendar, start, days * DAY_S))
