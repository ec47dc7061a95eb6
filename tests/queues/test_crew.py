"""What a step goes by, through rows: strategies, the ladder, limits, preferences, hours."""

from dataclasses import replace
from datetime import datetime, timedelta

from queues.distributor import Distributor
from router import handling, steering
from router.calendars import Calendar, Interval
from router.identity import entrust
from router.ids import CalendarId, ConversationId, OperatorId, new_id
from router.model import Contact, ContactKind, Line, State
from router.queueing import (
    WHOLE,
    Capacity,
    Preferences,
    Queueing,
    Rung,
    Shift,
    Sticky,
    Strategy,
    WhenClosed,
)
from router.reactions import CRM
from router.staff import Operator
from tests.queues.floor import Floor

PUSH = Queueing(auto_accept=True)


async def owners(floor: Floor, ids: list[ConversationId]) -> list[OperatorId | None]:
    return [one.owner_id for one in await floor.see_all(ids)]


async def rules(floor: Floor, conversation_id: ConversationId) -> list[str]:
    """What settled the decisions on it, the latest first."""
    async with floor.storage.reading() as tx:
        rows = await tx.decisions.of_conversation(conversation_id, limit=100)
    return [row["rule"] for row in rows]


async def close(floor: Floor, conversation_id: ConversationId) -> None:
    await floor.act(handling.close, conversation_id, None, reason="done")


async def returns(floor: Floor, line: Line, conversation_id: ConversationId) -> ConversationId:
    """Its customer writes again, later, in a new conversation of the same thread."""
    closed = await floor.see(conversation_id)
    again = replace(
        closed,
        id=ConversationId(new_id()),
        state=State.WAITING,
        owner_id=None,
        previous_owner_id=None,
        closed_at=None,
        close_reason=None,
        waiting_since=floor.clock.now(),
        look_again_at=floor.clock.now(),
        rank_at=floor.clock.now(),
        opened_at=floor.clock.now(),
        first_seq=closed.last_seq + 1,
    )
    async with floor.storage.transaction() as tx:
        await tx.conversations.insert(again)
        tx.record.changed(None, again)
        tx.lanes.wake("distribute", line.id, floor.clock.now())
    await floor.distribute()
    return again.id


# --- strategies ----------------------------------------------------------------


async def test_turns_are_stored_and_passing_over_costs_nobody_theirs(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna, boris = await each_floor.operator(line, cap=1), await each_floor.operator(line, cap=9)
    first = await each_floor.writes(line, count=3)
    await each_floor.distribute()
    assert await owners(each_floor, first) == [anna.id, boris.id, boris.id]
    await close(each_floor, first[0])
    await each_floor.distribute(each_floor.start_distributor())
    [next_one] = await each_floor.writes(line)
    await each_floor.distribute(each_floor.start_distributor())
    assert await owners(each_floor, [next_one]) == [anna.id]


async def test_sequential_line_fills_the_first_before_the_second(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, strategy=Strategy.SEQUENTIAL))
    anna, boris = await each_floor.operator(line, cap=2), await each_floor.operator(line)
    ids = await each_floor.writes(line, count=3)
    await each_floor.distribute()
    assert await owners(each_floor, ids) == [anna.id, anna.id, boris.id]


async def test_least_busy_is_who_has_the_smallest_share_taken(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, strategy=Strategy.LEAST_BUSY))
    anna, boris = await each_floor.operator(line, cap=2), await each_floor.operator(line, cap=4)
    ids = await each_floor.writes(line, count=6)
    await each_floor.distribute()
    given = await owners(each_floor, ids)
    assert (given.count(anna.id), given.count(boris.id)) == (2, 4)


async def test_longest_idle_is_who_got_nothing_for_longest(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, strategy=Strategy.LONGEST_IDLE))
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    given = []
    for _ in range(4):
        each_floor.clock.move(1)
        ids = await each_floor.writes(line)
        await each_floor.distribute()
        given += await owners(each_floor, ids)
    assert given == [anna.id, boris.id, anna.id, boris.id]


# --- the ladder ------------------------------------------------------------------


async def test_customer_returns_to_the_operator_who_knows_them(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna, _ = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await close(each_floor, id_)
    again = await returns(each_floor, line, id_)
    assert await owners(each_floor, [again]) == [anna.id]
    assert await rules(each_floor, again) == ["knows_customer"]
    assert await each_floor.audit() == []


async def test_who_is_responsible_comes_before_the_queue_and_moves_no_turn(floor: Floor) -> None:
    line, other = await floor.line(PUSH), await floor.line(PUSH)
    anna = await floor.operator(line)
    vera = await floor.operator(other)
    [known] = await floor.writes(line, responsible_id=vera.id)
    [stranger] = await floor.writes(line)
    await floor.distribute()
    assert await owners(floor, [known, stranger]) == [vera.id, anna.id]


async def test_who_is_full_is_waited_for_and_then_given_up(each_floor: Floor) -> None:
    sticky = Sticky(rungs=(Rung.RESPONSIBLE,), owner_wait_s=60)
    line = await each_floor.line(replace(PUSH, sticky=sticky))
    anna, boris = await each_floor.operator(line, cap=1), await each_floor.operator(line)
    await each_floor.writes(line, responsible_id=anna.id)
    [id_] = await each_floor.writes(line, responsible_id=anna.id)
    await each_floor.distribute()
    assert await rules(each_floor, id_) == ["waiting_for_owner"]
    assert await each_floor.due_in_s() == 60
    await each_floor.clock.advance(60)
    await each_floor.stay(anna, boris)
    await each_floor.distribute()
    assert await owners(each_floor, [id_]) == [boris.id]


async def test_deputy_stands_in_for_who_is_on_leave(each_floor: Floor) -> None:
    sticky = Sticky(rungs=(Rung.RESPONSIBLE, Rung.DEPUTY))
    line, other = await each_floor.line(replace(PUSH, sticky=sticky)), await each_floor.line(PUSH)
    await each_floor.operator(line)
    vera = await each_floor.operator(other)
    gone = await each_floor.operator(other, connected=False, deputy_id=vera.id)
    [id_] = await each_floor.writes(line, responsible_id=gone.id)
    await each_floor.distribute()
    assert await owners(each_floor, [id_]) == [vera.id]


async def test_pinned_conversation_comes_back_to_its_owner(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, sticky=Sticky(rungs=(Rung.PINNED,))))
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    pinned, loose = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    await each_floor.act(steering.pin, pinned, anna.id, pinned=True)
    for id_ in (pinned, loose):
        await close(each_floor, id_)
        await each_floor.act(handling.reopen, id_, boris.id)
    assert (await each_floor.see(pinned)).pinned


async def test_transfer_to_a_line_does_not_come_back_to_who_sent_it(each_floor: Floor) -> None:
    line, other = await each_floor.line(PUSH), await each_floor.line(PUSH)
    anna = await each_floor.operator(line, other)
    boris = await each_floor.operator(other)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert await owners(each_floor, [id_]) == [anna.id]
    await each_floor.act(
        handling.transfer, id_, anna.id, to_operator=None, to_line=other.id, comment=""
    )
    await each_floor.distribute()
    assert await owners(each_floor, [id_]) == [boris.id]
    assert await each_floor.audit() == []


# --- limits ------------------------------------------------------------------------


async def test_heavy_conversations_take_more_of_somebody(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line, cap=3)
    light = await each_floor.writes(line, count=2, weight=50)
    heavy = await each_floor.writes(line, count=2, weight=200)
    await each_floor.distribute()
    assert await owners(each_floor, [*light, *heavy]) == [anna.id, anna.id, anna.id, None]
    load = await each_floor.load(anna)
    assert (load.open_count, load.open_weight) == (3, 300)
    assert await each_floor.audit() == []


async def test_line_gives_one_operator_no_more_than_it_may(each_floor: Floor) -> None:
    few = replace(PUSH, capacity=Capacity(max_per_operator=1))
    line, other = await each_floor.line(few), await each_floor.line(PUSH)
    anna = await each_floor.operator(line, other)
    ids = await each_floor.writes(line, count=2)
    await each_floor.writes(other)
    await each_floor.distribute()
    assert await owners(each_floor, ids) == [anna.id, None]
    assert (await each_floor.load(anna)).open_count == 2


async def test_line_holds_no_more_than_it_may(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, capacity=Capacity(max_open=2)))
    await each_floor.operator(line)
    ids = await each_floor.writes(line, count=3)
    await each_floor.distribute()
    assert [one is None for one in await owners(each_floor, ids)] == [False, False, True]
    assert await rules(each_floor, ids[2]) == ["line_full"]
    await close(each_floor, ids[0])
    await each_floor.distribute()
    assert (await each_floor.see(ids[2])).state is State.OPEN


async def test_some_room_is_kept_for_those_who_return(floor: Floor) -> None:
    line = await floor.line(replace(PUSH, capacity=Capacity(reserved_weight=WHOLE)))
    anna = await floor.operator(line, cap=2)
    strangers = await floor.writes(line, count=2)
    [known] = await floor.writes(line, responsible_id=anna.id)
    await floor.distribute()
    assert await owners(floor, [*strangers, known]) == [anna.id, None, anna.id]


async def test_two_are_not_given_to_one_within_the_gap(each_floor: Floor) -> None:
    line = await each_floor.line(replace(PUSH, min_gap_s=30))
    anna = await each_floor.operator(line)
    ids = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    assert await owners(each_floor, ids) == [anna.id, None]
    assert await each_floor.due_in_s() == 30
    await each_floor.clock.advance(30)
    await each_floor.distribute()
    assert await owners(each_floor, ids) == [anna.id, anna.id]


# --- preferences, hours, shifts -----------------------------------------------------


async def test_language_is_waited_for_then_given_up(each_floor: Floor) -> None:
    preferences = Preferences(by_language=True, fallback_after_s=40)
    line = await each_floor.line(replace(PUSH, preferences=preferences))
    anna = await each_floor.operator(line, languages=("ru",))
    greta = await each_floor.operator(line, cap=1, languages=("de",))
    first, second = await each_floor.writes(line, count=2, language="de")
    await each_floor.distribute()
    assert await owners(each_floor, [first, second]) == [greta.id, None]
    assert await rules(each_floor, second) == ["waiting_for_language"]
    await each_floor.clock.advance(40)
    await each_floor.distribute()
    assert await owners(each_floor, [second]) == [anna.id]


def office(*, opens: int, closes: int) -> Calendar:
    """Open every day between these hours, in Moscow."""
    day = (Interval(opens * 60, closes * 60),)
    week = (day, day, day, day, day, day, day)
    return Calendar(CalendarId(new_id()), "office", "Europe/Moscow", week)


async def a_calendar(floor: Floor, *, opens_in_h: int) -> Calendar:
    """That opens at a full hour so many hours from now, for one hour."""
    moscow_hour = (floor.clock.now().hour + 3 + opens_in_h) % 24
    calendar = office(opens=moscow_hour, closes=moscow_hour + 1)
    async with floor.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
    return calendar


async def lives_by(floor: Floor, line: Line, calendar: Calendar) -> None:
    async with floor.storage.transaction() as tx:
        await tx.lines.save(replace(line, calendar_id=calendar.id))


async def until_distributed(floor: Floor, id_: ConversationId, *, crew: list[Operator]) -> datetime:
    for _ in range(50):
        if (await floor.see(id_)).state is not State.WAITING:
            return floor.clock.now()
        await floor.clock.advance(await floor.due_in_s() or 1)
        await floor.stay(*crew)
        await floor.distribute()
    raise AssertionError("it waits for ever")


async def test_closed_line_distributes_when_it_opens(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    await lives_by(each_floor, line, await a_calendar(each_floor, opens_in_h=2))
    [id_] = await each_floor.writes(line)
    began = each_floor.clock.now()
    await each_floor.distribute()
    assert await rules(each_floor, id_) == ["outside_hours"]
    at = await until_distributed(each_floor, id_, crew=[anna])
    opens = (began + timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
    assert at == opens


async def test_line_that_does_not_mind_the_hours_distributes_at_once(floor: Floor) -> None:
    line = await floor.line(replace(PUSH, when_closed=WhenClosed.DISTRIBUTE))
    await floor.operator(line)
    await lives_by(floor, line, await a_calendar(floor, opens_in_h=2))
    [id_] = await floor.writes(line)
    await floor.distribute()
    assert (await floor.see(id_)).state is State.OPEN


async def test_operator_gets_work_from_the_start_of_their_shift(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    calendar = await a_calendar(each_floor, opens_in_h=1)
    anna = await each_floor.operator(line, shift=Shift.CALENDAR, calendar_id=calendar.id)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    assert await rules(each_floor, id_) == ["nobody_here"]
    at = await until_distributed(each_floor, id_, crew=[anna])
    assert (at.minute, at.second) == (0, 0)


# --- what the CRM has yet to say ------------------------------------------------------


def asking(floor: Floor) -> Distributor:
    """Where somebody works for the CRM, too."""
    return Distributor(floor.storage, floor.clock, patient_until=floor.clock.now(), asks_crm=True)


PHONE = (Contact(ContactKind.PHONE, "+79261234567"),)


async def test_crm_is_given_a_moment_to_say_who_is_responsible(each_floor: Floor) -> None:
    line, other = await each_floor.line(PUSH), await each_floor.line(PUSH)
    anna, vera = await each_floor.operator(line), await each_floor.operator(other)
    [stranger] = await each_floor.writes(line)
    [known] = await each_floor.writes(line, contacts=PHONE)
    customer_id = (await each_floor.see(known)).customer_id
    async with each_floor.storage.transaction() as tx:
        tx.lanes.wake(CRM, customer_id, each_floor.clock.now())
    await each_floor.distribute(asking(each_floor))
    assert await owners(each_floor, [stranger, known]) == [anna.id, None]
    assert await rules(each_floor, known) == ["waiting_for_crm"]
    assert await each_floor.due_in_s() == 3
    await each_floor.act(entrust, customer_id, vera.id)
    await each_floor.distribute(asking(each_floor))
    assert await owners(each_floor, [known]) == [vera.id]


async def test_crm_that_says_nothing_is_not_waited_for_longer(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    [id_] = await each_floor.writes(line, contacts=PHONE)
    async with each_floor.storage.transaction() as tx:
        tx.lanes.wake(
            CRM, (await tx.conversations.many([id_]))[id_].customer_id, each_floor.clock.now()
        )
    await each_floor.distribute(asking(each_floor))
    assert await owners(each_floor, [id_]) == [None]
    await each_floor.clock.advance(3)
    await each_floor.distribute(asking(each_floor))
    assert await owners(each_floor, [id_]) == [anna.id]
