"""Merging while everybody speaks: whoever locks several threads does so in one order."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import uuid4

import sqlalchemy as sa

from router import handling, lapsing, merging, outbound
from router.errors import ActError
from router.holding import hold
from router.ids import ConversationId, MessageId
from router.model import State
from router.storage import Conflict, Transaction
from tests.desk import Desk
from tests.router.scene import Scene, a_scene
from tests.router.test_merging import CAN

CHATS = ("orders", "bills", "taxes", "gifts", "offers", "thanks")
ROUNDS = 20

Act = Callable[[], Awaitable[object]]


async def test_nobody_waits_for_each_other_in_a_circle(postgresql_desk: Desk) -> None:
    """PostgreSQL undoes one of those who do, after a second in which both stand still."""
    scene = await a_scene(postgresql_desk)
    ids = [await written(scene, chat, "hello") for chat in CHATS]
    for id_, who in zip(ids, scene.operators * 2, strict=False):
        await scene.act(handling.take, id_, who)
    chance = random.Random(1)

    async def customer(chat: str) -> None:
        for number in range(ROUNDS):
            await written(scene, chat, f"{chat} {number}")

    async def operator() -> None:
        for _ in range(ROUNDS):
            await tried(some_act(scene, ids, chance))

    await asyncio.gather(*map(customer, CHATS), *(operator() for _ in range(4)))
    assert await deadlocks(scene.desk) == 0
    await scene.sound()


async def written(scene: Scene, chat: str, text: str) -> ConversationId:
    await scene.desk.writes(text, inbox=scene.inbox, who="vera", thread_key=chat)
    return (await scene.desk.conversation(scene.inbox, chat)).id


def some_act(scene: Scene, ids: list[ConversationId], chance: random.Random) -> Act:
    one, other = chance.sample(ids, 2)
    to = {"to_operator": chance.choice(scene.operators), "to_line": None, "comment": ""}
    said = {"message_id": MessageId(uuid4()), "text": "yes", "author": scene.anna}
    acts: list[Act] = [
        lambda: scene.act(merging.merge, one, other, scene.anna.id),
        lambda: scene.act(merging.merge, one, other, scene.anna.id),
        lambda: scene.act(merging.unmerge, one, scene.anna.id),
        lambda: scene.act(merging.unmerge, one, scene.anna.id),
        lambda: scene.act(outbound.reply, one, **said, capabilities=CAN),
        lambda: scene.act(handling.transfer, one, scene.anna.id, **to),
        lambda: scene.act(hush, one),
    ]
    return chance.choice(acts)


async def hush(tx: Transaction, id_: ConversationId, *, now: datetime) -> None:
    """As the line's timers do, when nothing was said for long."""
    _, held = await hold(tx, id_)
    if held.state is State.OPEN and not held.silent:
        await lapsing.hush(tx, held, now=now)


async def tried(act: Act) -> None:
    try:
        await act()
    except (ActError, Conflict):
        return


async def deadlocks(desk: Desk) -> int:
    """How many the database has had to end. A connection tells of it when it goes, if not before."""
    await desk.storage.close()
    async with desk.storage.reading() as tx:
        count = sa.text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int((await tx.connection.rows(count))[0][0])
