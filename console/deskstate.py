"""The desk as a file, read out of the database and written into it."""

from collections.abc import Mapping
from datetime import datetime

from console.sessions import enrol
from router import handling
from router.deskfile import DeskState
from router.errors import Invalid, TooLate
from router.events import LineChanged, OperatorChanged
from router.ids import LineId, OperatorId
from router.model import Line
from router.news import DeskNews, OperatorNews
from router.reactions import DISTRIBUTE, TIMERS
from router.staff import Operator, Role
from router.storage import Transaction


async def gathered(tx: Transaction) -> DeskState:
    """All that a file can say of this desk."""
    lines = sorted(await tx.lines.all(), key=lambda one: one.key)
    return DeskState(
        fields=tuple(await tx.cards.fields()),
        calendars=tuple(sorted(await tx.calendars.all(), key=lambda one: one.name)),
        departments=tuple(sorted(await tx.departments.all(), key=lambda one: one.name)),
        operators=tuple(sorted(await tx.operators.all(), key=lambda one: one.email)),
        lines=tuple(lines),
        queues={one.id: tuple(await tx.lines.queue_entries(one.id)) for one in lines},
    )


async def apply(
    tx: Transaction,
    before: DeskState,
    after: DeskState,
    *,
    password_hashes: Mapping[str, str],
    now: datetime,
) -> None:
    """Make the desk from `before`, as the file was compared with, to `after`; nothing is deleted.

    Args:
        tx: Everything happens in it, or nothing.
        before: What `gathered` gave.
        after: What `desk_of` made of it and of a file.
        password_hashes: Of the one-time passwords of the operators who are new, by e-mail.
        now: The current time, UTC.

    Raises:
        TooLate: the desk changed since.
        Invalid: nobody would administer it any more.
    """
    if await gathered(tx) != before:
        raise TooLate("the desk changed meanwhile; look at the difference again")
    if before.operators and not any(map(_administers, after.operators)):
        raise Invalid("the last administrator stays", fields={"role": "is the last one"})
    if after.fields != before.fields:
        await tx.cards.set_fields(after.fields)
    await _calendars(tx, before, after)
    await _operators(tx, before, after, password_hashes=password_hashes, now=now)
    await _departments(tx, before, after)
    touched = await _lines(tx, before, after)
    # A calendar, a deputy or a department concerns lines that the file does not name.
    for line in after.lines:
        tx.lanes.wake(DISTRIBUTE, line.id, now)
        if line.id in touched or before.calendars != after.calendars:
            await tx.queues.time_again(line.id, at=now)
            tx.lanes.wake(TIMERS, line.id, now)
        if line.id in touched:
            tx.record.emit(LineChanged(at=now, line_id=line.id))
            await tx.access.audit("line_changed", at=now, subject_id=line.id, data={"by": "file"})
    tx.record.tell(DeskNews())


def _administers(one: Operator) -> bool:
    return one.active and one.role is Role.ADMINISTRATOR


async def _calendars(tx: Transaction, before: DeskState, after: DeskState) -> None:
    old = {one.id: one for one in before.calendars}
    for one in after.calendars:
        if one.id not in old:
            await tx.calendars.insert(one)
        elif one != old[one.id]:
            await tx.calendars.save(one)


async def _operators(
    tx: Transaction,
    before: DeskState,
    after: DeskState,
    *,
    password_hashes: Mapping[str, str],
    now: datetime,
) -> None:
    """New ones first: whoever is there may have one of them as a deputy."""
    old: dict[OperatorId, Operator] = {one.id: one for one in before.operators}
    for one in sorted(after.operators, key=lambda one: one.id in old):
        if one.id not in old:
            await enrol(tx, one, password_hash=password_hashes[one.email], now=now)
            await tx.access.audit("operator_added", at=now, subject_id=one.id)
        elif one != old[one.id]:
            await tx.operators.save(one)
            if old[one.id].active and not one.active:
                await tx.access.end_all(one.id)
                await handling.release(tx, one.id, now=now)
            tx.record.emit(OperatorChanged(at=now, operator_id=one.id))
            tx.record.tell(OperatorNews(one.id))
            await tx.access.audit("operator_changed", at=now, subject_id=one.id)


async def _departments(tx: Transaction, before: DeskState, after: DeskState) -> None:
    old = {one.id: one for one in before.departments}
    for one in after.departments:
        if one.id not in old:
            await tx.departments.insert(one)
        elif one != old[one.id]:
            await tx.departments.save(one)


async def _lines(tx: Transaction, before: DeskState, after: DeskState) -> set[LineId]:
    """Those that are new or other than before."""
    old: dict[LineId, Line] = {one.id: one for one in before.lines}
    touched = set()
    for one in after.lines:
        if one.id not in old:
            await tx.lines.insert(one)
        elif one != old[one.id]:
            await tx.lines.save(one)
        elif after.queues.get(one.id) == before.queues.get(one.id):
            continue
        touched.add(one.id)
        if after.queues.get(one.id) != before.queues.get(one.id):
            await tx.lines.set_queue_entries(one.id, after.queues.get(one.id, ()))
    return touched
