"""The distributor's acts: `router.placing`."""

from datetime import timedelta

import pytest

from router import placing
from router.model import State
from router.staff import Status
from router.storage import Conflict
from tests.desk import Desk
from tests.router.scene import Scene, a_scene


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    return await a_scene(desk)


async def test_an_offer_is_held_out_to_one_operator_until_its_deadline(scene: Scene) -> None:
    conversation = await scene.desk.again(await scene.offered(scene.anna))
    assert (conversation.state, conversation.offered_to) == (State.OFFERED, scene.anna.id)
    assert conversation.offer_deadline == scene.desk.clock.now() + timedelta(seconds=60)
    assert await scene.load(scene.anna) == (0, 1)
    await scene.sound()


async def test_placing_without_a_deadline_assigns(scene: Scene) -> None:
    ids = [await scene.waiting(f"v{number}") for number in range(2)]
    await scene.place(scene.anna, *ids)
    for id_ in ids:
        placed = await scene.desk.again(id_)
        assert (placed.state, placed.owner_id) == (State.OPEN, scene.anna.id)
    assert await scene.load(scene.anna) == (2, 0)
    await scene.sound()


@pytest.mark.parametrize("offer_s", [60, None])
async def test_nobody_is_given_more_than_fits(scene: Scene, offer_s: float | None) -> None:
    ids = [await scene.waiting(f"v{number}") for number in range(3)]
    with pytest.raises(Conflict):
        await scene.place(scene.anna, *ids, offer_s=offer_s)
    assert await scene.load(scene.anna) == (0, 0)
    await scene.place(scene.anna, *ids[:2], offer_s=offer_s)
    assert sum(await scene.load(scene.anna)) == 2
    await scene.sound()


async def test_a_missed_offer_waits_where_it_stood_and_counts(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    before = await scene.desk.again(id_)
    async with scene.desk.storage.reading() as tx:
        (offer,) = await tx.offers.live(id_)
    assert await scene.act(placing.expire, offer, missed_limit=2)
    assert not await scene.act(placing.expire, offer, missed_limit=2)
    after = await scene.desk.again(id_)
    assert (after.state, after.offered_to, after.rank_at) == (State.WAITING, None, before.rank_at)
    async with scene.desk.storage.reading() as tx:
        presence = await tx.presence.get(scene.anna.id)
    assert presence is not None
    assert presence.missed_offers == 1
    assert await scene.load(scene.anna) == (0, 0)


async def test_one_missed_offer_too_many_sets_away(scene: Scene) -> None:
    for number in range(2):
        await scene.offered(scene.anna, f"v{number}")
    async with scene.desk.storage.reading() as tx:
        offers = await tx.offers.due(scene.line.id, scene.desk.clock.now() + timedelta(hours=1))
    for offer in offers:
        await scene.act(placing.expire, offer, missed_limit=2)
    async with scene.desk.storage.reading() as tx:
        presence = await tx.presence.get(scene.anna.id)
    assert presence is not None
    assert presence.status is Status.AWAY
