"""When operators are there: the clock they come and go by, their breaks, their leaves."""

from datetime import datetime
from uuid import UUID

from queues.presence import tell
from router import handling
from router.clock import Clock
from router.errors import Invalid, NotFound
from router.ids import LeaveId, OperatorId, new_id
from router.reactions import ATTEND
from router.shaping import clean
from router.staff import ClockKind, Leave
from router.storage import Lane, Storage, Transaction


async def clock_in(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> bool:
    """False if they were in already."""
    return await _run(tx, operator_id, ClockKind.WORK, now=now)


async def clock_out(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> bool:
    """Their break ends with it; what they have stays theirs. False if they were not in."""
    return await _stop(tx, operator_id, ClockKind.WORK, now=now)


async def begin_break(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> bool:
    """Raises `Invalid` for who has not clocked in."""
    presence = await tx.presence.get(operator_id)
    if presence is None or presence.clocked_in_at is None:
        raise Invalid("clock in first")
    return await _run(tx, operator_id, ClockKind.BREAK, now=now)


async def end_break(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> bool:
    return await _stop(tx, operator_id, ClockKind.BREAK, now=now)


async def _run(tx: Transaction, operator_id: OperatorId, kind: ClockKind, *, now: datetime) -> bool:
    changed = await tx.clock.start(operator_id, kind, at=now)
    if changed:
        await tell(tx, [operator_id], now=now)
    return changed


async def _stop(
    tx: Transaction, operator_id: OperatorId, kind: ClockKind, *, now: datetime
) -> bool:
    changed = await tx.clock.stop(operator_id, kind, at=now)
    if changed:
        await tell(tx, [operator_id], now=now)
    return changed


# --- leaves ------------------------------------------------------------------------


async def take_leave(
    tx: Transaction,
    operator_id: OperatorId,
    *,
    from_at: datetime,
    until_at: datetime | None,
    reason: str,
    now: datetime,
) -> Leave:
    """From then on they are not there: what they have waits for another. `until_at` None: until it
    is ended.
    """
    if until_at is not None and until_at <= max(from_at, now):
        raise Invalid("a leave ends after it begins", fields={"until_at": "is too early"})
    leave = Leave(LeaveId(new_id()), operator_id, from_at, until_at, reason=clean(reason))
    await tx.leaves.insert(leave)
    tx.lanes.wake(ATTEND, operator_id, max(from_at, now))
    await tell(tx, [operator_id], now=now)
    return leave


async def end_leave(tx: Transaction, leave_id: LeaveId, *, now: datetime) -> bool:
    """One that has not begun never will. False if it was over."""
    leave = await tx.leaves.get(leave_id)
    if leave is None:
        raise NotFound("no such leave")
    if not await tx.leaves.end(leave_id, at=now):
        return False
    await tell(tx, [leave.operator_id], now=now)
    return True


class Attendance:
    """What the time of leaves does, a lane for each operator."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def attend(self, lane: Lane) -> None:
        """Who is on leave now hands over what they have; who is back is told to their lines."""

        async def step(tx: Transaction) -> None:
            operator_id, now = OperatorId(UUID(lane.key)), self._clock.now()
            if operator_id in await tx.leaves.current(now):
                await handling.release(tx, operator_id, now=now)
            await tell(tx, [operator_id], now=now)
            tx.lanes.give_back(lane, due_at=await _next_change(tx, operator_id, now=now))

        await self._storage.run(step)


async def _next_change(
    tx: Transaction, operator_id: OperatorId, *, now: datetime
) -> datetime | None:
    times = [
        at
        for leave in await tx.leaves.of_operator(operator_id)
        for at in (leave.from_at, leave.until_at)
        if at is not None and at > now and not _never_was(leave)
    ]
    return min(times, default=None)


def _never_was(leave: Leave) -> bool:
    """Ended before it began."""
    return leave.until_at is not None and leave.until_at <= leave.from_at
