"""What everybody is told of an act, and what chance leaves behind: versions, news, counters, loads."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from router import handling, placing
from router.errors import ActError, TooLate
from router.ids import ConversationId, NoteId
from router.news import ConversationNews
from router.staff import Operator
from router.storage import Conflict
from tests.desk import Desk
from tests.router.scene import Scene, a_scene


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    return await a_scene(desk)


async def test_every_act_raises_the_version_by_one_and_tells_before_and_after(
    scene: Scene,
) -> None:
    id_ = await scene.waiting()
    until = scene.desk.clock.now() + timedelta(minutes=5)
    acts: list[Callable[[], Awaitable[object]]] = [
        lambda: scene.place(scene.anna, id_, offer_s=60),
        lambda: scene.act(handling.decline, id_, scene.anna.id, reason=""),
        lambda: scene.act(handling.take, id_, scene.anna),
        lambda: scene.act(handling.join, id_, scene.boris.id),
        lambda: scene.act(handling.leave, id_, scene.boris.id),
        lambda: scene.act(handling.see, id_, scene.anna.id, seq=1),
        lambda: scene.act(handling.note, id_, scene.anna.id, note_id=NoteId(uuid4()), text="a"),
        lambda: scene.act(handling.snooze, id_, scene.anna.id, until=until),
        lambda: scene.desk.writes("woken", inbox=scene.inbox),
        lambda: scene.act(handling.transfer, id_, scene.anna.id, **to(scene.boris)),
        lambda: scene.act(handling.release, scene.boris.id),
        lambda: scene.place(scene.boris, id_),
        lambda: scene.act(handling.close, id_, None, reason=""),
        lambda: scene.act(handling.reopen, id_, scene.anna.id),
    ]
    before = await scene.desk.again(id_)
    for act in acts:
        scene.desk.news.clear()
        await act()
        after = await scene.desk.again(id_)
        (news,) = (one for one in scene.desk.news if isinstance(one, ConversationNews))
        assert after.version == before.version + 1
        assert news.conversation == after
        assert news.before is not None
        assert (news.before.state, news.before.owner_id, news.before.line_id) == (
            before.state,
            before.owner_id,
            before.line_id,
        )
        before = after


async def test_news_of_a_new_conversation_has_nothing_before_it(scene: Scene) -> None:
    await scene.waiting()
    (news,) = (one for one in scene.desk.news if isinstance(one, ConversationNews))
    assert (news.before, news.event) == (None, "MessageReceived")
    assert [mark.event for mark in news.marks] == ["ConversationOpened"]


async def test_an_act_that_came_too_late_leaves_no_trace(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    before = await scene.desk.again(id_)
    scene.desk.news.clear()
    with pytest.raises(TooLate):
        await scene.act(handling.take, id_, scene.boris)
    assert (await scene.desk.again(id_), scene.desk.news) == (before, [])


# --- chance ------------------------------------------------------------------

Act = Callable[[], Awaitable[object]]


def some_act(scene: Scene, id_: ConversationId, chance: random.Random) -> Act:
    """Something that an operator, the distributor or the clock may do to a conversation."""
    one, other = chance.sample(scene.operators, 2)
    until = scene.desk.clock.now() + timedelta(minutes=chance.randint(1, 9))
    line = {"to_operator": None, "to_line": scene.line.id, "comment": ""}
    acts: list[Act] = [
        lambda: scene.place(one, id_, offer_s=chance.choice([60, None])),
        lambda: expire(scene, id_),
        lambda: scene.act(handling.accept, id_, one.id),
        lambda: scene.act(handling.decline, id_, one.id, reason=""),
        lambda: scene.act(handling.take, id_, one),
        lambda: scene.act(handling.transfer, id_, one.id, **to(other)),
        lambda: scene.act(handling.transfer, id_, one.id, **line),
        lambda: scene.act(handling.close, id_, one.id, reason=""),
        lambda: scene.act(handling.reopen, id_, one.id),
        lambda: scene.act(handling.snooze, id_, one.id, until=until),
        lambda: scene.act(placing.wake_snoozed, id_),
        lambda: scene.act(handling.join, id_, one.id),
        lambda: scene.act(handling.leave, id_, one.id),
        lambda: scene.act(handling.note, id_, one.id, note_id=NoteId(uuid4()), text="a"),
        lambda: scene.act(handling.see, id_, one.id, seq=chance.randint(1, 5)),
        lambda: scene.act(handling.release, one.id),
    ]
    return chance.choice(acts)


def to(operator: Operator) -> dict[str, object]:
    return {"to_operator": operator, "to_line": None, "comment": "yours"}


async def expire(scene: Scene, id_: ConversationId) -> None:
    async with scene.desk.storage.reading() as tx:
        offers = await tx.offers.live(id_)
    for offer in offers:
        await scene.act(placing.expire, offer, missed_limit=99)


async def try_to(act: Act) -> bool:
    """Whether it could be done."""
    try:
        await act()
    except (ActError, Conflict):
        return False
    return True


@pytest.mark.parametrize("seed", range(3))
async def test_loads_and_counters_stay_true_whatever_happens(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    everybody = [f"v{number}" for number in range(4)]
    ids = [await scene.waiting(who) for who in everybody]
    versions = {id_: (await scene.desk.again(id_)).version for id_ in ids}
    for step in range(150):
        id_ = chance.choice(ids)
        scene.desk.news.clear()
        if chance.random() < 0.1:
            await scene.desk.writes("more", inbox=scene.inbox, who=everybody[ids.index(id_)])
        else:
            await try_to(some_act(scene, id_, chance))
        for news in scene.desk.news:
            if isinstance(news, ConversationNews) and news.conversation.id in versions:
                versions[news.conversation.id] += 1
                assert news.conversation.version == versions[news.conversation.id]
        if step % 25 == 24:
            await scene.sound()
            async with scene.desk.storage.transaction() as tx:
                while await tx.record.fold_counters():
                    pass
            await scene.sound()


@pytest.mark.parametrize("seed", range(3))
async def test_operators_who_race_never_share_a_conversation(
    postgresql_desk: Desk, seed: int
) -> None:
    scene = await a_scene(postgresql_desk, more=2)
    chance = random.Random(seed)
    ids = [await scene.waiting(f"v{number}") for number in range(5)]

    async def somebody(number: int) -> int:
        own = random.Random(seed * 100 + number)
        done = [await try_to(some_act(scene, own.choice(ids), own)) for _ in range(20)]
        return sum(done)

    done = await asyncio.gather(*(somebody(number) for number in range(8)))
    assert sum(done) > 20, chance
    await scene.sound()


async def test_eight_takers_make_one_owner_and_pass_no_cap(postgresql_desk: Desk) -> None:
    scene = await a_scene(postgresql_desk, more=2)
    ids = [await scene.waiting(f"v{number}") for number in range(12)]
    takes = [
        try_to(lambda one=one, id_=id_: scene.act(handling.take, id_, one))  # type: ignore[misc]
        for id_ in ids
        for one in scene.operators
    ]
    random.Random(1).shuffle(takes)
    done = await asyncio.gather(*takes)
    assert sum(done) == 8
    assert [await scene.load(one) for one in scene.operators] == [(2, 0)] * 4
    await scene.sound()


async def test_an_accept_beside_an_expiry_has_one_outcome(postgresql_desk: Desk) -> None:
    scene = await a_scene(postgresql_desk)
    for number in range(10):
        id_ = await scene.offered(scene.anna, f"v{number}")
        accepted, _ = await asyncio.gather(
            try_to(lambda id_=id_: scene.act(handling.accept, id_, scene.anna.id)),  # type: ignore[misc]
            expire(scene, id_),
        )
        after = await scene.desk.again(id_)
        assert (after.owner_id == scene.anna.id) == accepted
        await scene.sound()
        await scene.act(handling.close, id_, None, reason="")
