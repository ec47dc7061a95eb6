"""A world out of what a line of this desk has lived through. Only reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median

from queues.simulator.world import GOLDEN, Habits, OpenLine, Person, Span, Talk, Turn, World, spans
from router.calendars import ALWAYS, Calendar
from router.errors import Invalid
from router.ids import OperatorId
from router.model import Line
from router.queueing import Shift
from router.staff import ClockKind, Operator, Status
from router.storage import Transaction
from router.storage.past import PastTalk

# What is assumed of whom nobody ever answered, on a line on which nobody was.
REPLY_S, HELD_S = 60.0, 600.0


async def recorded(tx: Transaction, key: str, *, since: datetime, until: datetime) -> World:
    """A line's days, with its settings and its queue as they are now.

    Conversations take as long as they took, whoever gets them; who was available then is here.

    Raises:
        Invalid: there is no such line, or nothing was opened on it then.
    """
    line = next((one for one in await tx.lines.all() if one.key == key), None)
    if line is None:
        raise Invalid("there is no such line", fields={"line": "does not exist"})
    past = await tx.past.talks(line.id, since=since, until=until)
    if not past:
        raise Invalid("nothing was opened on this line then")
    calendar = await _hours_of(tx, line)
    people = await _people(tx, line, since=since, until=until)
    numbers = {operator.id: number for number, (operator, _) in enumerate(people)}
    return World(
        start=since,
        length_s=(until - since).total_seconds(),
        lines=(OpenLine(key, line.queueing, calendar, line.sla.targets.first_reply_s),),
        people=tuple(_person(operator, here) for operator, here in people),
        talks=tuple(_talks(past, numbers, since=since, until=until)),
        timezone=calendar.timezone,
        # Offers are missed and declined as often as elsewhere: who was asked in vain then would
        # not be asked now.
        habits=Habits(),
    )


async def _hours_of(tx: Transaction, line: Line) -> Calendar:
    found = await tx.calendars.get(line.calendar_id) if line.calendar_id is not None else None
    return found or ALWAYS


# --- customers ------------------------------------------------------------------


def _talks(
    past: Sequence[PastTalk],
    operators: Mapping[OperatorId, int],
    *,
    since: datetime,
    until: datetime,
) -> Iterable[Talk]:
    customers = {
        id_: number for number, id_ in enumerate(dict.fromkeys(one.customer_id for one in past))
    }
    taken = [_times(one, until=until) for one in past]
    known = [times for times in taken if times is not None]
    usual = (
        median([one for one, _ in known] or [REPLY_S]),
        median([one for _, one in known] or [HELD_S]),
    )
    for number, (one, times) in enumerate(zip(past, taken, strict=True)):
        reply_s, held_s = times or usual
        yield Talk(
            at_s=(one.opened_at - since).total_seconds(),
            line=0,
            turns=(Turn(delay_s=reply_s),),
            channel=one.channel,
            customer=customers[one.customer_id],
            language=one.language,
            skills=frozenset(one.skills),
            responsible=operators.get(one.responsible_id) if one.responsible_id else None,
            wrap_s=max(0.0, held_s - reply_s),
            chance=number * GOLDEN % 1,
        )


def _times(one: PastTalk, *, until: datetime) -> tuple[float, float] | None:
    """How long its operator took to reply, and had it in all; None if nobody ever had it."""
    if not one.held:
        return None
    held_s = sum(max(0.0, ((ended or until) - began).total_seconds()) for began, ended in one.held)
    replied_at = one.first_reply_at or one.held[0][0]
    return max(0.0, (replied_at - one.held[0][0]).total_seconds()), held_s


# --- operators --------------------------------------------------------------------


async def _people(
    tx: Transaction, line: Line, *, since: datetime, until: datetime
) -> list[tuple[Operator, tuple[Span, ...]]]:
    everybody = {one.id: one for one in await tx.operators.all() if one.active}
    members = [everybody[id_] for id_ in await tx.lines.queue(line.id) if id_ in everybody]
    said = await tx.past.statuses([one.id for one in members], until=until)
    return [
        (one, tuple(await _here(tx, one, said.get(one.id, []), since=since, until=until)))
        for one in members
    ]


def _person(operator: Operator, here: tuple[Span, ...]) -> Person:
    return Person(
        operator.name,
        (0,),
        operator.cap_weight,
        frozenset(operator.languages),
        frozenset(operator.skills),
        here,
    )


async def _here(
    tx: Transaction,
    operator: Operator,
    said: Sequence[tuple[datetime, Status]],
    *,
    since: datetime,
    until: datetime,
) -> list[Span]:
    """When they said that they were available, within their shift."""
    length_s = (until - since).total_seconds()
    whole: list[Span] = [(0.0, length_s)]
    available = _available(said, since=since, length_s=length_s) if said else whole
    match operator.shift:
        case Shift.ALWAYS:
            return available
        case Shift.CALENDAR:
            calendar = (
                await tx.calendars.get(operator.calendar_id) if operator.calendar_id else None
            )
            return both(available, list(spans(calendar or ALWAYS, since, length_s)))
        case Shift.CLOCK:
            worked: dict[ClockKind, list[Span]] = {kind: [] for kind in ClockKind}
            for one in await tx.clock.log(operator.id, since=since, until=until):
                begins = (one.from_at - since).total_seconds()
                ends = ((one.to_at or until) - since).total_seconds()
                worked[one.kind].append((begins, ends))
            there = both(worked[ClockKind.WORK], whole)
            return both(available, without(there, worked[ClockKind.BREAK]))


def _available(
    said: Sequence[tuple[datetime, Status]], *, since: datetime, length_s: float
) -> list[Span]:
    times = [(at - since).total_seconds() for at, _ in said] + [length_s]
    found = [
        (max(0.0, begins), min(ends, length_s))
        for (_, status), begins, ends in zip(said, times, times[1:], strict=False)
        if status is Status.AVAILABLE
    ]
    return [(begins, ends) for begins, ends in found if begins < ends]


def both(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What lies in both; each is in order."""
    found = ((max(one[0], other[0]), min(one[1], other[1])) for one in some for other in others)
    return sorted((begins, ends) for begins, ends in found if begins < ends)


def without(some: Sequence[Span], gaps: Sequence[Span]) -> list[Span]:
    """What lies in some and in no gap."""
    left = list(some)
    for gap in gaps:
        outside = [(float("-inf"), gap[0]), (gap[1], float("inf"))]
        left = both(left, outside)
    return left
