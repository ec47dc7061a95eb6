"""Who is here, and how many more they can take."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from queues.facts import Candidate
from queues.hours import is_open, next_opening
from router.calendars import ALWAYS, Calendar
from router.clock import Clock
from router.errors import Busy
from router.events import StatusChanged
from router.ids import OperatorId
from router.model import State
from router.news import OperatorNews
from router.queueing import Shift
from router.reactions import DISTRIBUTE
from router.staff import Load, Presence, Status
from router.states import touched
from router.storage import Conflict, Storage, Transaction
from router.storage.choosing import FOR_GOOD, Member

REACHABLE = timedelta(seconds=90)
# A telephone that sleeps holds no socket, and shows what is pushed to it all the same.
PUSHED = timedelta(minutes=15)
PATIENCE = timedelta(seconds=90)
BEAT_S = 20.0
# Who was connected when the desk went down was written at most one beat, and its delay, before.
LAST_BEAT = timedelta(seconds=BEAT_S + 5)
LONGEST_RESTART = timedelta(minutes=15)

log = structlog.get_logger(__name__)


def is_reachable(presence: Presence | None, *, now: datetime) -> bool:
    """Whether a console of theirs is connected, or was within the last 90 s; or a device of theirs
    showed a push notice within the last 15 minutes.
    """
    until = presence.reached_until if presence is not None else None
    return until is not None and until > now


def candidate_of(
    member: Member, *, now: datetime, calendar: Calendar = ALWAYS, line_weight: int = 0
) -> Candidate:
    """A member of a queue as the policy sees them. Who never came is off, and holds nothing.

    `calendar` is theirs, `line_weight` what they hold and are offered of the line.
    """
    operator, presence = member.operator, member.presence
    load = member.load or Load(operator.id)
    on_shift = is_on_shift(operator.shift, presence, calendar, now=now)
    return Candidate(
        operator.id,
        position=member.position,
        cap_weight=operator.cap_weight,
        open_weight=load.open_weight,
        offered_weight=load.offered_weight,
        line_weight=line_weight,
        status=presence.status if presence else Status.OFF,
        reachable=is_reachable(presence, now=now),
        active=operator.active,
        on_shift=on_shift,
        on_leave=member.leave_until is not None,
        on_break=presence is not None and presence.break_since is not None,
        next_on_shift=_next_on_shift(member, calendar, now=now, on_shift=on_shift),
        idle_since=load.idle_since,
        given_at=load.given_at,
        turn=member.turn,
        languages=frozenset(operator.languages),
        skills=frozenset(operator.skills),
    )


def is_on_shift(
    shift: Shift, presence: Presence | None, calendar: Calendar, *, now: datetime
) -> bool:
    match shift:
        case Shift.ALWAYS:
            return True
        case Shift.CALENDAR:
            return is_open(calendar, now)
        case Shift.CLOCK:
            return presence is not None and presence.clocked_in_at is not None


def _next_on_shift(
    member: Member, calendar: Calendar, *, now: datetime, on_shift: bool
) -> datetime | None:
    """When their leave or the time until their shift ends; None if nobody can know, or it has."""
    works_by_calendar = member.operator.shift is Shift.CALENDAR
    back = member.leave_until
    if back == FOR_GOOD:
        return None
    if back is not None:
        waits_for_shift = works_by_calendar and not is_open(calendar, back)
        return next_opening(calendar, back) if waits_for_shift else back
    return next_opening(calendar, now) if works_by_calendar and not on_shift else None


def here_at_the_end(everybody: Iterable[Presence], *, now: datetime) -> list[OperatorId]:
    """Who was connected when the desk went down, if that was not long ago."""
    until = {
        one.operator_id: one.reachable_until for one in everybody if one.reachable_until is not None
    }
    last = max(until.values(), default=None)
    if last is None or last < now - LONGEST_RESTART:
        return []
    return sorted(operator for operator, at in until.items() if at >= last - LAST_BEAT)


async def set_status(
    tx: Transaction, operator_id: OperatorId, status: Status, *, now: datetime
) -> None:
    """An operator says that they are available, busy, away or off. Twice is once."""
    before = await tx.presence.get(operator_id)
    if before is not None and before.status is status:
        return
    await tx.presence.set_status(operator_id, status, at=now)
    tx.record.emit(StatusChanged(at=now, operator_id=operator_id, status=status))
    await tell(tx, [operator_id], now=now)


async def pushed(tx: Transaction, operator_id: OperatorId, *, now: datetime) -> None:
    """A device of theirs has shown a push notice: they can be reached for another 15 minutes,
    though no console of theirs is connected. For who never came it changes nothing.
    """
    before = await tx.presence.get(operator_id)
    await tx.presence.push(operator_id, now + PUSHED)
    if before is not None and not is_reachable(before, now=now):
        await tell(tx, [operator_id], now=now)


async def excuse_absence(storage: Storage, *, now: datetime) -> datetime:
    """A start is not an absence: gives until when nobody's counts. To be called at every start.

    Who was here when the desk went down counts as here, and no offer ends, until their consoles
    had time to come back. Where nobody ever was, there is nobody to wait for.
    """

    async def excuse(tx: Transaction) -> int | None:
        everybody = (await tx.presence.all()).values()
        if all(one.reachable_until is None for one in everybody):
            return None
        postponed = await _postpone(tx, until=until)
        await _reach(tx, here_at_the_end(everybody, now=now), now=now, until=until)
        return postponed

    until = now + PATIENCE
    postponed = await storage.run(excuse)
    if postponed is None:
        return now
    log.info("absence_excused", offers_postponed=postponed)
    return until


async def _postpone(tx: Transaction, *, until: datetime) -> int:
    """Let no offer end before then, and show it; gives how many would have."""
    held = await tx.queues.hold(await tx.offers.ending_before(until))
    offered = [one for one in held.values() if one.state is State.OFFERED]
    await tx.offers.postpone([one.id for one in offered], until)
    for conversation in offered:
        await tx.change(conversation, touched(conversation, offer_deadline=until))
    return len(offered)


class Reachability:
    """The console sockets of this process, and the operators whom they reach."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._sockets = Counter[OperatorId]()

    @asynccontextmanager
    async def connected(self, operator_id: OperatorId) -> AsyncIterator[None]:
        """A socket of theirs is open inside this block. Their lines hear of the first one."""
        self._sockets[operator_id] += 1
        try:
            if self._sockets[operator_id] == 1:
                await self._storage.run(lambda tx: self._arrive(tx, operator_id))
            yield
        finally:
            self._sockets[operator_id] -= 1
            if not self._sockets[operator_id]:
                del self._sockets[operator_id]

    async def run(self) -> None:
        """Say every 20 s who is still here, until cancelled."""
        while True:
            await self._clock.sleep(BEAT_S)
            try:
                async with asyncio.timeout(BEAT_S):
                    await self.beat()
            except (Busy, Conflict, TimeoutError) as error:
                log.warning("presence_waits", reason=type(error).__name__)

    async def beat(self) -> None:
        """Everybody with a socket here can be reached for another 90 s."""
        here = sorted(self._sockets)
        if here:
            await self._storage.run(lambda tx: self._stay(tx, here))

    async def _arrive(self, tx: Transaction, operator_id: OperatorId) -> None:
        before = await tx.presence.get(operator_id)
        if before is None or (before.status is Status.OFF and before.reachable_until is None):
            # They come for the first time: available until they say otherwise.
            await set_status(tx, operator_id, Status.AVAILABLE, now=self._clock.now())
        await self._stay(tx, [operator_id])

    async def _stay(self, tx: Transaction, operator_ids: Sequence[OperatorId]) -> None:
        now = self._clock.now()
        await _reach(tx, operator_ids, now=now, until=now + REACHABLE)


async def _reach(
    tx: Transaction, operator_ids: Sequence[OperatorId], *, now: datetime, until: datetime
) -> None:
    """They can be reached until then; the lines of those who could not hear of it."""
    if not operator_ids:
        return
    before = await tx.presence.many(operator_ids)
    await tx.presence.reach(operator_ids, until)
    back = [one for one in operator_ids if not is_reachable(before.get(one), now=now)]
    if back:
        await tell(tx, back, now=now)


async def tell(tx: Transaction, operator_ids: Sequence[OperatorId], *, now: datetime) -> None:
    """Whether these can be given anything is another matter now: their lines look again."""
    tx.record.tell(*(OperatorNews(one) for one in operator_ids))
    for line_id in await tx.queues.shared_with(operator_ids):
        tx.lanes.wake(DISTRIBUTE, line_id, now)
