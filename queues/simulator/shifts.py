"""When operators were there. Only reads."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from queues.simulator.setup import hours_of
from queues.simulator.world import Span, spans
from router.ids import OperatorId
from router.queueing import Shift
from router.staff import ClockKind, Operator, Status
from router.storage import Transaction


async def spans_of(
    tx: Transaction, operators: Iterable[Operator], *, since: datetime, until: datetime
) -> Mapping[OperatorId, tuple[Span, ...]]:
    """When they said that they were available, within their shift, and were not on leave."""
    wanted = list(operators)
    said = await tx.past.statuses([one.id for one in wanted], until=until)
    return {
        one.id: tuple(await _here(tx, one, said.get(one.id, []), since=since, until=until))
        for one in wanted
    }


async def _here(
    tx: Transaction,
    operator: Operator,
    said: Sequence[tuple[datetime, Status]],
    *,
    since: datetime,
    until: datetime,
) -> list[Span]:
    length_s = (until - since).total_seconds()
    whole: list[Span] = [(0.0, length_s)]
    available = _available(said, since=since, length_s=length_s) if said else whole
    shift = await _shift(tx, operator, since=since, until=until)
    gone = [
        (
            (one.from_at - since).total_seconds(),
            ((one.until_at or until) - since).total_seconds(),
        )
        for one in await tx.leaves.of_operator(operator.id)
    ]
    return without(both(available, shift), gone)


async def _shift(
    tx: Transaction, operator: Operator, *, since: datetime, until: datetime
) -> list[Span]:
    length_s = (until - since).total_seconds()
    match operator.shift:
        case Shift.ALWAYS:
            return [(0.0, length_s)]
        case Shift.CALENDAR:
            return list(spans(await hours_of(tx, operator.calendar_id), since, length_s))
        case Shift.CLOCK:
            worked: dict[ClockKind, list[Span]] = {kind: [] for kind in ClockKind}
            for one in await tx.clock.log(operator.id, since=since, until=until):
                begins = (one.from_at - since).total_seconds()
                ends = ((one.to_at or until) - since).total_seconds()
                worked[one.kind].append((begins, ends))
            return without(worked[ClockKind.WORK], worked[ClockKind.BREAK])


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
