"""Where time meets the distributor: overflow after an offer, promises from the question on."""

from datetime import timedelta

from queues.distributor import Distributor
from queues.presence import set_status
from router import handling
from router.queueing import Overflow, Queueing, Sla, Targets
from router.reactions import DISTRIBUTE
from router.staff import Status
from tests.desk import Desk
from tests.queues.timing import BUSY, answers, passes, served, setting, spoken, takes, timers


def distributes(desk: Desk) -> None:
    distributor = Distributor(desk.storage, desk.clock, patient_until=desk.clock.now())
    desk.steps[DISTRIBUTE] = distributor.distribute


async def test_offer_that_ends_early_does_not_hold_up_the_overflow(either_desk: Desk) -> None:
    timers(either_desk)
    there = await either_desk.line("there")
    queueing = Queueing(
        auto_accept=False, offer_timeout_s=300, overflow=Overflow(there.id, after_s=100)
    )
    here = await either_desk.line("here", queueing=queueing)
    inbox = await either_desk.inbox(here)
    anna = await either_desk.operator("Anna", here)
    distributes(either_desk)
    await either_desk.writes(inbox=inbox)
    await either_desk.works()
    held_out = await either_desk.conversation(inbox)
    assert held_out.offered_to == anna.id
    # Its time is over while it is held out; nobody else's turn until Anna says no.
    await passes(either_desk, 150)
    assert (await either_desk.conversation(inbox)).line_id == here.id
    async with either_desk.storage.transaction() as tx:
        now = either_desk.clock.now()
        await handling.decline(tx, held_out.id, anna.id, reason="", now=now)
    await either_desk.works()
    assert (await either_desk.conversation(inbox)).line_id == there.id


async def test_promised_time_is_shown_with_the_question(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, sla=Sla(Targets(first_reply_s=100, next_reply_s=60)))
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await either_desk.works()
    asked_at = either_desk.clock.now()
    shown = await either_desk.conversation(inbox)
    assert shown.reply_due_at == asked_at + timedelta(seconds=100)
    either_desk.clock.move(10)
    await either_desk.writes("Hello?", inbox=inbox)
    await either_desk.works()
    again = await either_desk.conversation(inbox)
    assert again.reply_due_at == shown.reply_due_at
    await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    either_desk.clock.move(10)
    await either_desk.writes("And?", inbox=inbox)
    await either_desk.works()
    due_at = (await either_desk.conversation(inbox)).reply_due_at
    assert due_at == either_desk.clock.now() + timedelta(seconds=60)


async def test_nobody_is_promised_a_time_while_nobody_is_there(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, BUSY)
    anna = await either_desk.operator("Anna", line)
    await served(either_desk, inbox, anna, "one", "two", "three", after_s=360)
    async with either_desk.storage.transaction() as tx:
        await set_status(tx, anna.id, Status.OFF, now=either_desk.clock.now())
    distributes(either_desk)
    await either_desk.writes(inbox=inbox)
    await either_desk.works()
    await passes(either_desk, 60)
    assert await spoken(either_desk, inbox) == ["You are number 1"]
