"""What the distributor keeps: departments, calendars, leaves, shifts, timers, ratings."""

from datetime import timedelta

from hypothesis import given

from router import handling
from router.calendars import ALWAYS
from router.ids import CalendarId, DepartmentId, LeaveId, new_id
from router.model import Conversation, Line
from router.queueing import WHOLE, Scale
from router.staff import ClockEntry, ClockKind, Department, Leave, Load, Operator, QueueEntry
from router.storage.audit import Held
from tests.desk import Desk
from tests.router.storage.test_rows import SEVERAL, undone
from tests.router.storage.values import drawn

TOKEN = b"t" * 32


async def waiting(desk: Desk, line: Line, *who: str) -> list[Conversation]:
    inbox = await desk.inbox(line)
    for one in who:
        await desk.writes(inbox=inbox, who=one)
        desk.clock.move(1)
    return [await desk.conversation(inbox, one) for one in who]


@given(drawn(Operator))
@SEVERAL
async def test_an_operator_comes_back_as_they_were(either_desk: Desk, operator: Operator) -> None:
    operator = Operator(
        **{name: getattr(operator, name) for name in Operator.__slots__ if name != "email"},
        email=f"{operator.id}@example.com",
    )
    async with undone(either_desk) as tx:
        await tx.operators.insert(operator, password_hash=None, must_change_password=False)
        assert await tx.operators.get(operator.id) == operator
        await tx.operators.save(operator)
        assert await tx.operators.get(operator.id) == operator


async def test_a_queue_holds_operators_and_departments(either_desk: Desk) -> None:
    line = await either_desk.line()
    anna, boris, vera = [await either_desk.operator(name) for name in ("Anna", "Boris", "Vera")]
    sales = Department(DepartmentId(new_id()), "Sales", (vera.id, anna.id))
    entries = [QueueEntry(operator_id=boris.id), QueueEntry(department_id=sales.id)]
    async with either_desk.storage.transaction() as tx:
        await tx.departments.insert(sales)
        await tx.lines.set_queue_entries(line.id, entries)
        assert await tx.lines.queue_entries(line.id) == entries
        assert await tx.lines.queue(line.id) == [boris.id, vera.id, anna.id]
        smaller = Department(sales.id, "Sales", (anna.id, boris.id))
        assert await tx.departments.save(smaller) == [line.id]
        assert await tx.departments.all() == [smaller]
        assert await tx.lines.queue(line.id) == [boris.id, anna.id]
        assert await tx.departments.delete(sales.id) == [line.id]
        assert await tx.lines.queue(line.id) == [boris.id]
        await tx.lines.set_queue(line.id, [vera.id])
        assert await tx.lines.queue_entries(line.id) == [QueueEntry(operator_id=vera.id)]


async def test_a_calendar_in_use_stays(either_desk: Desk) -> None:
    calendar = ALWAYS.__class__(CalendarId(new_id()), "Office", "Europe/Moscow", ALWAYS.week)
    async with either_desk.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
        assert await tx.calendars.get(calendar.id) == calendar
    line = await either_desk.line(calendar_id=calendar.id)
    async with either_desk.storage.transaction() as tx:
        assert await tx.lines.get(line.id) == line
        assert await tx.calendars.lines(calendar.id) == [line.id]
        assert not await tx.calendars.delete(calendar.id)
    other = ALWAYS.__class__(CalendarId(new_id()), "Night", "UTC", ALWAYS.week)
    async with either_desk.storage.transaction() as tx:
        await tx.calendars.insert(other)
        assert await tx.calendars.delete(other.id)
        assert await tx.calendars.all() == [calendar]


async def test_a_leave_is_current_from_its_beginning_to_its_end(either_desk: Desk) -> None:
    anna, now = await either_desk.operator(), either_desk.clock.now()
    begins, ends = now + timedelta(days=1), now + timedelta(days=3)
    leave = Leave(LeaveId(new_id()), anna.id, begins, ends, "holiday")
    async with either_desk.storage.transaction() as tx:
        await tx.leaves.insert(leave)
        assert await tx.leaves.current(now) == {}
        assert await tx.leaves.next_change(now) == begins
        assert await tx.leaves.current(begins) == {anna.id: leave}
        assert await tx.leaves.next_change(begins) == ends
        assert await tx.leaves.end(leave.id, at=begins + timedelta(hours=1))
        assert not await tx.leaves.end(leave.id, at=ends)
        assert await tx.leaves.current(begins + timedelta(hours=1)) == {}
        assert await tx.leaves.next_change(ends) is None


async def test_clocking_out_ends_the_break(either_desk: Desk) -> None:
    anna, now = await either_desk.operator(), either_desk.clock.now()
    noon, one = now + timedelta(hours=4), now + timedelta(hours=5)
    async with either_desk.storage.transaction() as tx:
        assert await tx.clock.start(anna.id, ClockKind.WORK, at=now)
        assert not await tx.clock.start(anna.id, ClockKind.WORK, at=noon)
        assert await tx.clock.start(anna.id, ClockKind.BREAK, at=noon)
        presence = await tx.presence.get(anna.id)
        assert presence is not None
        assert (presence.clocked_in_at, presence.break_since) == (now, noon)
        assert await tx.clock.stop(anna.id, ClockKind.WORK, at=one)
        assert not await tx.clock.stop(anna.id, ClockKind.BREAK, at=one)
        presence = await tx.presence.get(anna.id)
        assert presence is not None
        assert (presence.clocked_in_at, presence.break_since) == (None, None)
        assert await tx.clock.log(anna.id, since=now, until=one) == [
            ClockEntry(anna.id, ClockKind.WORK, now, one),
            ClockEntry(anna.id, ClockKind.BREAK, noon, one),
        ]


async def test_loads_move_in_weights_up_to_the_cap(either_desk: Desk) -> None:
    anna, now = await either_desk.operator(), either_desk.clock.now()
    async with either_desk.storage.transaction() as tx:
        change, cap = tx.loads.change, WHOLE
        assert await change(anna.id, at=now, opened=1, open_weight=30, cap_weight=cap, given=True)
        assert await change(anna.id, at=now, offered=1, offered_weight=70, cap_weight=cap)
        assert not await change(anna.id, at=now, opened=1, open_weight=1, cap_weight=cap)
        assert await change(anna.id, at=now, open_weight=-30)
        load = (await tx.loads.all())[anna.id]
        assert load == Load(anna.id, 1, 1, 0, 70, idle_since=now, given_at=now)


async def test_what_weighs_more_than_a_cap_fits_into_empty_hands(either_desk: Desk) -> None:
    anna, now = await either_desk.operator(), either_desk.clock.now()
    async with either_desk.storage.transaction() as tx:
        for cap, fits in ((0, False), (WHOLE, True), (WHOLE, False)):
            assert (
                await tx.loads.change(
                    anna.id, at=now, opened=1, open_weight=3 * WHOLE, cap_weight=cap
                )
                is fits
            )


async def test_timers_are_found_when_due(either_desk: Desk) -> None:
    line = await either_desk.line()
    one, two, three = await waiting(either_desk, line, "one", "two", "three")
    now = either_desk.clock.now()
    later = now + timedelta(minutes=5)
    async with either_desk.storage.transaction() as tx:
        assert await tx.queues.next_timer(line.id) is None
        await tx.queues.set_timers({one.id: later, two.id: now, three.id: None})
        assert [due.id for due in await tx.queues.timers_due(line.id, now, limit=9)] == [two.id]
        assert await tx.queues.next_timer(line.id) == now
        await tx.queues.set_timers({two.id: None})
        assert await tx.queues.next_timer(line.id) == later
        await tx.queues.time_again(line.id, at=now)
        assert len(await tx.queues.timers_due(line.id, now, limit=9)) == 3


async def test_a_line_knows_who_holds_what_and_how_long_one_waits(either_desk: Desk) -> None:
    line = await either_desk.line()
    anna = await either_desk.operator("Anna", line)
    first, second, third = await waiting(either_desk, line, "one", "two", "three")
    now = either_desk.clock.now()
    async with either_desk.storage.transaction() as tx:
        assert await tx.queues.place_in_queue(third) == 3
        assert await tx.queues.place_in_queue(third, limit=2) == 2
        await handling.take(tx, first.id, anna, now=now)
        assert await tx.queues.place_in_queue(second) == 1
        assert await tx.queues.line_loads(line.id) == {anna.id: Held(1, WHOLE)}
        assert await tx.queues.recent_waits(line.id) == [(now - timedelta(seconds=3), now)]
        known = await tx.choosing.known([first.id, second.id])
        assert [known[one.id].last_owner_id for one in (first, second)] == [anna.id, None]


async def test_a_stage_is_said_once_in_a_conversation(either_desk: Desk) -> None:
    [one] = await waiting(either_desk, await either_desk.line(), "one")
    now = either_desk.clock.now()
    async with either_desk.storage.transaction() as tx:
        assert await tx.automatic.say(one.thread_id, one.id, "greeting", at=now)
        assert not await tx.automatic.say(one.thread_id, one.id, "greeting", at=now)
        assert await tx.automatic.said([one.id]) == {one.id: frozenset({"greeting"})}
        assert await tx.automatic.ever([one.thread_id]) == {one.thread_id: frozenset({"greeting"})}
        assert await tx.automatic.count_since([one.thread_id], now) == {one.thread_id: 1}
        after = now + timedelta(seconds=1)
        assert await tx.automatic.count_since([one.thread_id], after) == {one.thread_id: 0}


async def test_a_rating_is_asked_once_and_judged_beside(either_desk: Desk) -> None:
    [one] = await waiting(either_desk, await either_desk.line(), "one")
    anna, now = await either_desk.operator(), either_desk.clock.now()
    async with either_desk.storage.transaction() as tx:
        await tx.ratings.judge(one.id, by=anna.id, score=3, comment="brisk")
        assert await tx.ratings.ask(one.id, scale=Scale.FIVE, token_hash=TOKEN, at=now)
        assert not await tx.ratings.ask(one.id, scale=Scale.LIKE, token_hash=TOKEN, at=now)
        awaited = await tx.ratings.awaited(one.thread_id, asked_since=now)
        assert awaited is not None
        assert awaited == await tx.ratings.by_token(TOKEN)
        await tx.ratings.rate(one.id, score=5, comment="good", at=now)
        assert await tx.ratings.awaited(one.thread_id, asked_since=now) is None
        found = await tx.ratings.get(one.id)
        assert found is not None
        assert (found.scale, found.score, found.supervisor_score) == (Scale.FIVE, 5, 3)
