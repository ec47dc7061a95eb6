"""What time does to conversations reaches open screens as a fresh one would show it."""

from datetime import timedelta

import pytest

from router import lapsing
from router.model import Conversation
from router.states import touched
from router.storage import Transaction
from tests.console.stage import Stage, Story, agree

stories: dict[str, Story] = {}


def story(tell: Story) -> Story:
    stories[tell.__name__] = tell
    return tell


async def held(tx: Transaction, stage: Stage, who: str) -> Conversation:
    one = await stage.office.desk.conversation(stage.inbox, who)
    if one.owner_id is not None:
        await tx.loads.lock([one.owner_id])
    return (await tx.queues.hold([one.id]))[one.id]


@story
async def an_answer_is_promised_and_is_late(stage: Stage) -> None:
    desk = stage.office.desk
    due_at = desk.clock.now() + timedelta(minutes=10)
    async with desk.storage.transaction() as tx:
        one = await held(tx, stage, "open")
        await tx.change(one, touched(one, reply_due_at=due_at))
    desk.clock.move(480)
    for act in (lapsing.warn, lapsing.breach):
        async with desk.storage.transaction() as tx:
            one = await held(tx, stage, "open")
            await act(tx, one, promise="first_reply", due_at=due_at, now=desk.clock.now())


@story
async def a_line_overflows_into_another(stage: Stage) -> None:
    desk = stage.office.desk
    async with desk.storage.transaction() as tx:
        one = await held(tx, stage, "waiting")
        await lapsing.overflow(tx, one, stage.other, now=desk.clock.now())


@story
async def a_silent_conversation_takes_no_room(stage: Stage) -> None:
    desk = stage.office.desk
    async with desk.storage.transaction() as tx:
        await lapsing.hush(tx, await held(tx, stage, "open"), now=desk.clock.now())


@story
async def an_operator_who_cannot_be_reached_loses_it(stage: Stage) -> None:
    desk = stage.office.desk
    async with desk.storage.transaction() as tx:
        await lapsing.withdraw(tx, await held(tx, stage, "open"), now=desk.clock.now())


@pytest.mark.parametrize("name", sorted(stories))
async def test_a_stale_screen_hears_what_time_did(stage: Stage, name: str) -> None:
    await agree(stage, stories[name])
