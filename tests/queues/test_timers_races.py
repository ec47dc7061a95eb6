"""Timers under load, beside each other, and across a kill: `queues.timers`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from queues.due import Act, Case
from queues.replies import UNDO
from queues.timers import BATCH, Timers
from router.calendars import Calendar, DateException, Interval
from router.channel import IncomingMessage, Sender
from router.ids import CalendarId, new_id
from router.model import Conversation, Inbox, Line, State
from router.queueing import (
    Hours,
    Lifetimes,
    Overflow,
    Queueing,
    RatingRequest,
    Replies,
    ReplyWhen,
    Sla,
    Targets,
)
from router.reactions import TIMERS
from router.storage import Lane, LostLease, Transaction
from tests.desk import Desk
from tests.queues.timing import (
    ADDRESS,
    BYE,
    CAN,
    HELLO,
    STILL,
    answers,
    closes,
    events_of,
    passes,
    setting,
    spoken,
    stage,
    takes,
    timers,
)

DAY = (Interval(9 * 60, 18 * 60),)
LEASE = timedelta(seconds=30)


class Killed(BaseException):
    """The process ended here."""


class Dying(Timers):
    """Is killed before the commit of its `count`th transaction."""

    def __init__(self, desk: Desk, *, count: int) -> None:
        now = desk.clock.now()
        super().__init__(
            desk.storage, desk.clock, capabilities=lambda _: CAN, patient_until=now, address=ADDRESS
        )
        self._left = count

    async def _batch(self, lane: Lane, tx: Transaction) -> bool:
        rests = await super()._batch(lane, tx)
        self._left -= 1
        if self._left == 0:
            raise Killed
        return rests


async def lanes(desk: Desk) -> list[Lane]:
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        return await tx.lanes.take(TIMERS, now=now, lease_until=now + LEASE, limit=10)


@pytest.mark.parametrize("killed_at", [1, 2, 3, 4])
async def test_whoever_dies_between_two_steps_nothing_is_said_twice_or_lost(
    either_desk: Desk, killed_at: int
) -> None:
    line, inbox = await setting(
        either_desk,
        STILL,
        stage("left", ReplyWhen.AUTO_CLOSED, "We close this"),
        lifetimes=Lifetimes(customer_silent_s=300),
        sla=Sla(Targets(resolution_s=300)),
    )
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    one = await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    either_desk.clock.move(300)
    (lane,) = await lanes(either_desk)
    with pytest.raises(Killed):
        await Dying(either_desk, count=killed_at).step(lane)
    # Its lease ends, and another takes over.
    await passes(either_desk, 31)
    assert await spoken(either_desk, inbox) == ["Are you there?", "We close this"]
    told = await events_of(either_desk, one)
    assert (told.count("ConversationClosed"), told.count("SlaBreached")) == (1, 1)


@pytest.mark.parametrize("killed_at", [1, 2])
async def test_whoever_dies_while_a_closing_is_held_asks_once(
    either_desk: Desk, killed_at: int
) -> None:
    rating = RatingRequest(ask=True)
    line, inbox = await setting(either_desk, BYE, rating=rating)
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    await closes(either_desk, inbox, anna)
    await either_desk.works()
    either_desk.clock.move(UNDO.total_seconds())
    (lane,) = await lanes(either_desk)
    with pytest.raises(Killed):
        await Dying(either_desk, count=killed_at).step(lane)
    await passes(either_desk, 31)
    goodbye, question = await spoken(either_desk, inbox)
    assert (goodbye, question.splitlines()[0]) == ("Goodbye", "How did we do?")


async def test_two_workers_do_everything_once(postgresql_desk: Desk) -> None:
    """The first was thought dead; both work on."""
    desk = postgresql_desk
    _, inbox = await setting(desk, HELLO, sla=Sla(Targets(first_reply_s=30)))
    for number in range(20):
        await desk.writes(inbox=inbox, who=f"visitor-{number}")
    desk.clock.move(30)
    (first,) = await lanes(desk)
    desk.clock.move(31)
    (second,) = await lanes(desk)
    done = await asyncio.gather(
        timers(desk).step(first), timers(desk).step(second), return_exceptions=True
    )
    assert [type(one) for one in done if one is not None] in ([], [LostLease])
    await desk.works()
    for number in range(20):
        who = f"visitor-{number}"
        assert await spoken(desk, inbox, who) == ["This is Shop"]
        told = await events_of(desk, await desk.conversation(inbox, who))
        assert (told.count("SlaWarned"), told.count("SlaBreached")) == (1, 1)


async def test_thousand_due_at_once_are_done_in_bounded_transactions(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, HELLO)
    arrivals = [
        IncomingMessage(f"m{n}", f"v{n}", Sender(f"v{n}", scope=str(inbox.id)), "Hi")
        for n in range(1000)
    ]
    await either_desk.inbound.receive(inbox, arrivals)
    held: list[int] = []

    class Counting(Timers):
        async def _look_at(
            self, tx: Transaction, line: Line, due: Sequence[Conversation], *, now: datetime
        ) -> None:
            held.append(len(due))
            await super()._look_at(tx, line, due, now=now)

    now = either_desk.clock.now()
    either_desk.steps[TIMERS] = Counting(
        either_desk.storage,
        either_desk.clock,
        capabilities=lambda _: CAN,
        patient_until=now,
        address=ADDRESS,
    ).step
    await either_desk.works()
    assert max(held) <= BATCH
    async with either_desk.storage.reading() as tx:
        assert await tx.queues.next_timer(line.id) is None
        lately = await tx.conversations.waiting([line.id], limit=200)
        said = await tx.automatic.said([one.id for one in lately.items])
    assert all(keys == {"hello"} for keys in said.values())


async def test_one_that_cannot_be_done_does_not_hold_up_the_others(either_desk: Desk) -> None:
    _, inbox = await setting(either_desk, HELLO)
    for who in ("bad", "good"):
        await either_desk.writes(inbox=inbox, who=who)
    bad = await either_desk.conversation(inbox, "bad")

    class Tripping(Timers):
        async def _do(
            self, tx: Transaction, act: Act, case: Case, one: Conversation, *, now: datetime
        ) -> None:
            if one.id == bad.id:
                raise ValueError("a bug")
            await super()._do(tx, act, case, one, now=now)

    now = either_desk.clock.now()
    tripping = Tripping(
        either_desk.storage,
        either_desk.clock,
        capabilities=lambda _: CAN,
        patient_until=now,
        address=ADDRESS,
    )
    either_desk.steps[TIMERS] = tripping.step
    await either_desk.works()
    assert await spoken(either_desk, inbox, "good") == ["This is Shop"]
    assert (await either_desk.conversation(inbox, "bad")).timer_at == now + timedelta(seconds=5)
    timers(either_desk)
    await passes(either_desk, 5)
    assert await spoken(either_desk, inbox, "bad") == ["This is Shop"]


# --- hours ------------------------------------------------------------------------------


def office(timezone: str, *exceptions: DateException) -> Calendar:
    week = (DAY, DAY, DAY, DAY, DAY, (), ())
    return Calendar(CalendarId(new_id()), "office", timezone, week, exceptions)


async def open_by(desk: Desk, calendar: Calendar, at: datetime, **settings: Any) -> Inbox:
    """A line by that calendar; it is `at`."""
    timers(desk)
    desk.clock.move((at - desk.clock.now()).total_seconds())
    async with desk.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
    line = await desk.line(calendar_id=calendar.id, language="en", **settings)
    return await desk.inbox(line)


CLOSED = stage("closed", ReplyWhen.CLOSED_HOURS, "We answer {opens}")


async def test_holiday_is_told_and_not_counted(either_desk: Desk) -> None:
    """Friday, 17:30 in Moscow; Monday is a day off."""
    friday = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    calendar = office("Europe/Moscow", DateException(date(2026, 11, 23)))
    inbox = await open_by(
        either_desk,
        calendar,
        friday,
        replies=Replies((CLOSED,)),
        sla=Sla(Targets(first_reply_s=3_600), warn_percent=100),
    )
    await either_desk.writes(inbox=inbox)
    await passes(either_desk, 1_799)
    assert await spoken(either_desk, inbox) == []
    await passes(either_desk, 1)
    assert await spoken(either_desk, inbox) == ["We answer on Tuesday 24 November at 9:00"]
    due = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    await passes(either_desk, (due - either_desk.clock.now()).total_seconds() - 1)
    assert (await either_desk.conversation(inbox)).breached_at is None
    assert (await either_desk.conversation(inbox)).reply_due_at == due
    await passes(either_desk, 1)
    assert (await either_desk.conversation(inbox)).breached_at == due


async def test_summer_time_begins_in_the_night_between(either_desk: Desk) -> None:
    """Friday evening in Berlin is winter time, Monday morning summer time."""
    friday = datetime(2027, 3, 26, 16, 30, tzinfo=UTC)
    inbox = await open_by(
        either_desk,
        office("Europe/Berlin"),
        friday,
        sla=Sla(Targets(first_reply_s=3_600), warn_percent=100),
        replies=Replies(
            (stage("busy", ReplyWhen.WAITING, "Busy", after_s=3_600, hours=Hours.OPEN),)
        ),
    )
    await either_desk.writes(inbox=inbox)
    monday = datetime(2027, 3, 29, 7, 30, tzinfo=UTC)
    await passes(either_desk, (monday - either_desk.clock.now()).total_seconds() - 1)
    assert await spoken(either_desk, inbox) == []
    await passes(either_desk, 1)
    assert await spoken(either_desk, inbox) == ["Busy"]
    assert (await either_desk.conversation(inbox)).breached_at == monday


async def test_closing_line_gives_on_at_once(desk: Desk) -> None:
    there = await desk.line("there")
    overflow = Overflow(there.id, after_s=10**6, at_once_when_closed=True)
    friday = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    inbox = await open_by(
        desk, office("Europe/Moscow"), friday, queueing=Queueing(overflow=overflow)
    )
    await desk.writes(inbox=inbox)
    await passes(desk, 1_799)
    assert (await desk.conversation(inbox)).line_id == inbox.line_id
    await passes(desk, 1)
    assert (await desk.conversation(inbox)).line_id == there.id
    assert (await desk.conversation(inbox)).state is State.WAITING
