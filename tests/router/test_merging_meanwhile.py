"""What is said beside a conversation, in the thread of one that goes on in it: `router.merging`."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from console.access import sees, viewer
from router import handling, lapsing, merging, outbound, rewording
from router.channel import Deleted, Edited
from router.errors import MovedOn
from router.holding import lock
from router.ids import ConversationId, MessageId
from router.model import State
from router.news import ConversationNews
from router.storage import Transaction
from tests.desk import Desk
from tests.router.scene import Scene, a_scene
from tests.router.test_merging import CAN, says, topic, two


@pytest.fixture
async def scene(either_desk: Desk) -> Scene:
    return await a_scene(either_desk)


# --- what somebody has not read ------------------------------------------------------


async def _answers(scene: Scene, id_: ConversationId, seen: int, **beside: object) -> None:
    await scene.act(
        outbound.reply,
        id_,
        message_id=MessageId(uuid4()),
        text="yes",
        author=scene.anna,
        seen_seq=seen,
        capabilities=CAN,
        **beside,
    )


async def test_what_was_written_beside_and_not_seen_is_not_closed_away(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(handling.see, merged, scene.anna.id, seq=1)
    written = await says(scene, "bills", "not seen")
    until = scene.desk.clock.now() + timedelta(hours=1)
    with pytest.raises(MovedOn):
        await scene.act(handling.close, into, scene.anna.id, reason="", seen_seq=1)
    with pytest.raises(MovedOn):
        await scene.act(handling.snooze, into, scene.anna.id, until=until, seen_seq=1)
    with pytest.raises(MovedOn):
        await _answers(scene, into, 1)
    seen = {merged: written.last_seq}
    closed = await scene.act(
        handling.close, into, scene.anna.id, reason="", seen_seq=1, seen_beside=seen
    )
    assert closed.state is State.CLOSED


async def test_an_answer_there_asks_what_was_seen_here(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await says(scene, "orders", "not seen")
    with pytest.raises(MovedOn):
        await _answers(scene, merged, 1)
    await _answers(scene, merged, 1, seen_beside={into: 2})
    await scene.sound()


# --- its last words are changed -------------------------------------------------------


async def test_what_was_said_there_last_is_shown_as_it_is_reworded(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    for number, key in enumerate(("bills", "orders", "bills")):
        scene.desk.clock.move(1)
        await scene.desk.writes(
            f"said {number}",
            inbox=scene.inbox,
            who="vera",
            thread_key=key,
            external_id=f"said-{number}",
        )
    await scene.desk.inbound.receive(
        scene.inbox, [Edited("said-0", "bills", "too old to be shown")]
    )
    assert (await last(scene, into)) == "said 2"
    scene.desk.news.clear()
    await scene.desk.inbound.receive(scene.inbox, [Edited("said-2", "bills", "said otherwise")])
    assert (await last(scene, into)) == "said otherwise"
    news = [one for one in scene.desk.news if isinstance(one, ConversationNews)]
    assert {one.conversation.id for one in news} == {into, merged}
    before = await scene.desk.again(into)
    assert before.unanswered_since is not None
    await scene.desk.inbound.receive(scene.inbox, [Deleted("said-2", "bills")])
    assert (await scene.desk.again(into)).version == before.version + 1
    await scene.sound()


async def test_an_operators_second_thoughts_are_shown_too(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    message_id = MessageId(uuid4())
    scene.desk.clock.move(1)
    can = replace(CAN, edits=True)
    said = {"message_id": message_id, "text": "yes", "author": scene.anna, "capabilities": can}
    await scene.act(outbound.reply, merged, **said)
    before = await scene.desk.again(into)
    await scene.act(rewording.withdraw, message_id, author=scene.anna, capabilities=can)
    assert (await scene.desk.again(into)).version == before.version + 1
    await scene.sound()


async def last(scene: Scene, id_: ConversationId) -> str:
    shown = (await scene.desk.again(id_)).last
    assert shown is not None
    return shown.preview


# --- given on ------------------------------------------------------------------


async def test_what_was_merged_goes_along_to_the_line_of_its_survivor(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    night = await scene.desk.line("night")
    dina = await scene.desk.operator("Dina", night)
    given = {"to_operator": None, "to_line": night.id, "comment": ""}
    await scene.act(handling.transfer, into, scene.anna.id, **given)
    await says(scene, "bills", "and this bill?")
    seen = viewer(dina, [night.id])
    for id_ in (into, merged):
        assert sees(seen, await scene.desk.again(id_))
    assert (await scene.desk.again(into)).unanswered_since is not None
    await scene.sound()


async def test_what_was_merged_goes_along_to_whom_its_survivor_is_given(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    guest = await scene.desk.operator("Dina")
    given = {"to_operator": guest, "to_line": None, "comment": ""}
    await scene.act(handling.transfer, into, scene.anna.id, **given)
    for id_ in (into, merged):
        assert sees(viewer(guest, []), await scene.desk.again(id_))
    back = await scene.act(merging.unmerge, merged, scene.anna.id)
    assert (back.owner_id, back.line_id) == (scene.boris.id, scene.line.id)
    await scene.sound()


async def test_what_was_merged_goes_along_when_its_survivor_overflows(scene: Scene) -> None:
    into, merged = await topic(scene, "orders"), await topic(scene, "bills")
    await scene.act(merging.merge, merged, into, scene.anna.id)
    night = await scene.desk.line("night")

    async def overflow(tx: Transaction, now: datetime) -> None:
        _, waiting = await lock(tx, into)
        await lapsing.overflow(tx, waiting, night, now=now)

    await scene.desk.storage.run(lambda tx: overflow(tx, scene.desk.clock.now()))
    assert (await scene.desk.again(merged)).line_id == night.id
    await scene.sound()


async def test_what_is_written_while_it_is_given_on_is_heard_there(scene: Scene) -> None:
    """The one locks the merged thread first, the other the survivor's: whoever loses comes again."""
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    lines = [await scene.desk.line("night"), scene.line]
    for round_ in range(6):
        given = {"to_operator": None, "to_line": lines[round_ % 2].id, "comment": ""}
        written = [says(scene, "bills", f"{round_} {n}") for n in range(3)]
        await asyncio.gather(scene.act(handling.transfer, into, scene.anna.id, **given), *written)
    after = await scene.desk.again(into)
    async with scene.desk.storage.reading() as tx:
        messages = await tx.messages.of_thread((await scene.desk.again(merged)).thread_id, limit=50)
    assert len(messages) == 1 + 6 * 3
    assert (await scene.desk.again(merged)).line_id == after.line_id == scene.line.id
    assert after.unanswered_since is not None
    await scene.sound()
