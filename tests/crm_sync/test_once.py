"""Nothing is made twice in a CRM, whatever dies in between: `crm_sync.once`."""

import re
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from crm_sync.local import LocalCrm
from crm_sync.progress import Logged
from crm_sync.sync import Sync
from router.errors import BadCredentials, Rejected, Unconfirmed, Unreachable
from tests.crm_sync.shop import Died, Shop, a_shop, dying, leads, log_of
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk

LOST = Unconfirmed("no answer")


@pytest.mark.parametrize("method", ["save_person", "save_lead", "append"])
@pytest.mark.parametrize("done", [True, False], ids=["done", "not-done"])
@pytest.mark.parametrize("blind", [True, False], ids=["blind", "seeing"])
async def test_a_lost_answer_doubles_nothing(
    far: Shop, crm: StrictCrm, method: str, done: bool, blind: bool
) -> None:
    crm.blind = blind
    await far.writes("once")
    crm.fail(method, LOST, done=done)
    await far.tries(Unconfirmed)
    far.desk.clock.move(crm.capabilities.lookup_lag_s)
    await far.desk.works()
    assert len(crm.of_kind("person")) == len(crm.of_kind("lead")) == 1
    assert "".join(crm.posts).count("once") == 1
    assert (await far.progress()).state is Logged.SYNCED


async def test_what_may_not_be_found_yet_is_not_looked_for(far: Shop, crm: StrictCrm) -> None:
    await far.writes("once")
    crm.fail("append", LOST, done=True)
    await far.tries(Unconfirmed)
    far.desk.clock.move(crm.capabilities.lookup_lag_s - 1)
    await far.tries(Unconfirmed)
    assert "find_key" not in crm.calls
    assert len(crm.posts) == 1


async def test_a_post_whose_answer_was_lost_is_not_mixed_with_what_came_after(
    far: Shop, crm: StrictCrm
) -> None:
    await far.writes("first")
    crm.fail("append", LOST, done=True)
    await far.tries(Unconfirmed)
    await far.writes("second")
    far.desk.clock.move(crm.capabilities.lookup_lag_s)
    await far.desk.works()
    assert [("first" in post, "second" in post) for post in crm.posts] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("after", ["save_person", "save_lead", "append", "assign"])
async def test_a_worker_killed_after_a_call_doubles_nothing(
    far: Shop, crm: StrictCrm, after: str
) -> None:
    crm.blind = True
    await far.writes("once")
    if after == "assign":
        await far.desk.works()
        await far.takes(far.anna)
    crm.fail(after, Died(), done=True)
    lane = await far.lane()
    with pytest.raises(Died):
        await far.sync.step(lane)
    far.desk.clock.move(60)
    await far.desk.works()
    assert len(crm.of_kind("person")) == len(crm.of_kind("lead")) == 1
    assert "".join(crm.posts).count("once") == 1
    assert (await far.progress()).state is Logged.SYNCED


async def test_the_built_in_crm_is_not_doubled_by_a_worker_killed_after_each_call(
    desk: Desk, local: LocalCrm
) -> None:
    shop = await a_shop(desk, local, account="local")
    await shop.writes("once")
    for method in ("save_person", "save_lead", "append_in"):
        shop.sync = Sync(desk.storage, desk.clock, dying(local, method), account="local")
        lane = await shop.lane()
        with pytest.raises(Died):
            await shop.sync.step(lane)
        desk.clock.move(60)
    await desk.works()
    (lead,) = await leads(local)
    assert await log_of(local, lead) == [("Customer", "once")]


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_fails_everything_is_there_once_and_in_order(
    far: Shop, crm: StrictCrm, seed: int
) -> None:
    chance = Random(seed)
    crm.blind = seed % 2 == 0
    methods = (
        "find",
        "find_key",
        "save_person",
        "save_lead",
        "append",
        "assign",
        "read",
        "choices",
    )
    said: list[str] = []
    await far.writes("word000.")
    await far.takes(far.anna)
    for number in range(1, 60):
        if chance.random() < 0.4:
            said.append(f"word{number:03}.")
            await (far.writes if chance.random() < 0.6 else far.answers)(said[-1])
        if chance.random() < 0.7:
            error = chance.choice(
                (LOST, LOST, Died(), Unreachable("away"), Rejected("no"), BadCredentials("who?"))
            )
            # Only an answer that is lost leaves open whether it was done.
            done = isinstance(error, (Unconfirmed, Died)) and chance.random() < 0.5
            crm.fail(chance.choice(methods), error, done=done)
        await far.stumbles()
    crm.failures.clear()
    await far.stumbles()
    await far.desk.works()
    whole = "".join(crm.posts)
    assert [word for word in said if whole.count(word) != 1] == []
    assert [whole.index(word) for word in said] == sorted(whole.index(word) for word in said)
    assert len(crm.of_kind("person")) == len(crm.of_kind("lead")) == 1
    assert crm.of_kind("lead")[0].owner == crm.users[0]
    assert (await far.progress()).state is Logged.SYNCED


# --- edits ------------------------------------------------------------------------------

HEAD = re.compile(r"^\d\d\.\d\d\.\d{4} \d\d:\d\d (.+)$", re.MULTILINE)


async def talks(shop: Shop, chance: Random, *, between: Callable[[], Awaitable[None]]) -> list[str]:
    """A customer writes, edits and withdraws at random; gives what they did, in order."""
    did, texts = ["message"], {"m0": "word000."}
    await shop.writes("word000.", name="m0")
    for number in range(1, 40):
        name, word = chance.choice(list(texts) or ["gone"]), f"word{number:03}."
        match chance.choice(("message", "message", "edit", "edit", "withdrawal")):
            case "edit" if name in texts:
                await shop.edits(name, word)
                texts[name] = word
                did.append("edit")
            case "withdrawal" if name in texts:
                await shop.withdraws(name)
                del texts[name]
                did.append("withdrawal")
            case _:
                await shop.writes(word, name=f"m{number}")
                texts[f"m{number}"] = word
                did.append("message")
        await between()
    return [*did, *texts.values()]


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_every_edit_is_there_once_and_in_its_place(
    far: Shop, crm: StrictCrm, seed: int
) -> None:
    chance = Random(seed)

    async def between() -> None:
        if chance.random() < 0.6:
            error = chance.choice((LOST, Died(), Unreachable("away"), Rejected("no")))
            done = isinstance(error, (Unconfirmed, Died)) and chance.random() < 0.5
            crm.fail(chance.choice(("append", "append", "find_key", "save_lead")), error, done=done)
        await far.stumbles()

    did = await talks(far, chance, between=between)
    crm.failures.clear()
    await far.stumbles()
    await far.desk.works()
    whole = "\n".join(crm.posts)
    heads = [_kind(head) for head in HEAD.findall(whole)]
    assert heads == [one for one in did if not one.startswith("word")]
    assert [word for word in did if word.startswith("word") and word not in whole] == []
    assert (await far.progress()).state is Logged.SYNCED


def _kind(head: str) -> str:
    return "edit" if "edited" in head else "withdrawal" if "withdrew" in head else "message"


@pytest.mark.parametrize("seed", range(6))
async def test_the_built_in_crm_keeps_every_edit_and_nothing_that_was_withdrawn(
    desk: Desk, local: LocalCrm, seed: int
) -> None:
    shop, chance = await a_shop(desk, local, account="local"), Random(seed)
    steady = shop.sync

    async def between() -> None:
        at = chance.choice(("save_person", "save_lead", "append_in"))
        dies = Sync(desk.storage, desk.clock, dying(local, at), account="local")
        shop.sync = dies if chance.random() < 0.5 else steady
        await shop.stumbles()

    did = await talks(shop, chance, between=between)
    shop.sync = steady
    await shop.stumbles()
    await desk.works()
    (lead,) = await leads(local)
    entries = list((await local.timeline(lead.id, limit=200)).items)[::-1]
    assert [one.kind for one in entries] == [one for one in did if not one.startswith("word")]
    standing = {one.message_id: one.text for one in entries if one.text}
    assert set(standing.values()) == {word for word in did if word.startswith("word")}
    withdrawn = {one.message_id for one in entries if one.kind == "withdrawal"}
    assert all(one.text == "" for one in entries if one.message_id in withdrawn)
