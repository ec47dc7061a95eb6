"""A world out of what lines of this desk have lived through. Only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from queues.simulator.history import talks_of
from queues.simulator.setup import Setup, as_it_is
from queues.simulator.shifts import spans_of
from queues.simulator.world import OpenLine, Person, Span, World, line_id
from router.errors import Invalid
from router.ids import LineId, OperatorId
from router.queueing import Queueing
from router.simulation import Failure, Unlivable
from router.staff import Operator
from router.storage import Transaction
from router.storage.past import PastTalk

MOST_TALKS = 200_000
IMAGINED = "+{number}"


@dataclass(frozen=True, slots=True)
class Lived:
    """What lines lived through, and who was there when; `people` are all who may be of use."""

    since: datetime
    until: datetime
    past: Sequence[PastTalk]
    people: Sequence[Operator]
    here: Mapping[OperatorId, tuple[Span, ...]]


async def recorded(tx: Transaction, *keys: str, since: datetime, until: datetime) -> World:
    """Lines' days, with their settings and their queues as they are now.

    Conversations take as long as they took, whoever gets them; who was available then is here.

    Raises:
        Invalid: there is no such line, nothing was opened on them then, or too much.
    """
    known = {one.key: one for one in await tx.lines.all()}
    if not set(keys) <= known.keys():
        raise Invalid("there is no such line", fields={"line": "does not exist"})
    setups = [await as_it_is(tx, known[key]) for key in dict.fromkeys(keys)]
    return world_of(await lived(tx, setups, since=since, until=until), setups)


async def lived(
    tx: Transaction, setups: Sequence[Setup], *, since: datetime, until: datetime
) -> Lived:
    """Raises `Unlivable`: nothing was opened on the lines then, or too much."""
    line_ids = sorted({one.line.id for one in setups})
    past = await tx.past.talks(line_ids, since=since, until=until, most=MOST_TALKS + 1)
    if not past:
        raise Unlivable("nothing was opened on this line then", Failure.NOTHING_RECORDED)
    if len(past) > MOST_TALKS:
        raise Unlivable("there were too many conversations then", Failure.TOO_MANY)
    people = await people_of(tx, setups, past)
    here = await spans_of(tx, people, since=since, until=until)
    return Lived(since, until, past, people, here)


async def people_of(
    tx: Transaction, setups: Sequence[Setup], past: Sequence[PastTalk] = ()
) -> list[Operator]:
    """Who stands in a queue, had a conversation or answers for a customer, and their deputies."""
    everybody = {one.id: one for one in await tx.operators.all()}
    wanted = [one for setup in setups for one in setup.queue]
    for talk in past:
        wanted += [each.operator_id for each in talk.held]
        wanted += [talk.responsible_id] if talk.responsible_id else []
    wanted += [
        deputy for one in dict.fromkeys(wanted) if (deputy := everybody[one].deputy_id) is not None
    ]
    return [everybody[one] for one in dict.fromkeys(wanted)]


def world_of(days: Lived, setups: Sequence[Setup]) -> World:
    """The days under these settings."""
    numbers = {one.id: number for number, one in enumerate(days.people)}
    lines = {one.line.id: number for number, one in enumerate(setups)}
    talks = talks_of(
        days.past,
        lines=lines,
        hours=[one.hours for one in setups],
        operators=numbers,
        since=days.since,
        until=days.until,
    )
    people = [person(one, days.here[one.id], numbers) for one in days.people]
    open_lines, everybody = staffed(setups, people, numbers)
    return World(
        start=days.since,
        length_s=(days.until - days.since).total_seconds(),
        lines=open_lines,
        people=everybody,
        talks=tuple(sorted(talks, key=lambda talk: talk.at_s)),
        timezone=setups[0].hours.timezone,
        # Offers are missed and declined as often as elsewhere: who was asked in vain then would
        # not be asked now.
    )


# --- lines and people -------------------------------------------------------------


def person(operator: Operator, here: tuple[Span, ...], numbers: Mapping[OperatorId, int]) -> Person:
    """Of no queue yet. Who was dismissed is not there."""
    deputy = numbers.get(operator.deputy_id) if operator.deputy_id else None
    return Person(
        operator.name,
        (),
        operator.cap_weight,
        frozenset(operator.languages),
        frozenset(operator.skills),
        here if operator.active else (),
        deputy,
    )


def staffed(
    setups: Sequence[Setup], people: Sequence[Person], numbers: Mapping[OperatorId, int]
) -> tuple[tuple[OpenLine, ...], tuple[Person, ...]]:
    """Lines with their queues, and the people who stand in them.

    An operator whom there is not is like one of the queue, taken by turns.
    """
    everybody, lines = list(people), list[OpenLine]()
    ids = {one.line.id: line_id(number) for number, one in enumerate(setups)}
    for setup in setups:
        queue = [numbers[one] for one in setup.staff]
        for number in range(setup.more if queue else 0):
            like = everybody[queue[number % len(setup.staff)]]
            everybody.append(replace(like, name=IMAGINED.format(number=number + 1), lines=()))
            queue.append(len(everybody) - 1)
        for one in queue:
            place = len(lines)
            everybody[one] = replace(everybody[one], lines=(*everybody[one].lines, place))
        lines.append(_open_line(setup, tuple(queue), ids))
    return tuple(lines), tuple(everybody)


def _open_line(setup: Setup, queue: tuple[int, ...], ids: Mapping[LineId, LineId]) -> OpenLine:
    promised_s = setup.line.sla.targets.first_reply_s
    return OpenLine(
        setup.line.key, _within(setup.line.queueing, ids), setup.hours, promised_s, queue
    )


def _within(queueing: Queueing, ids: Mapping[LineId, LineId]) -> Queueing:
    """The world's lines have ids of their own; what flows over into another is gone."""
    overflow = queueing.overflow
    if overflow is None or overflow.to_line not in ids:
        return queueing
    return replace(queueing, overflow=replace(overflow, to_line=ids[overflow.to_line]))
