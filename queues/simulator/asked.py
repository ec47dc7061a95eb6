"""What somebody asks of a simulation, and the two worlds that it compares. Only reads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from queues.simulator.imagined import DrawnDays, imagined, midnight
from queues.simulator.recorded import lived, world_of
from queues.simulator.setup import Setup, as_it_is, hours_of
from queues.simulator.world import World
from router.errors import Invalid
from router.ids import CalendarId, LineId, OperatorId
from router.queueing import Queueing
from router.storage import Transaction


@dataclass(frozen=True, slots=True)
class RecordedDays:
    """From the beginning of the first day to the end of the last, by the line's clock.

    `beside`: other lines of those days, which share operators or take what overflows.
    """

    first: date
    last: date
    beside: tuple[LineId, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """A line set up in another way; `more` operators than there are, or fewer."""

    queueing: Queueing
    calendar_id: CalendarId | None
    first_reply_s: int | None
    operator_ids: tuple[OperatorId, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """One of `recorded` and `drawn` is given."""

    line_id: LineId
    changed: Changed
    recorded: RecordedDays | None = None
    drawn: DrawnDays | None = None


def to_json(asked: Asked) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _shape().dump_python(asked, mode="json")
    return found


def from_json(given: Mapping[str, Any]) -> Asked:
    return _shape().validate_python(given)


@cache
def _shape() -> TypeAdapter[Asked]:
    return TypeAdapter(Asked)


# --- worlds -----------------------------------------------------------------------


async def worlds(tx: Transaction, asked: Asked) -> tuple[World, World]:
    """The same days as the line is, and as it is changed.

    Raises:
        Invalid: there is no such line.
        Unlivable: there is nothing to live through.
    """
    before = await _setup(tx, asked.line_id)
    after = await _changed(tx, before, asked.changed)
    if asked.recorded is not None:
        beside = [await _setup(tx, one) for one in asked.recorded.beside if one != asked.line_id]
        return await _recorded(tx, asked.recorded, [before, *beside], [after, *beside])
    assert asked.drawn is not None, "one of the two is given"
    return await imagined(tx, asked.drawn, before, after)


async def _setup(tx: Transaction, line_id: LineId) -> Setup:
    line = await tx.lines.get(line_id)
    if line is None:
        raise Invalid("there is no such line", fields={"line": "does not exist"})
    return await as_it_is(tx, line)


async def _changed(tx: Transaction, before: Setup, changed: Changed) -> Setup:
    targets = replace(before.line.sla.targets, first_reply_s=changed.first_reply_s)
    line = replace(
        before.line, queueing=changed.queueing, sla=replace(before.line.sla, targets=targets)
    )
    hours = await hours_of(tx, changed.calendar_id)
    return Setup(line, hours, changed.operator_ids, changed.more)


async def _recorded(
    tx: Transaction, days: RecordedDays, before: list[Setup], after: list[Setup]
) -> tuple[World, World]:
    hours = before[0].hours
    since, until = midnight(days.first, hours), midnight(days.last + timedelta(days=1), hours)
    everybody = [replace(before[0], queue=(*before[0].queue, *after[0].queue)), *before[1:]]
    found = await lived(tx, everybody, since=since, until=until)
    return world_of(found, before), world_of(found, after)
