"""The built-in CRM as the console's leads pages see it: `crm_sync.local`."""

import pytest

from crm_sync.crm import CrmRef
from crm_sync.local import LEAD, LocalCrm
from router.errors import Invalid, NotFound
from router.ids import LeadId, OperatorId, new_id
from router.indexing import index_all
from router.news import LeadNews
from router.storage.leads import Stage
from tests.clock import NOON
from tests.crm_sync.shop import PHONE, Shop, leads, log_of


async def test_a_lead_is_found_as_people_write_its_phone(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.desk.works()
    await index_all(shop.desk.storage)
    for words in ("8 (900) 123-45-67", "+7 900 1234567", "sHo", " +79001234567 "):
        assert len((await local.leads(words=words)).items) == 1, words
    for words in ("8 900 123-45-68", "vera@example.com", "no such lead"):
        assert len((await local.leads(words=words)).items) == 0, words


async def test_a_change_is_told_to_those_who_look(shop: Shop, local: LocalCrm) -> None:
    conversation = await shop.writes()
    await shop.desk.works()
    (lead,) = await leads(local)
    shop.desk.news.clear()
    shop.desk.clock.move(60)
    changed = await local.change(
        lead.id, title=" Red dress ", stage=Stage.IN_PROGRESS, owner_id=shop.anna.id
    )
    assert (changed.title, changed.stage, changed.owner_id) == (
        "Red dress",
        Stage.IN_PROGRESS,
        shop.anna.id,
    )
    assert (changed.made_at, changed.changed_at) == (NOON, shop.desk.clock.now())
    assert await local.lead(lead.id) == changed
    assert LeadNews(conversation.customer_id, shop.line.id) in shop.desk.news
    assert (await shop.desk.customer(shop.inbox, "vera")).responsible_id == shop.anna.id


async def test_what_is_not_given_stays(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.desk.works()
    (lead,) = await leads(local)
    assert (await local.change(lead.id, stage=Stage.WON)).owner_id == shop.anna.id


async def test_nonsense_changes_nothing(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.desk.works()
    (lead,) = await leads(local)
    with pytest.raises(Invalid):
        await local.change(lead.id, title="  ")
    with pytest.raises(Invalid):
        await local.change(lead.id, owner_id=OperatorId(new_id()))
    assert await leads(local) == [lead]


async def test_what_is_not_there_is_not_found(local: LocalCrm) -> None:
    nowhere = LeadId(new_id())
    for call in (local.lead(nowhere), local.timeline(nowhere), local.change(nowhere)):
        with pytest.raises(NotFound):
            await call


async def test_a_customers_leads_come_with_their_timelines(shop: Shop, local: LocalCrm) -> None:
    conversation = await shop.writes("Hello")
    await shop.answers("Good day")
    await shop.desk.works()
    (lead,) = await local.leads_of(conversation.customer_id)
    assert lead.contacts == (PHONE,)
    assert await log_of(local, lead) == [("Customer", "Hello"), ("Anna", "Good day")]
    assert local.url(CrmRef(LEAD, str(lead.id))) == f"http://desk.example/console/leads/{lead.id}"


async def test_what_was_edited_says_so_where_it_stands(shop: Shop, local: LocalCrm) -> None:
    await shop.writes("in red", name="a")
    await shop.desk.works()
    await shop.edits("a", "in green")
    await shop.desk.works()
    (lead,) = await leads(local)
    edit, said = (await local.timeline(lead.id)).items
    assert (said.text, said.edited_at) == ("in red", shop.desk.clock.now())
    assert (edit.kind, edit.text, edit.author) == ("edit", "in green", "Customer")


async def test_of_what_was_withdrawn_no_text_is_kept(shop: Shop, local: LocalCrm) -> None:
    await shop.writes("my card is 4111", name="a")
    await shop.desk.works()
    await shop.edits("a", "my card is 4222")
    await shop.desk.works()
    await shop.withdraws("a")
    await shop.desk.works()
    (lead,) = await leads(local)
    entries = (await local.timeline(lead.id)).items
    assert [one.kind for one in entries] == ["withdrawal", "edit", "message"]
    assert all(one.text == "" and one.withdrawn_at for one in entries)


async def test_what_is_withdrawn_is_withdrawn_on_the_lead_before_too(
    shop: Shop, local: LocalCrm
) -> None:
    conversation = await shop.writes("secret", name="a")
    await shop.desk.works()
    (before,) = await leads(local)
    await local.change(before.id, stage=Stage.LOST)
    async with shop.desk.storage.transaction() as tx:
        await tx.crm.part(conversation.customer_id)
    await shop.withdraws("a")
    await shop.writes("Hello again")
    await shop.desk.works()
    assert len(await leads(local)) == 2
    assert [one.text for one in (await local.timeline(before.id)).items] == [""]


async def test_the_built_in_timeline_knows_what_happened_apart_from_its_words(
    shop: Shop, local: LocalCrm
) -> None:
    await shop.writes("Hello")
    await shop.takes(shop.anna)
    await shop.desk.works()
    (lead,) = await leads(local)
    taken, said = (await local.timeline(lead.id)).items
    assert (taken.turn, taken.data) == ("assigned", {"who": "Anna"})
    assert (said.turn, said.data) == (None, {"by": "customer"})
