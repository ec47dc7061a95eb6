"""Whoever else does what while a conversation is split: `router.splitting`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest

from router import handling, merging, splitting
from router.channel import Edited
from router.errors import TooLate
from router.splitting import Matter
from router.storage import Transaction
from tests.desk import Desk
from tests.router.scene import Scene, a_scene
from tests.router.splits import CHAT, answers, said, says, sound, split, talk, undo


@pytest.fixture
async def scene(either_desk: Desk) -> Scene:
    return await a_scene(either_desk)


async def test_of_two_who_split_at_once_one_is_too_late(scene: Scene) -> None:
    id_ = await talk(scene)
    done = await asyncio.gather(
        split(scene, id_, 4), split(scene, id_, 5, scene.boris), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in done) == ["Conversation", "TooLate"]
    await sound(scene)


@pytest.mark.parametrize("act", ["split", "unsplit"])
async def test_what_is_written_meanwhile_is_the_open_ones(scene: Scene, act: str) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4) if act == "unsplit" else None
    done = await asyncio.gather(
        undo(scene, id_) if later else split(scene, id_, 4),
        *(says(scene, f"more {number}") for number in range(5)),
        return_exceptions=True,
    )
    assert [one for one in done if isinstance(one, BaseException)] == []
    messages = await said(scene)
    assert len(messages) == 10
    now_open = await scene.desk.conversation(scene.inbox, CHAT)
    assert {one.conversation_id for one in messages[5:]} == {now_open.id}
    assert (now_open.id == id_) is (act == "unsplit")
    await sound(scene)


@pytest.mark.parametrize("other", ["close", "merge", "unsplit", "transfer", "reply", "edit"])
async def test_whatever_else_is_done_at_once_all_agrees(scene: Scene, other: str) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    beside = (await says(scene, "hello", key="bills")).id
    boris = scene.boris
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "close": lambda: scene.act(handling.close, later.id, boris.id, reason=""),
        "merge": lambda: scene.act(merging.merge, later.id, beside, boris.id),
        "unsplit": lambda: undo(scene, id_),
        "reply": lambda: answers(scene, later.id, scene.anna),
        "transfer": lambda: scene.act(
            handling.transfer, later.id, boris.id, to_operator=boris, to_line=None, comment=""
        ),
        "edit": lambda: scene.desk.inbound.receive(
            scene.inbox, [Edited(external_id="m4", thread_key=CHAT, text="is right")]
        ),
    }
    done = await asyncio.gather(split(scene, later.id, 5), acts[other](), return_exceptions=True)
    wrong = [one for one in done if isinstance(one, BaseException) and not isinstance(one, TooLate)]
    assert wrong == []
    await sound(scene)
    await sound(scene, "bills")


async def test_an_act_that_breaks_off_changes_nothing(scene: Scene) -> None:
    id_ = await talk(scene)
    before, messages = await scene.desk.again(id_), await said(scene)

    async def half(tx: Transaction, *, now: datetime) -> None:
        await splitting.split(tx, id_, scene.anna.id, from_seq=4, matter=Matter(), now=now)
        raise TooLate("the process was killed")

    with pytest.raises(TooLate):
        await scene.act(half)
    assert (await scene.desk.again(id_), await said(scene)) == (before, messages)
    await sound(scene)
