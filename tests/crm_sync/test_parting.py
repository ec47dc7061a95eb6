"""What was split from another is logged once, to the lead of whose it was: `crm_sync.parting`."""

from collections.abc import Awaitable, Callable, Sequence
from random import Random

import pytest

from crm_sync.crm import CrmRef, Lead, TimelineEntry
from crm_sync.local import LocalCrm
from crm_sync.sync import Sync
from router import splitting
from router.errors import Unconfirmed
from router.ids import LineId
from router.model import Conversation, State
from router.queueing import LeadWhen
from router.splitting import Matter
from router.storage import LostLease
from router.storage.leads import Stage
from tests.crm_sync.shop import Died, Shop, a_shop, dying, leads, log_of
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk


async def split(shop: Shop, from_seq: int, **matter: object) -> Conversation:
    whole, now = await shop.desk.conversation(shop.inbox, "vera"), shop.desk.clock.now()
    given = Matter(**matter)  # type: ignore[arg-type]
    return await shop.desk.storage.run(
        lambda tx: splitting.split(
            tx, whole.id, shop.anna.id, from_seq=from_seq, matter=given, now=now
        )
    )


async def undo(shop: Shop) -> Conversation:
    later, now = await shop.desk.conversation(shop.inbox, "vera"), shop.desk.clock.now()
    assert later.split_from is not None
    first = later.split_from
    return await shop.desk.storage.run(
        lambda tx: splitting.unsplit(tx, first, shop.anna.id, now=now)
    )


async def said(shop: Shop, *texts: str) -> None:
    for text in texts:
        shop.desk.clock.move(1)
        await shop.writes(text)


def posted(crm: StrictCrm) -> dict[CrmRef | None, str]:
    """What stands in each lead."""
    found: dict[CrmRef | None, str] = {}
    for post in crm.of_kind("post"):
        found[post.near] = found.get(post.near, "") + post.texts[0]
    return found


async def test_the_other_matter_has_a_lead_of_its_own(shop: Shop, local: LocalCrm) -> None:
    await said(shop, "my order", "my bill", "is wrong")
    await shop.takes(shop.anna)
    await shop.desk.works()
    later = await split(shop, 2, own_lead=True, subject="The bill")
    await said(shop, "well?")
    await shop.desk.works()
    bill, order = sorted(await leads(local), key=lambda one: one.title)[::-1]
    bill, order = (bill, order) if "bill" in bill.title else (order, bill)
    assert bill.title.endswith("The bill")
    assert (await shop.desk.again(later.id)).lead_id == bill.id
    # What stood in the order's timeline before stays there, and is not said twice.
    texts = [text for _, text in await log_of(local, order)]
    assert texts[:3] == ["my order", "my bill", "is wrong"]
    assert [text for _, text in await log_of(local, bill)] == [
        "The conversation is with Anna",
        "well?",
    ]


async def test_what_was_not_logged_yet_goes_to_whose_it_is(shop: Shop, local: LocalCrm) -> None:
    await said(shop, "my order", "my bill")
    later = await split(shop, 2, own_lead=True, subject="The bill")
    await shop.desk.works()
    by_id = {one.id: one for one in await leads(local)}
    bill = by_id.pop((await shop.desk.again(later.id)).lead_id)  # type: ignore[arg-type]
    (order,) = by_id.values()
    assert [text for _, text in await log_of(local, bill)] == ["my bill"]
    assert (await log_of(local, order))[0][1] == "my order"


async def test_without_a_lead_of_its_own_it_goes_on_in_the_first(
    shop: Shop, local: LocalCrm
) -> None:
    await said(shop, "my order", "my bill")
    await shop.takes(shop.anna)
    later = await split(shop, 2, to_operator=shop.boris)
    await shop.desk.works()
    (lead,) = await leads(local)
    assert (await shop.desk.again(later.id)).lead_id == lead.id
    texts = [text for _, text in await log_of(local, lead)]
    assert [text for text in texts if text.startswith("my")] == ["my order", "my bill"]
    assert lead.owner_id == shop.boris.id


async def test_it_goes_on_in_the_first_also_when_that_has_ended(
    shop: Shop, local: LocalCrm
) -> None:
    await said(shop, "my order")
    await shop.desk.works()
    (lead,) = await leads(local)
    await local.change(lead.id, stage=Stage.WON)
    await said(shop, "my bill")
    await split(shop, 2)
    await shop.desk.works()
    assert [one.id for one in await leads(local)] == [lead.id]


async def test_taken_back_the_rest_is_logged_where_it_was_before(
    shop: Shop, local: LocalCrm
) -> None:
    await said(shop, "my order", "my bill")
    await shop.desk.works()
    (order,) = await leads(local)
    await split(shop, 2, own_lead=True)
    await said(shop, "is wrong")
    await shop.desk.works()
    await undo(shop)
    await said(shop, "well?")
    await shop.desk.works()
    (other,) = [one for one in await leads(local) if one.id != order.id]
    assert [t for _, t in await log_of(local, order) if not t.startswith("The conv")] == [
        "my order",
        "my bill",
        "well?",
    ]
    assert "is wrong" in [text for _, text in await log_of(local, other)]


async def test_a_lead_on_a_line_that_makes_them_at_once_does_not_hide_what_waits(
    desk: Desk, local: LocalCrm
) -> None:
    """The later one is logged before the earlier, which waits for a contact; then they are one."""
    shop = await a_shop(desk, local, account="local")
    bills = await desk.line("bills", lead_when=LeadWhen.AT_ONCE)
    for text in ("my order", "my bill"):
        await shop.writes(text, phone=False)
    later = await split(shop, 2, to_line=LineId(bills.id))
    async with desk.storage.transaction() as tx:
        tx.lanes.wake("crm", later.customer_id, desk.clock.now())
    await desk.works()
    assert len(await leads(local)) == 1
    await undo(shop)
    await shop.writes("call me")
    await desk.works()
    texts = [t for lead in await leads(local) for _, t in await log_of(local, lead)]
    assert sorted(t for t in texts if t.startswith(("my", "call"))) == [
        "call me",
        "my bill",
        "my order",
    ]


class Meanwhile(StrictCrm):
    """Somebody splits the conversation while a post is under way."""

    shop: Shop

    async def append(self, entries: Sequence[TimelineEntry], to: CrmRef) -> CrmRef:
        ref = await super().append(entries, to)
        if not self.split:
            self.split = True
            await split(self.shop, 2, own_lead=True)
        return ref

    split = False


@pytest.mark.parametrize("lost", [False, True], ids=["heard", "lost"])
async def test_a_split_while_a_post_is_under_way_doubles_nothing(
    desk: Desk, crm: StrictCrm, lost: bool
) -> None:
    slow = Meanwhile(crm.users)
    slow.shop = shop = await a_shop(desk, slow, account="far")
    await said(shop, "my order", "my bill", "is wrong")
    if lost:
        slow.fail("append", Unconfirmed("no answer"), done=True)
        await shop.tries(Unconfirmed)
        slow.split = True
        desk.clock.move(1)
        await split(shop, 2, own_lead=True)
        await said(shop, "well?")
        desk.clock.move(slow.capabilities.lookup_lag_s)
    await desk.works()
    whole = "".join(slow.posts)
    assert [whole.count(text) for text in ("my order", "my bill", "is wrong")] == [1, 1, 1]
    assert whole.count("well?") == (1 if lost else 0)
    assert "closed: split" in whole
    assert len(slow.of_kind("lead")) == 2


async def test_a_long_message_that_was_begun_is_ended_by_whose_it_is(
    far: Shop, crm: StrictCrm
) -> None:
    words = " ".join(f"word{number:04}" for number in range(600))
    await said(far, "my order", words)
    for _ in range(2):
        await far.stumbles()
    assert 0 < len(crm.posts) < 4
    await split(far, 2, own_lead=True)
    for _ in range(9):
        await far.stumbles()
    whole = "".join(crm.posts)
    assert all(whole.count(f"word{number:04}") == 1 for number in range(600))
    assert [("word0000" in text, "word0599" in text) for text in posted(crm).values()] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("method", ["append", "append_in"])
async def test_a_worker_killed_while_it_logs_and_a_split_then_double_nothing(
    shop: Shop, local: LocalCrm, method: str
) -> None:
    await said(shop, "my order", "my bill", "is wrong")
    await dies(shop, local, method)
    await split(shop, 2, own_lead=True)
    await said(shop, "well?")
    await shop.desk.works()
    assert await logged(local) == ["is wrong", "my bill", "my order", "well?"]


async def test_a_worker_that_was_overtaken_logs_nothing(shop: Shop, local: LocalCrm) -> None:
    """Its lease ended while it thought; another went on, after a split."""
    await said(shop, "my order", "my bill")
    slow = await shop.lane()

    async def others() -> None:
        shop.desk.clock.move(60)
        await split(shop, 2, own_lead=True)
        await shop.desk.works()

    late = Late(local, others)
    with pytest.raises(LostLease):
        await Sync(shop.desk.storage, shop.desk.clock, late, account="local").step(slow)
    assert await logged(local) == ["my bill", "my order"]


class Late(LocalCrm):
    """Much happens before it is heard of a lead."""

    def __init__(self, crm: LocalCrm, meanwhile: Callable[[], Awaitable[None]]) -> None:
        vars(self).update(vars(crm))
        self.meanwhile = meanwhile

    async def save_lead(self, lead: Lead, ref: CrmRef | None) -> CrmRef:
        made = await super().save_lead(lead, ref)
        await self.meanwhile()
        return made


async def dies(shop: Shop, local: LocalCrm, method: str) -> None:
    """One step, in which the process dies after that call, if it makes it."""
    steady, shop.sync = (
        shop.sync,
        Sync(shop.desk.storage, shop.desk.clock, dying(local, method), account="local"),
    )
    await shop.stumbles()
    shop.sync = steady


async def logged(local: LocalCrm) -> list[str]:
    """What was said, as all timelines have it."""
    pages = [await local.timeline(lead.id, limit=200) for lead in await leads(local)]
    return sorted(one.text for page in pages for one in page.items if one.kind == "message")


@pytest.mark.parametrize("seed", range(8))
async def test_however_it_was_split_the_built_in_crm_logs_each_message_once(
    shop: Shop, local: LocalCrm, seed: int
) -> None:
    chance, texts = Random(seed), []
    for number in range(25):
        texts.append(f"text-{number:02}")
        await said(shop, texts[-1])
        here = await shop.desk.conversation(shop.inbox, "vera")
        match chance.randrange(7):
            case 0 if here.first_seq < here.last_seq:
                from_seq = chance.randint(here.first_seq + 1, here.last_seq)
                await split(shop, from_seq, own_lead=chance.random() < 0.5)
            case 1 if here.split_from is not None and here.state is not State.CLOSED:
                await undo(shop)
            case 2:
                await dies(shop, local, "save_lead")
            case 3:
                await dies(shop, local, chance.choice(("append", "append_in")))
                if here.first_seq < here.last_seq:
                    await split(shop, here.last_seq, own_lead=True)
            case 4:
                await shop.stumbles()
            case _:
                pass
    await shop.desk.works()
    assert await logged(local) == texts


@pytest.mark.parametrize("seed", range(12))
async def test_however_it_was_split_each_message_is_logged_once(
    far: Shop, crm: StrictCrm, seed: int
) -> None:
    chance, texts = Random(seed), []
    for number in range(25):
        texts.append(f"text-{number:02}")
        await said(far, texts[-1])
        here = await far.desk.conversation(far.inbox, "vera")
        match chance.randrange(6):
            case 0 if here.first_seq < here.last_seq:
                from_seq = chance.randint(here.first_seq + 1, here.last_seq)
                await split(far, from_seq, own_lead=chance.random() < 0.5)
            case 1 if here.split_from is not None and here.state is not State.CLOSED:
                await undo(far)
            case 2:
                await far.stumbles()
            case 3:
                error = chance.choice((Died(), Unconfirmed("no answer")))
                crm.fail("append", error, done=chance.random() < 0.5)
                await far.stumbles()
            case _:
                pass
    for _ in range(60):
        await far.stumbles()
    whole = "".join(crm.posts)
    assert [text for text in texts if whole.count(text) != 1] == []
