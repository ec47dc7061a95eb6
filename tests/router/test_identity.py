"""Who is writing: `router.identity`."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from router import handling, identity
from router.channel import Sender
from router.errors import Invalid, NotFound
from router.ids import CustomerId, IdentityId, new_id
from router.model import Contact, ContactKind, Customer, Identity, Inbox
from router.news import ConversationNews, CustomerNews
from router.queueing import Priority, Queueing
from router.storage import Transaction
from tests.desk import Desk

PHONE = Contact(ContactKind.PHONE, "+79161234567")
EMAIL = Contact(ContactKind.EMAIL, "vera@example.com")


@dataclass
class Two:
    """Two customers who may be one, each with a thread."""

    desk: Desk
    inbox: Inbox
    vera: Customer
    unknown: Customer

    async def customer(self, customer_id: CustomerId) -> Customer:
        async with self.desk.storage.reading() as tx:
            found = await tx.customers.get(customer_id)
        assert found is not None
        return found

    async def identities(self, customer_id: CustomerId) -> list[str]:
        async with self.desk.storage.reading() as tx:
            return sorted(one.address for one in await tx.identities.of_customer(customer_id))

    async def link(self) -> Customer:
        now = self.desk.clock.now()
        return await self.desk.storage.run(
            lambda tx: identity.link(tx, self.vera.id, self.unknown.id, now=now)
        )


@pytest.fixture
async def two(either_desk: Desk) -> Two:
    desk = either_desk
    inbox = await desk.inbox(await desk.line())
    await desk.writes("hello", inbox=inbox, who="vera", name="Vera", contacts=(PHONE,))
    await desk.writes("hello", inbox=inbox, who="unknown", contacts=(PHONE, EMAIL))
    return Two(
        desk, inbox, await desk.customer(inbox, "vera"), await desk.customer(inbox, "unknown")
    )


async def test_what_customers_say_of_themselves_joins_nobody(two: Two) -> None:
    assert two.vera.id != two.unknown.id
    async with two.desk.storage.reading() as tx:
        found = await tx.customers.with_contact(PHONE)
    assert sorted(found) == sorted([(two.vera.id, False), (two.unknown.id, False)])


async def test_a_name_that_is_known_stays_and_contacts_are_added_once(two: Two) -> None:
    now = two.desk.clock.now()

    async def describe(tx: Transaction) -> Customer:
        return await identity.describe(
            tx, two.vera.id, name="Somebody", contacts=[EMAIL, PHONE], now=now
        )

    await two.desk.storage.run(describe)
    after = await two.desk.storage.run(describe)
    assert (after.name, set(after.contacts)) == ("Vera", {PHONE, EMAIL})
    assert set((await two.customer(two.vera.id)).contacts) == {PHONE, EMAIL}


async def test_a_claim_never_weakens_what_was_proven(two: Two) -> None:
    proven = Contact(PHONE.kind, PHONE.value, proven=True)
    now = two.desk.clock.now()
    async with two.desk.storage.transaction() as tx:
        await tx.customers.add_contacts(two.vera.id, [proven], at=now)
        await tx.customers.add_contacts(two.vera.id, [PHONE], at=now)
    assert (await two.customer(two.vera.id)).contacts == (proven,)


async def test_linking_moves_everything_and_says_so(two: Two) -> None:
    two.desk.news.clear()
    after = await two.link()
    assert (after.name, set(after.contacts)) == ("Vera", {PHONE, EMAIL})
    assert await two.identities(two.vera.id) == ["unknown", "vera"]
    moved = await two.desk.conversation(two.inbox, "unknown")
    assert (moved.customer_id, moved.title) == (two.vera.id, "Vera")
    assert (await two.desk.thread(two.inbox, "unknown")).customer_id == two.vera.id
    assert (await two.customer(two.unknown.id)).merged_into == two.vera.id
    assert [one.customer.id for one in two.desk.news if isinstance(one, CustomerNews)] == [
        two.vera.id
    ]
    await two.desk.writes("me again", inbox=two.inbox, who="unknown")
    assert (await two.desk.customer(two.inbox, "unknown")).id == two.vera.id


async def test_open_screens_hear_of_each_conversation_that_moves(two: Two) -> None:
    before = await two.desk.conversation(two.inbox, "unknown")
    kept = await two.desk.conversation(two.inbox, "vera")
    two.desk.news.clear()
    await two.link()
    thread, now = await two.desk.thread(two.inbox, "unknown"), two.desk.clock.now()
    apart = await two.desk.storage.run(
        lambda tx: identity.unlink(tx, two.vera.id, thread.identity_id, now=now)
    )
    told = [one.conversation for one in two.desk.news if isinstance(one, ConversationNews)]
    assert [(one.id, one.version, one.customer_id) for one in told] == [
        (before.id, before.version + 1, two.vera.id),
        (before.id, before.version + 2, apart.id),
    ]
    assert await two.desk.conversation(two.inbox, "vera") == kept
    cards = [one.customer.id for one in two.desk.news if isinstance(one, CustomerNews)]
    assert cards == [two.vera.id, two.vera.id, apart.id]


async def test_an_operator_confirms_what_a_customer_says(two: Two) -> None:
    now = two.desk.clock.now()
    after = await two.desk.storage.run(
        lambda tx: identity.confirm(tx, two.unknown.id, PHONE, now=now)
    )
    assert set(after.contacts) == {replace(PHONE, proven=True), EMAIL}
    assert set((await two.customer(two.unknown.id)).contacts) == set(after.contacts)
    with pytest.raises(NotFound):
        await two.desk.storage.run(lambda tx: identity.confirm(tx, two.vera.id, EMAIL, now=now))


async def test_who_was_merged_is_not_found_by_a_contact(two: Two) -> None:
    await two.link()
    async with two.desk.storage.reading() as tx:
        assert await tx.customers.with_contact(EMAIL) == [(two.vera.id, False)]


async def test_who_is_one_already_is_not_linked_again(two: Two) -> None:
    now = two.desk.clock.now()
    with pytest.raises(Invalid):
        await two.desk.storage.run(lambda tx: identity.link(tx, two.vera.id, two.vera.id, now=now))
    await two.link()
    with pytest.raises(NotFound):
        await two.link()


async def test_unlinking_gives_back_an_identity_with_its_threads(two: Two) -> None:
    await two.link()
    thread, now = await two.desk.thread(two.inbox, "unknown"), two.desk.clock.now()
    apart = await two.desk.storage.run(
        lambda tx: identity.unlink(tx, two.vera.id, thread.identity_id, now=now)
    )
    assert apart.id not in (two.vera.id, two.unknown.id)
    assert await two.identities(two.vera.id) == ["vera"]
    assert (await two.desk.conversation(two.inbox, "unknown")).customer_id == apart.id
    assert (await two.desk.conversation(two.inbox, "vera")).customer_id == two.vera.id
    with pytest.raises(NotFound):
        await two.desk.storage.run(
            lambda tx: identity.unlink(tx, two.vera.id, thread.identity_id, now=now)
        )


async def test_an_only_identity_stays(two: Two) -> None:
    thread, now = await two.desk.thread(two.inbox, "vera"), two.desk.clock.now()
    with pytest.raises(Invalid):
        await two.desk.storage.run(
            lambda tx: identity.unlink(tx, two.vera.id, thread.identity_id, now=now)
        )


# --- signed in ---------------------------------------------------------------


async def signed(two: Two, address: str, customer_id: CustomerId) -> Identity:
    made = Identity(IdentityId(new_id()), customer_id, "rest", f"site/{two.inbox.line_id}", address)
    async with two.desk.storage.transaction() as tx:
        await tx.identities.insert(made)
    return made


async def test_an_anonymous_visitor_who_signs_in_is_known(two: Two) -> None:
    theirs = await signed(two, "user-1", two.vera.id)

    async def prove(tx: Transaction) -> None:
        thread = await tx.threads.by_key(two.inbox.id, "unknown")
        assert thread is not None
        await identity.prove(tx, thread, theirs, now=two.desk.clock.now())

    await two.desk.storage.run(prove)
    await two.desk.storage.run(prove)
    thread = await two.desk.thread(two.inbox, "unknown")
    assert thread.customer_id == two.vera.id
    assert await two.identities(two.vera.id) == ["unknown", "user-1", "vera"]


async def test_two_people_at_one_browser_stay_two(two: Two) -> None:
    await signed(two, "user-2", two.unknown.id)
    theirs = await signed(two, "user-1", two.vera.id)
    thread, now = await two.desk.thread(two.inbox, "unknown"), two.desk.clock.now()
    with pytest.raises(Invalid):
        await two.desk.storage.run(lambda tx: identity.prove(tx, thread, theirs, now=now))
    assert await two.identities(two.unknown.id) == ["unknown", "user-2"]


# --- at once -----------------------------------------------------------------


async def test_the_same_address_at_once_is_one_customer(postgresql_desk: Desk) -> None:
    desk = postgresql_desk
    inbox, now = await desk.inbox(await desk.line()), desk.clock.now()
    sender = Sender("visitor-1", scope=str(inbox.id))
    made = await asyncio.gather(
        *(
            desk.storage.run(lambda tx: identity.thread_of(tx, inbox, sender, "k", now=now))
            for _ in range(8)
        )
    )
    assert len({one.id for one in made}) == 1


async def test_a_customer_who_writes_while_they_are_linked_loses_nothing(
    postgresql_desk: Desk,
) -> None:
    desk = postgresql_desk
    inbox, now = await desk.inbox(await desk.line()), desk.clock.now()
    for number in range(5):
        names = (f"a{number}", f"b{number}")
        for who in names:
            await desk.writes("hello", inbox=inbox, who=who)
        one, other = [await desk.customer(inbox, who) for who in names]
        await asyncio.gather(
            desk.storage.run(
                lambda tx, one=one, other=other: identity.link(  # type: ignore[misc]
                    tx, one.id, other.id, now=now
                )
            ),
            *(desk.writes(f"{n} +7916123456{n}", inbox=inbox, who=names[1]) for n in range(5)),
        )
        assert (await desk.thread(inbox, names[1])).last_seq == 6
        assert (await desk.conversation(inbox, names[1])).customer_id == one.id
        async with desk.storage.reading() as tx:
            merged = await tx.customers.get(other.id)
        assert merged is not None
        assert merged.merged_into == one.id


async def test_a_thread_that_begins_while_its_sender_is_linked_goes_along(
    postgresql_desk: Desk,
) -> None:
    desk = postgresql_desk
    inbox, now = await desk.inbox(await desk.line()), desk.clock.now()
    for who in ("vera", "unknown"):
        await desk.writes("hello", inbox=inbox, who=who)
    vera, unknown = [await desk.customer(inbox, who) for who in ("vera", "unknown")]
    sender = Sender("unknown", scope=str(inbox.id))

    async def link(tx: Transaction) -> Customer:
        return await identity.link(tx, vera.id, unknown.id, now=now)

    async with desk.storage.transaction() as tx:
        await identity.thread_of(tx, inbox, sender, "second", now=now)
        linking = asyncio.create_task(desk.storage.run(link))
        await asyncio.sleep(0.2)
    await linking
    assert (await desk.thread(inbox, "second")).customer_id == vera.id


async def test_who_writes_in_a_new_thread_while_linked_is_the_one_they_became(
    postgresql_desk: Desk,
) -> None:
    desk = postgresql_desk
    inbox, now = await desk.inbox(await desk.line()), desk.clock.now()
    for who in ("vera", "unknown"):
        await desk.writes("hello", inbox=inbox, who=who)
    vera, unknown = [await desk.customer(inbox, who) for who in ("vera", "unknown")]
    async with desk.storage.transaction() as tx:
        await identity.link(tx, vera.id, unknown.id, now=now)
        writing = asyncio.create_task(
            desk.writes("again", inbox=inbox, who="unknown", thread_key="second")
        )
        await asyncio.sleep(0.2)
    await writing
    assert (await desk.conversation(inbox, "second")).customer_id == vera.id


# --- who is responsible -------------------------------------------------------------


async def due_lines(desk: Desk) -> set[str]:
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        until = now + timedelta(seconds=10)
        taken = await tx.lanes.take("distribute", now=now, lease_until=until, limit=10)
        for lane in taken:
            tx.lanes.give_back(lane)
    return {lane.key for lane in taken}


async def test_a_new_responsible_is_told_and_wakes_the_line_where_the_customer_waits(
    two: Two,
) -> None:
    anna = await two.desk.operator("Anna")
    await due_lines(two.desk)

    async def entrust(tx: Transaction) -> None:
        await identity.entrust(tx, two.vera.id, anna.id, now=two.desk.clock.now())

    two.desk.news.clear()
    await two.desk.storage.run(entrust)
    after = await two.customer(two.vera.id)
    assert after.responsible_id == anna.id
    assert CustomerNews(after) in two.desk.news
    assert await due_lines(two.desk) == {str(two.inbox.line_id)}
    await two.desk.storage.run(entrust)
    assert await due_lines(two.desk) == set()


async def test_a_new_responsible_of_who_does_not_wait_wakes_nobody(two: Two) -> None:
    desk, anna = two.desk, await two.desk.operator("Anna")
    conversation, now = await desk.conversation(two.inbox, "vera"), desk.clock.now()
    await desk.storage.run(lambda tx: handling.take(tx, conversation.id, anna, now=now))
    await due_lines(desk)
    await desk.storage.run(lambda tx: identity.entrust(tx, two.vera.id, anna.id, now=now))
    assert await due_lines(desk) == set()


async def test_who_is_responsible_for_one_of_two_is_for_both(two: Two) -> None:
    anna, now = await two.desk.operator("Anna"), two.desk.clock.now()
    await two.desk.storage.run(lambda tx: identity.entrust(tx, two.unknown.id, anna.id, now=now))
    assert (await two.link()).responsible_id == anna.id
    assert (await two.customer(two.vera.id)).responsible_id == anna.id


async def test_linking_carries_the_higher_tier_the_fields_and_a_block(two: Two) -> None:
    priority = Priority(by_tier_s={"gold": 60, "vip": 600})
    line = await two.desk.line("other", queueing=Queueing(priority=priority))
    assert line.queueing.priority == priority
    async with two.desk.storage.transaction() as tx:
        known = {"turnover": 5, "city": "Omsk"}
        await tx.customers.save(replace(two.vera, tier="gold", crm_fields={"turnover": 9}))
        await tx.customers.save(replace(two.unknown, tier="vip", blocked=True, crm_fields=known))
    both = await two.link()
    assert (both.tier, both.blocked) == ("vip", True)
    assert both.crm_fields == {"turnover": 9, "city": "Omsk"}
    assert await two.customer(two.vera.id) == both


async def test_tier_that_no_line_knows_does_not_replace_another(two: Two) -> None:
    async with two.desk.storage.transaction() as tx:
        await tx.customers.save(replace(two.vera, tier="friend"))
        await tx.customers.save(replace(two.unknown, tier="stranger"))
    assert (await two.link()).tier == "friend"
