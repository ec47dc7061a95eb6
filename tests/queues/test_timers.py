"""What falls due is done, once: `queues.timers`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from queues.auditor import audit
from queues.replies import UNDO
from router import handling
from router.channel import IncomingMessage, Sender
from router.ids import LeaveId, new_id
from router.model import State
from router.placing import wake_snoozed
from router.queueing import (
    AutomaticReply,
    Capacity,
    Lifetimes,
    Overflow,
    Queueing,
    Replies,
    ReplyWhen,
    Sla,
    Targets,
)
from router.reactions import TIMERS
from router.staff import Leave
from tests.desk import Desk
from tests.queues.timing import (
    BUSY,
    BYE,
    HELLO,
    STILL,
    answers,
    closes,
    events_of,
    passes,
    served,
    setting,
    spoken,
    stage,
    takes,
    timers,
)

# --- what is said -------------------------------------------------------------------


async def test_customer_is_greeted_once(either_desk: Desk) -> None:
    _, inbox = await setting(either_desk, HELLO)
    await either_desk.writes(inbox=inbox, name="Ivan")
    await either_desk.works()
    await either_desk.writes("And?", inbox=inbox)
    await passes(either_desk, 600)
    assert await spoken(either_desk, inbox) == ["Hello Ivan\nThis is Shop"]


async def test_who_waits_hears_their_place_and_how_much_longer(either_desk: Desk) -> None:
    _, inbox = await setting(either_desk, BUSY)
    anna = await either_desk.operator("Anna")
    await served(either_desk, inbox, anna, "one", "two", "three", after_s=360)
    for who in ("visitor-1", "visitor-2"):
        await either_desk.writes(inbox=inbox, who=who)
    await passes(either_desk, 60)
    assert await spoken(either_desk, inbox) == ["You are number 1\nWait about 5 minutes"]
    assert await spoken(either_desk, inbox, "visitor-2") == [
        "You are number 2\nWait about 8 minutes"
    ]


async def test_variable_without_a_value_takes_its_line_along(desk: Desk) -> None:
    _, inbox = await setting(desk, BUSY, stage("night", ReplyWhen.OPENED, "We open {opens}"))
    await desk.writes(inbox=inbox)
    await passes(desk, 60)
    assert await spoken(desk, inbox) == ["You are number 1"]


async def test_customer_reads_their_language(desk: Desk) -> None:
    both = AutomaticReply("hello", ReplyWhen.OPENED, {"en": "Hello", "ru": "Здравствуйте"})
    _, inbox = await setting(desk, both)
    sender = Sender("visitor-1", scope=str(inbox.id), language="ru-RU")
    await desk.inbound.receive(inbox, [IncomingMessage("m1", "visitor-1", sender, "Hello")])
    await desk.works()
    assert await spoken(desk, inbox) == ["Здравствуйте"]


async def test_silent_customer_is_asked_then_left(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, STILL, BYE, lifetimes=Lifetimes(customer_silent_s=900))
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    await passes(either_desk, 300)
    assert await spoken(either_desk, inbox) == ["Are you there?"]
    await passes(either_desk, 599)
    assert (await either_desk.conversation(inbox)).state is State.OPEN
    await passes(either_desk, 1)
    closed = await either_desk.conversation(inbox)
    assert (closed.state, closed.close_reason) == (State.CLOSED, "customer_silent")
    assert await spoken(either_desk, inbox) == ["Are you there?"]
    async with either_desk.storage.reading() as tx:
        assert await audit(tx, now=either_desk.clock.now()) == []
        assert (await tx.loads.all())[anna.id].open_count == 0


async def test_last_words_are_said_in_a_closed_conversation(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, BYE)
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await takes(either_desk, inbox, anna)
    await closes(either_desk, inbox, anna)
    await passes(either_desk, UNDO.total_seconds() - 1)
    assert await spoken(either_desk, inbox) == []
    await passes(either_desk, 1)
    assert await spoken(either_desk, inbox) == ["Goodbye"]
    assert (await either_desk.conversation(inbox)).state is State.CLOSED


async def test_nothing_is_said_of_a_conversation_after_which_the_thread_went_on(
    desk: Desk,
) -> None:
    late = stage("bye", ReplyWhen.CLOSED, "Goodbye", after_s=60)
    line, inbox = await setting(desk, late, reopen_window_s=0)
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    await takes(desk, inbox, anna)
    await closes(desk, inbox, anna)
    desk.clock.move(30)
    await desk.writes("One more thing", inbox=inbox)
    await passes(desk, 60)
    assert await spoken(desk, inbox) == []


# --- nobody is spammed ------------------------------------------------------------------


async def test_message_from_before_an_outage_gets_nothing_automatic(either_desk: Desk) -> None:
    _, inbox = await setting(either_desk, HELLO, BUSY, sla=Sla(Targets(first_reply_s=60)))
    sent_at = either_desk.clock.now() - timedelta(hours=2)
    sender = Sender("visitor-1", scope=str(inbox.id))
    old = IncomingMessage("old", "visitor-1", sender, "Hello?", sent_at=sent_at)
    await either_desk.inbound.receive(inbox, [old])
    await passes(either_desk, 600)
    assert await spoken(either_desk, inbox) == []
    assert (await either_desk.conversation(inbox)).breached_at is None


async def test_thread_hears_only_so_much_a_day(desk: Desk) -> None:
    many = [stage(f"s{n}", ReplyWhen.OPENED, f"{n}", after_s=n) for n in range(9)]
    timers(desk)
    line = await desk.line(replies=Replies(tuple(many), most_per_day=4), language="en")
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox)
    for _ in range(20):
        await passes(desk, 1)
    assert await spoken(desk, inbox) == ["0", "1", "2", "3"]


async def test_two_desks_that_answer_each_other_come_to_rest(desk: Desk) -> None:
    """Each takes the other for a customer, and greets it."""
    stages = (
        HELLO,
        *(stage(f"s{n}", ReplyWhen.WAITING, "All are busy", after_s=n) for n in (1, 5)),
    )
    first, one = await setting(desk, *stages)
    other = await desk.inbox(await desk.line("other", replies=first.replies, language="en"))
    heard = {one.id: 0, other.id: 0}
    await desk.writes(inbox=one, who="desk")
    for _ in range(50):
        await passes(desk, 1)
        for ours, theirs in ((one, other), (other, one)):
            said = await spoken(desk, ours, "desk") if ours is one or heard[one.id] else []
            for text in said[heard[ours.id] :]:
                await desk.writes(text, inbox=theirs, who="desk")
            heard[ours.id] = len(said)
    assert all(number <= 3 for number in heard.values()), heard


# --- SLA --------------------------------------------------------------------------------


async def test_promise_is_warned_of_then_broken_each_once(either_desk: Desk) -> None:
    _, inbox = await setting(either_desk, sla=Sla(Targets(first_reply_s=100)))
    await either_desk.writes(inbox=inbox)
    now = either_desk.clock.now()
    await passes(either_desk, 80)
    warned = await either_desk.conversation(inbox)
    assert (warned.warned_at, warned.reply_due_at) == (
        now + timedelta(seconds=80),
        now + timedelta(seconds=100),
    )
    await passes(either_desk, 20)
    await passes(either_desk, 500)
    told = await events_of(either_desk, warned)
    assert (told.count("SlaWarned"), told.count("SlaBreached")) == (1, 1)


async def test_broken_promise_of_a_resolution_is_not_told_again_after_an_answer(
    desk: Desk,
) -> None:
    line, inbox = await setting(desk, sla=Sla(Targets(next_reply_s=50, resolution_s=100)))
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    one = await takes(desk, inbox, anna)
    await passes(desk, 100)
    await answers(desk, inbox, anna)
    await desk.writes("And?", inbox=inbox)
    await passes(desk, 10)
    await answers(desk, inbox, anna)
    await passes(desk, 200)
    assert (await events_of(desk, one)).count("SlaBreached") == 1


# --- it goes elsewhere, or rests ------------------------------------------------------------


async def test_who_waits_too_long_waits_on_another_line_and_never_comes_back(
    either_desk: Desk,
) -> None:
    timers(either_desk)
    there = await either_desk.line("there")
    queueing = Queueing(overflow=Overflow(there.id, after_s=60))
    here = await either_desk.line("here", queueing=queueing)
    back = replace(there, queueing=Queueing(overflow=Overflow(here.id, after_s=60)))
    async with either_desk.storage.transaction() as tx:
        await tx.lines.save(back)
    inbox = await either_desk.inbox(here)
    await either_desk.writes(inbox=inbox)
    before = await either_desk.conversation(inbox)
    await passes(either_desk, 60)
    moved = await either_desk.conversation(inbox)
    assert (moved.line_id, moved.state, moved.rank_at) == (there.id, State.WAITING, before.rank_at)
    for _ in range(5):
        await passes(either_desk, 60)
    assert (await either_desk.conversation(inbox)).line_id == there.id
    assert (await events_of(either_desk, moved)).count("ConversationOverflowed") == 1


async def test_line_that_is_switched_off_gets_nothing(desk: Desk) -> None:
    gone = await desk.line("gone", active=False)
    line, inbox = await setting(desk, queueing=Queueing(overflow=Overflow(gone.id, after_s=60)))
    await desk.writes(inbox=inbox)
    await passes(desk, 600)
    assert (await desk.conversation(inbox)).line_id == line.id


async def test_silent_conversation_gives_its_room_back(either_desk: Desk) -> None:
    capacity = Capacity(silent_after_s=600)
    line, inbox = await setting(either_desk, queueing=Queueing(capacity=capacity))
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    await passes(either_desk, 600)
    assert (await either_desk.conversation(inbox)).silent
    async with either_desk.storage.reading() as tx:
        load = (await tx.loads.all())[anna.id]
        assert await audit(tx, now=either_desk.clock.now()) == []
    assert (load.open_count, load.open_weight) == (1, 0)


@pytest.mark.parametrize("on_leave", [True, False])
async def test_owner_who_is_gone_loses_what_waits_for_an_answer(
    either_desk: Desk, *, on_leave: bool
) -> None:
    line, inbox = await setting(either_desk, queueing=Queueing(owner_absent_s=300))
    anna = await either_desk.operator("Anna", line, here=on_leave)
    await either_desk.writes(inbox=inbox)
    one = await takes(either_desk, inbox, anna)
    if on_leave:
        async with either_desk.storage.transaction() as tx:
            now = either_desk.clock.now()
            await tx.leaves.insert(Leave(LeaveId(new_id()), anna.id, now))
    await passes(either_desk, 300)
    waits = await either_desk.conversation(inbox)
    assert (waits.state, waits.previous_owner_id) == (State.WAITING, anna.id)
    assert "ConversationWithdrawn" in await events_of(either_desk, one)
    async with either_desk.storage.reading() as tx:
        assert await audit(tx, now=either_desk.clock.now()) == []


async def test_owner_who_is_here_keeps_it(desk: Desk) -> None:
    line, inbox = await setting(desk, queueing=Queueing(owner_absent_s=300))
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    await takes(desk, inbox, anna)
    await passes(desk, 3_000)
    assert (await desk.conversation(inbox)).owner_id == anna.id


async def test_snooze_that_ends_begins_the_silence_anew(desk: Desk) -> None:
    line, inbox = await setting(desk, lifetimes=Lifetimes(customer_silent_s=600))
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    one = await takes(desk, inbox, anna)
    await answers(desk, inbox, anna)
    until = desk.clock.now() + timedelta(hours=5)
    async with desk.storage.transaction() as tx:
        await handling.snooze(tx, one.id, anna.id, until=until, now=desk.clock.now())
    await passes(desk, 5 * 3600 - 1)
    desk.clock.move(1)
    async with desk.storage.transaction() as tx:
        assert await wake_snoozed(tx, one.id, now=desk.clock.now())
    await passes(desk, 590)
    assert (await desk.conversation(inbox)).state is State.OPEN
    await passes(desk, 10)
    assert (await desk.conversation(inbox)).close_reason == "customer_silent"


async def test_changed_settings_are_heeded(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk)
    await either_desk.writes(inbox=inbox)
    await passes(either_desk, 60)
    async with either_desk.storage.transaction() as tx:
        await tx.lines.save(replace(line, replies=Replies((BUSY,))))
        now = either_desk.clock.now()
        await tx.queues.time_again(line.id, at=now)
        tx.lanes.wake(TIMERS, line.id, now)
    await either_desk.works()
    assert await spoken(either_desk, inbox) == ["You are number 1"]
