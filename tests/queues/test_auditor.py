"""What may never be: `queues.auditor`."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from queues.auditor import (
    LATEST_AUDIT,
    Breach,
    Finding,
    last_findings,
    misloaded,
    set_right,
    write_down,
)
from router import handling
from router.ids import OperatorId
from router.queueing import WHOLE, Queueing, Strategy
from router.staff import Load
from router.states import touched
from router.storage.audit import Held
from router.storage.migrate import migrate
from router.storage.tables.plumbing import counter_deltas, counters
from router.storage.tables.routing import assignments, offers, operator_load
from router.storage.tables.talk import conversations
from tests.queues.floor import OFFERS, Floor

ANNA, BORIS, VERA = (OperatorId(UUID(int=n)) for n in (1, 2, 3))
PUSH = Queueing(auto_accept=True)


async def damage(floor: Floor, statement: sa.Executable) -> None:
    async with floor.storage.transaction() as tx:
        await tx.connection.run(statement)


def set_conversation(**values: Any) -> sa.Update:
    return sa.update(conversations).values(**values)


async def test_desk_in_order_gives_no_finding(each_floor: Floor) -> None:
    push, offer = await each_floor.line(PUSH), await each_floor.line()
    anna = await each_floor.operator(push, cap=2)
    await each_floor.operator(offer, cap=1)
    held, closed, *_ = await each_floor.writes(push, count=4)
    await each_floor.writes(offer, count=2)
    await each_floor.distribute()
    now = each_floor.clock.now()
    async with each_floor.storage.transaction() as tx:
        await handling.close(tx, closed, anna.id, reason="", now=now)
        await handling.snooze(tx, held, anna.id, until=now + timedelta(hours=1), now=now)
    assert await each_floor.audit() == []


@pytest.mark.parametrize(
    ("statement", "breach"),
    [
        (set_conversation(look_again_at=None), Breach.ORPHANED),
        (set_conversation(state="open"), Breach.ORPHANED),
    ],
)
async def test_who_waits_without_a_time_is_an_orphan(
    each_floor: Floor, statement: sa.Update, breach: Breach
) -> None:
    [id_] = await each_floor.writes(await each_floor.line())
    await each_floor.distribute()
    await damage(each_floor, statement)
    assert Finding(breach, 1, (id_,)) in await each_floor.audit()


async def test_who_was_not_looked_at_in_time_is_forgotten(each_floor: Floor) -> None:
    [waits] = await each_floor.writes(await each_floor.line())
    line = await each_floor.line()
    await each_floor.operator(line)
    [offered] = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.clock.advance(599)
    assert Finding(Breach.FORGOTTEN, 1, (offered,)) in await each_floor.audit()
    await each_floor.clock.advance(2)
    both = tuple(sorted((waits, offered)))
    assert Finding(Breach.FORGOTTEN, 2, both) in await each_floor.audit()


async def test_what_fell_due_while_nobody_worked_is_not_forgotten_yet(each_floor: Floor) -> None:
    [waits] = await each_floor.writes(await each_floor.line())
    await each_floor.distribute()
    await each_floor.clock.advance(3600)
    started_at = each_floor.clock.now()
    assert await each_floor.audit(working_since=started_at) == []
    await each_floor.clock.advance(299)
    assert await each_floor.audit(working_since=started_at) == []
    await each_floor.clock.advance(1)
    assert await each_floor.audit(working_since=started_at) == [
        Finding(Breach.FORGOTTEN, 1, (waits,))
    ]


@pytest.mark.parametrize(
    "statement",
    [
        set_conversation(owner_id=ANNA),
        set_conversation(state="closed"),
        sa.update(assignments).values(to_at=sa.literal_column("from_at")),
    ],
)
async def test_two_owners_are_one_too_many(each_floor: Floor, statement: sa.Executable) -> None:
    line = await each_floor.line(PUSH)
    await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await damage(each_floor, statement)
    assert Finding(Breach.OWNER_DIFFERS, 1, (id_,)) in await each_floor.audit()


@pytest.mark.parametrize(
    "statement",
    [
        set_conversation(offered_to=ANNA),
        set_conversation(state="waiting"),
        sa.update(offers).values(state="withdrawn"),
    ],
)
async def test_offer_that_nobody_holds_is_found(
    each_floor: Floor, statement: sa.Executable
) -> None:
    line = await each_floor.line()
    await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await damage(each_floor, statement)
    assert Finding(Breach.OFFER_DIFFERS, 1, (id_,)) in await each_floor.audit()


@pytest.mark.parametrize(
    "statement",
    [
        set_conversation(asked=[]),
        set_conversation(asked=[str(ANNA)]),
        sa.update(offers).values(weight=1),
        sa.update(offers).values(return_to=ANNA),
    ],
)
async def test_what_several_are_asked_is_compared(
    each_floor: Floor, statement: sa.Executable
) -> None:
    line = await each_floor.line(replace(OFFERS, strategy=Strategy.BROADCAST))
    for _ in range(2):
        await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert await each_floor.audit() == []
    await damage(each_floor, statement)
    assert Finding(Breach.OFFER_DIFFERS, 1, (id_,)) in await each_floor.audit()


async def test_what_is_pinned_to_nobody_is_found(each_floor: Floor) -> None:
    [id_] = await each_floor.writes(await each_floor.line())
    await damage(each_floor, set_conversation(pinned=True))
    assert await each_floor.audit() == [Finding(Breach.PIN_DIFFERS, 1, (id_,))]


async def test_what_is_merged_and_not_closed_is_found(each_floor: Floor) -> None:
    line = await each_floor.line()
    one, other = await each_floor.writes(line), await each_floor.writes(line)
    await damage(
        each_floor,
        sa.update(conversations).where(conversations.c.id == one[0]).values(merged_into=other[0]),
    )
    assert await each_floor.audit() == [Finding(Breach.MERGED_AND_OPEN, 1, (one[0],))]


async def test_split_that_does_not_part_the_thread_is_found(each_floor: Floor) -> None:
    first, later = await each_floor.writes(await each_floor.line(), count=2)
    assert await each_floor.audit() == []
    split_off = sa.update(conversations).where(conversations.c.id == later)
    await damage(each_floor, split_off.values(split_from=first))
    assert await each_floor.audit() == [Finding(Breach.SPLIT_DIFFERS, 1, (later,))]


async def test_load_that_is_not_what_is_held_is_found(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    await each_floor.writes(line)
    await each_floor.distribute()
    await damage(each_floor, sa.update(operator_load).values(open_count=2))
    assert await each_floor.audit() == [Finding(Breach.LOAD_DIFFERS, 1, (anna.id,))]


def test_load_is_compared_for_everybody_who_has_any() -> None:
    one = Held(1, WHOLE)
    full = Load(ANNA, open_count=1, offered_count=1, open_weight=WHOLE, offered_weight=WHOLE)
    loads = [full, Load(BORIS)]
    assert misloaded(loads, held={ANNA: one}, held_out={ANNA: one}) == []
    assert misloaded(loads, held={ANNA: Held(2, 2 * WHOLE)}, held_out={}) == [ANNA]
    assert misloaded(loads, held={ANNA: Held(1, 0)}, held_out={ANNA: one}) == [ANNA]
    assert misloaded(loads, held={ANNA: one, BORIS: one}, held_out={ANNA: one}) == [BORIS]
    assert misloaded(loads, held={ANNA: one}, held_out={ANNA: one, VERA: one}) == [VERA]


# --- read by another process --------------------------------------------------------------


async def last(floor: Floor, *, asking_since: datetime | None = None) -> list[Finding]:
    now = floor.clock.now()
    async with floor.storage.reading() as tx:
        return await last_findings(tx, now=now, asking_since=asking_since or now - 2 * LATEST_AUDIT)


async def test_what_was_found_is_read_as_it_was_written_down(each_floor: Floor) -> None:
    findings = [Finding(Breach.ORPHANED, 30, (ANNA, BORIS)), Finding(Breach.LOAD_DIFFERS, 1, ())]
    for kept in (findings[:1], findings, []):
        async with each_floor.storage.transaction() as tx:
            await write_down(tx, kept, now=each_floor.clock.now())
        assert await last(each_floor) == kept


async def test_that_nobody_audits_is_found_too(each_floor: Floor) -> None:
    assert await last(each_floor) == [Finding(Breach.NOT_AUDITED, 1, ())]
    async with each_floor.storage.transaction() as tx:
        await write_down(tx, [], now=each_floor.clock.now())
    each_floor.clock.move(LATEST_AUDIT.total_seconds())
    assert await last(each_floor) == []
    each_floor.clock.move(1)
    assert await last(each_floor) == [Finding(Breach.NOT_AUDITED, 1, ())]


async def test_a_desk_that_has_just_started_needs_no_audit_yet(each_floor: Floor) -> None:
    started_at = each_floor.clock.now()
    each_floor.clock.move(LATEST_AUDIT.total_seconds())
    assert await last(each_floor, asking_since=started_at) == []


@pytest.mark.parametrize("kind", ["waiting", "all", "at_risk", "late"])
async def test_wrong_number_is_found_and_set_right(each_floor: Floor, kind: str) -> None:
    line, other = await each_floor.line(PUSH), await each_floor.line(PUSH)
    [id_] = await each_floor.writes(line)
    await each_floor.writes(other, count=2)
    await each_floor.distribute()
    seen, now = await each_floor.see(id_), each_floor.clock.now()
    async with each_floor.storage.transaction() as tx:
        await tx.change(seen, touched(seen, warned_at=now))
    assert await each_floor.audit() == []
    async with each_floor.storage.transaction() as tx:
        tx.record.move({f"{kind}:{line.id}": 3})
        await tx.record.fold_counters()
    findings = await each_floor.audit()
    assert findings == [Finding(Breach.COUNT_DIFFERS, 1, (line.id,))]
    # Two workers find it at the same time.
    await asyncio.gather(*(set_right(each_floor.storage, findings) for _ in range(2)))
    assert await each_floor.audit() == []
    async with each_floor.storage.reading() as tx:
        [load] = await tx.board.lines([line.id])
    assert (load.waiting, load.open, load.at_risk, load.late) == (1, 0, 1, 0)


async def test_kept_numbers_begin_with_what_is_open_already(each_floor: Floor) -> None:
    """As after the deploy that keeps them."""
    line = await each_floor.line(PUSH)
    await each_floor.operator(line, cap=1)
    ids = await each_floor.writes(line, count=4)
    await each_floor.distribute()
    now = each_floor.clock.now()
    async with each_floor.storage.transaction() as tx:
        for one in (await tx.conversations.many(ids[:3])).values():
            late_at = now if one.id == ids[0] else None
            await tx.change(one, touched(one, warned_at=now, breached_at=late_at))
    promised = [f"{kind}:{line.id}" for kind in ("at_risk", "late")]
    for table in (counters, counter_deltas):
        await damage(each_floor, sa.delete(table).where(table.c.key.in_(promised)))
    await migrate(each_floor.desk.url, down_to="0018")
    await migrate(each_floor.desk.url)
    async with each_floor.storage.reading() as tx:
        assert await tx.record.counts(promised) == dict(zip(promised, (2, 1), strict=True))
    assert await each_floor.audit() == []
