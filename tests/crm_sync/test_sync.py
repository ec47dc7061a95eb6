"""What was said and done reaches the CRM, in order: `crm_sync.sync`."""

from dataclasses import replace

from crm_sync.crm import CrmUser, Lead, Person, Source
from crm_sync.local import LocalCrm
from crm_sync.progress import Logged, Progress
from crm_sync.sync import Sync
from router import identity
from router.ids import CustomerId, LeadId, OperatorId, new_id
from router.model import Visit
from router.news import LeadNews
from router.queueing import LeadWhen
from router.storage import Transaction
from router.storage.leads import Stage
from tests.crm_sync.shop import PHONE, Shop, leads, log_of
from tests.crm_sync.strict import StrictCrm
from tests.desk import Desk

# --- when there is a lead -------------------------------------------------------------


async def test_a_visitor_without_a_contact_is_no_lead(shop: Shop, local: LocalCrm) -> None:
    await shop.writes(phone=False)
    assert await shop.desk.works() == 0
    assert await leads(local) == []
    assert (await shop.progress()).state is Logged.NONE


async def test_a_visitor_who_leaves_a_phone_becomes_one_with_all_that_was_said(
    shop: Shop, local: LocalCrm
) -> None:
    await shop.writes("Do you have it in red?", phone=False)
    await shop.desk.works()
    await shop.writes("My phone is +7 900 123-45-67")
    await shop.desk.works()
    (lead,) = await leads(local)
    assert lead.contacts == (PHONE,)
    assert lead.title == "+79001234567 · Shop"
    assert lead.source == "Shop rest · Shop"
    assert [text for _, text in await log_of(local, lead)] == [
        "Do you have it in red?",
        "My phone is +7 900 123-45-67",
    ]


async def test_a_contact_alone_is_enough(shop: Shop, local: LocalCrm) -> None:
    conversation = await shop.writes(phone=False)
    await shop.desk.works()

    async def act(tx: Transaction) -> None:
        now = shop.desk.clock.now()
        await identity.describe(
            tx, conversation.customer_id, name="Vera", contacts=[PHONE], now=now
        )

    await shop.desk.storage.run(act)
    await shop.desk.works()
    (lead,) = await leads(local)
    assert (lead.person_name, lead.contacts) == ("Vera", (PHONE,))


async def test_a_line_may_make_leads_at_once(desk: Desk, local: LocalCrm) -> None:
    line = await desk.line(lead_when=LeadWhen.AT_ONCE, language="en")
    inbox = await desk.inbox(line)
    desk.steps["crm"] = Sync(desk.storage, desk.clock, local, account="local").step
    await desk.writes(inbox=inbox)
    await desk.works()
    assert [lead.title for lead in await leads(local)] == ["Visitor · Shop"]


async def test_a_lead_knows_the_campaign_by_which_the_visitor_came(
    shop: Shop, local: LocalCrm
) -> None:
    conversation, now = await shop.writes(phone=False), shop.desk.clock.now()
    async with shop.desk.storage.transaction() as tx:
        for url in ("https://shop.example/?utm_source=ads", "https://shop.example/cart"):
            await tx.visits.put(conversation.thread_id, Visit(url, "", "", now))
    await shop.writes("My phone is +7 900 123-45-67")
    await shop.desk.works()
    (lead,) = await leads(local)
    assert lead.source == "Shop rest · Shop · https://shop.example/cart · ads"
    assert lead.utm == {"source": "ads"}


async def test_the_conversation_shows_its_lead(shop: Shop, local: LocalCrm) -> None:
    before = await shop.writes()
    await shop.desk.works()
    after = await shop.desk.again(before.id)
    (lead,) = await leads(local)
    assert (after.lead_id, after.version) == (lead.id, before.version + 1)
    assert LeadNews(before.customer_id, shop.line.id) in shop.desk.news
    assert await shop.progress() == Progress(Logged.SYNCED, logged_seq=1)


async def test_two_conversations_of_a_customer_are_one_lead(shop: Shop, local: LocalCrm) -> None:
    first = await shop.writes("Hello")
    await shop.takes(shop.anna)
    await shop.closes()
    shop.desk.clock.move(shop.line.reopen_window_s + 1)
    second = await shop.writes("Me again")
    await shop.desk.works()
    assert first.id != second.id
    (lead,) = await leads(local)
    assert (await shop.desk.again(second.id)).lead_id == lead.id
    assert [text for _, text in await log_of(local, lead)] == [
        "Hello",
        "The conversation is with Anna",
        "The conversation was closed: done",
        "Me again",
    ]


async def test_an_ended_lead_is_followed_by_a_new_one(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.closes()
    await shop.desk.works()
    (won,) = await leads(local)
    await local.change(won.id, stage=Stage.WON)
    shop.desk.clock.move(shop.line.reopen_window_s + 1)
    await shop.writes("Me again")
    await shop.desk.works()
    assert {lead.stage for lead in await leads(local)} == {Stage.WON, Stage.NEW}


async def test_a_claimed_phone_joins_nobody(shop: Shop, local: LocalCrm) -> None:
    proven = replace(PHONE, proven=True)
    await shop.desk.writes("I am Vera", inbox=shop.inbox, who="vera", contacts=(proven,))
    await shop.desk.works()
    await shop.writes("No, I am", who="mallory")
    await shop.desk.works()
    assert len(await leads(local)) == 2
    assert len({lead.person_id for lead in await leads(local)}) == 2


async def test_a_proven_phone_finds_its_person(shop: Shop, local: LocalCrm) -> None:
    proven = replace(PHONE, proven=True)
    for who in ("vera", "vera-at-work"):
        await shop.desk.writes("Hello", inbox=shop.inbox, who=who, contacts=(proven,))
        await shop.desk.works()
    (lead,) = await leads(local)
    assert len(await log_of(local, lead)) == 2


async def test_linked_customers_go_on_with_one_lead(shop: Shop, local: LocalCrm) -> None:
    kept, merged = await shop.writes(who="vera"), await shop.writes(who="vera-at-work")
    await shop.desk.works()
    assert len(await leads(local)) == 2
    now = shop.desk.clock.now()
    await shop.desk.storage.run(
        lambda tx: identity.link(tx, kept.customer_id, merged.customer_id, now=now)
    )
    await shop.writes("From work", who="vera-at-work")
    await shop.desk.works()
    assert len(await local.leads_of(kept.customer_id)) == 2
    assert (await shop.progress(who="vera-at-work")).state is Logged.SYNCED


# --- whose it is ----------------------------------------------------------------------


async def test_a_lead_is_made_for_who_has_the_conversation(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.desk.works()
    assert [lead.owner_id for lead in await leads(local)] == [shop.anna.id]


async def test_a_transfer_moves_the_lead(shop: Shop, local: LocalCrm) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.desk.works()
    await shop.gives(shop.boris)
    await shop.desk.works()
    (lead,) = await leads(local)
    assert lead.owner_id == shop.boris.id
    assert (await log_of(local, lead))[-1] == ("", "Transferred: Anna → Boris")


async def test_an_owner_whom_the_crm_does_not_know_changes_nothing(
    far: Shop, crm: StrictCrm
) -> None:
    del crm.users[1]
    await far.writes()
    await far.takes(far.anna)
    await far.desk.works()
    await far.gives(far.boris)
    await far.desk.works()
    (lead,) = crm.of_kind("lead")
    assert lead.owner == crm.users[0]
    assert "Transferred: Anna → Boris" in crm.posts[-1]
    assert (await far.progress()).state is Logged.SYNCED


async def test_an_owner_chosen_in_the_crm_stays_until_ours_changes(
    shop: Shop, local: LocalCrm
) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.desk.works()
    (lead,) = await leads(local)
    await local.change(lead.id, owner_id=shop.boris.id)
    await shop.writes("And in green?")
    await shop.desk.works()
    assert (await local.lead(lead.id)).owner_id == shop.boris.id


async def responsible(shop: Shop) -> OperatorId | None:
    return (await shop.desk.customer(shop.inbox, "vera")).responsible_id


async def test_who_owns_the_lead_that_is_found_is_responsible_for_the_customer(
    far: Shop, crm: StrictCrm
) -> None:
    proven = replace(PHONE, proven=True)
    person = await crm.save_person(Person(CustomerId(new_id()), "Vera", (proven,)), None)
    lead = Lead(LeadId(new_id()), "Old", Source("", ""), CustomerId(new_id()), person, crm.users[1])
    await crm.save_lead(lead, None)
    await far.desk.writes(inbox=far.inbox, who="vera", contacts=(proven,))
    await far.desk.works()
    assert await responsible(far) == far.boris.id


async def test_an_owner_who_does_not_work_here_is_nobodys_responsible(
    far: Shop, crm: StrictCrm
) -> None:
    crm.assigns = CrmUser("9", "Clara", "clara@example.com")
    await far.writes()
    await far.desk.works()
    assert [one.owner for one in crm.of_kind("lead")] == [crm.assigns]
    assert await responsible(far) is None


async def test_the_first_owner_takes_a_lead_that_has_none(far: Shop, crm: StrictCrm) -> None:
    await far.writes()
    await far.desk.works()
    assert await responsible(far) is None
    await far.takes(far.anna)
    await far.desk.works()
    assert crm.of_kind("lead")[0].owner == crm.users[0]
    assert await responsible(far) == far.anna.id


async def test_the_first_owner_leaves_a_lead_to_whom_the_crm_gave_it(
    far: Shop, crm: StrictCrm
) -> None:
    crm.assigns = crm.users[1]
    await far.writes()
    await far.desk.works()
    await far.takes(far.anna)
    await far.desk.works()
    assert crm.of_kind("lead")[0].owner == crm.users[1]
    assert await responsible(far) == far.boris.id
    await far.gives(far.boris)
    await far.desk.works()
    assert (await far.progress()).state is Logged.SYNCED


async def test_a_transfer_changes_who_is_responsible(shop: Shop) -> None:
    await shop.writes()
    await shop.takes(shop.anna)
    await shop.desk.works()
    assert await responsible(shop) == shop.anna.id
    await shop.gives(shop.boris)
    await shop.desk.works()
    assert await responsible(shop) == shop.boris.id


# --- in order, once ---------------------------------------------------------------------


async def test_everything_is_logged_in_order_and_once(far: Shop, crm: StrictCrm) -> None:
    for number in range(30):
        await far.writes(f"question {number:02} {'long ' * 60}")
        await far.answers(f"answer {number:02}")
        if number % 7 == 0:
            await far.desk.works()
    await far.desk.works()
    whole = "\n".join(crm.posts)
    expected = [f"{what} {n:02}" for n in range(30) for what in ("question", "answer")]
    places = [whole.index(text) for text in expected]
    assert places == sorted(places)
    assert all(whole.count(text) == 1 for text in expected)
    assert len(crm.posts) < 30
    assert "find_key" not in crm.calls


async def test_what_is_said_while_the_lead_is_made_is_logged(far: Shop, crm: StrictCrm) -> None:
    await far.writes("before")
    crm.meanwhile = lambda: far.writes("meanwhile")
    await far.desk.works()
    whole = "".join(crm.posts)
    assert (whole.count("before"), whole.count("meanwhile")) == (1, 1)


async def test_who_takes_it_while_the_lead_is_made_owns_the_lead(far: Shop, crm: StrictCrm) -> None:
    await far.writes()
    crm.meanwhile = lambda: far.takes(far.anna)
    await far.desk.works()
    (lead,) = crm.of_kind("lead")
    assert lead.owner == crm.users[0]


async def test_what_is_longer_than_a_post_is_cut_and_whole(far: Shop, crm: StrictCrm) -> None:
    words = [f"word{number}" for number in range(1_000)]
    await far.writes(" ".join(words))
    await far.desk.works()
    assert len(crm.posts) > 3
    whole = "".join(crm.posts)
    assert all(word in whole for word in words)
    assert (await far.progress()).state is Logged.SYNCED


# --- what people delete there


async def test_a_lead_deleted_in_the_crm_is_followed_by_a_new_one(
    far: Shop, crm: StrictCrm
) -> None:
    await far.writes("first")
    await far.desk.works()
    crm.delete(crm.of_kind("lead")[0])
    far.desk.clock.move(3_600)
    await far.writes("second")
    await far.desk.works()
    assert len(crm.of_kind("lead")) == 1
    assert crm.posts[-1].count("second") == 1


async def test_a_person_deleted_in_the_crm_is_made_again(far: Shop, crm: StrictCrm) -> None:
    conversation = await far.writes("first")
    await far.desk.works()
    crm.delete(crm.of_kind("person")[0])

    async def act(tx: Transaction) -> None:
        now = far.desk.clock.now()
        await identity.describe(tx, conversation.customer_id, name="Vera", contacts=[], now=now)

    await far.desk.storage.run(act)
    await far.desk.works()
    assert [one.texts[0] for one in crm.of_kind("person")] == ["Vera"]


# --- what the CRM knows of a customer -----------------------------------------------


async def test_what_the_crm_knows_of_a_customer_stands_on_the_card(
    far: Shop, crm: StrictCrm
) -> None:
    await far.writes()
    assert (await far.desk.customer(far.inbox, "vera")).crm_fields is None
    await far.desk.works()
    assert (await far.desk.customer(far.inbox, "vera")).crm_fields == {}
    await far.closes()
    (lead,) = crm.of_kind("lead")
    lead.fields = {"turnover": 5000, "partner": True}
    far.desk.clock.move(200_000)
    await far.writes("Me again")
    await far.desk.works()
    customer = await far.desk.customer(far.inbox, "vera")
    assert customer.crm_fields == {"turnover": 5000, "partner": True}
