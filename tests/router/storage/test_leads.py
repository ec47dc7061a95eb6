"""The built-in CRM's rows, on both databases: `router.storage.leads`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from router.ids import CustomerId, LeadId, PersonId, new_id
from router.model import Contact, ContactKind
from router.storage import Transaction
from router.storage.leads import Address, Entry, LeadCard, Onlooker, Stage
from tests.clock import NOON
from tests.desk import Desk

VERA, MALLORY = PersonId(UUID(int=1)), PersonId(UUID(int=2))
PHONE = Contact(ContactKind.PHONE, "+79001234567")
ADDRESS = Address("phone", PHONE.value)


def a_lead(number: int, *, person: PersonId = VERA, **changes: object) -> LeadCard:
    """The lead of that number, made that many minutes after noon."""
    at = NOON + timedelta(minutes=number)
    lead = LeadCard(
        id=LeadId(UUID(int=number)),
        person_id=person,
        customer_id=CustomerId(person),
        title=f"Lead {number}",
        stage=Stage.NEW,
        owner_id=None,
        source="webchat",
        made_at=at,
        changed_at=at,
        person_name="Vera",
        contacts=(PHONE,),
    )
    return replace(lead, **changes)  # type: ignore[arg-type]


def an_entry(key: str, *, minute: int = 0) -> Entry:
    return Entry(new_id(), key, "message", "Vera", key, NOON + timedelta(minutes=minute))


async def add(tx: Transaction, *leads: LeadCard) -> None:
    """Vera, who only said what her phone is, and these leads."""
    await tx.leads.save_person(VERA, "Vera", [ADDRESS], at=NOON)
    for lead in leads:
        await tx.leads.add(lead)


async def walk(tx: Transaction, *, limit: int, stage: Stage | None = None) -> list[list[str]]:
    """The titles of every page."""
    pages, cursor = [], None
    while True:
        page = await tx.leads.page(stage=stage, cursor=cursor, limit=limit)
        pages.append([one.title for one in page.items])
        if page.next is None:
            return pages
        cursor = page.next


async def test_a_person_keeps_their_name_and_what_was_proven(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1))
        await tx.leads.save_person(VERA, "", [replace(ADDRESS, proven=True)], at=NOON)
        await tx.leads.save_person(VERA, "Someone", [ADDRESS], at=NOON)
        lead = await tx.leads.get(LeadId(UUID(int=1)))
        assert lead == a_lead(1, contacts=(replace(PHONE, proven=True),))


async def test_a_person_without_a_name_gets_one(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await tx.leads.save_person(VERA, "", [], at=NOON)
        await add(tx, a_lead(1))
        assert [one.person_name for one in await tx.leads.of_customer(CustomerId(VERA))] == ["Vera"]


async def test_only_a_proven_address_finds_its_person(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx)
        assert await tx.leads.persons_with([ADDRESS]) == []
        await tx.leads.save_person(MALLORY, "", [replace(ADDRESS, proven=True)], at=NOON)
        assert await tx.leads.persons_with([ADDRESS]) == [MALLORY]
        assert await tx.leads.persons_with([replace(ADDRESS, scope="@1")]) == []


async def test_pages_hold_every_lead_once_the_newest_first(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        # Some were made at the same moment.
        leads = [
            a_lead(number, made_at=NOON + timedelta(minutes=number // 2)) for number in range(7)
        ]
        await add(tx, *(one for one in leads if one.id.int))
        pages = await walk(tx, limit=2)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert [title for page in pages for title in page] == [
        f"Lead {number}" for number in (6, 5, 4, 3, 2, 1)
    ]


async def test_leads_are_found_by_stage_words_and_contact(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1), a_lead(2, stage=Stage.WON), a_lead(3, title="100% cotton"))
        await tx.leads.save_person(MALLORY, "Mallory", [], at=NOON)
        await tx.leads.add(a_lead(4, person=MALLORY))
        assert await walk(tx, limit=9, stage=Stage.WON) == [["Lead 2"]]
        await tx.index.again()
        while await tx.index.step(limit=3):
            pass
        for words, titles in {
            "lEAd": ["Lead 4", "Lead 2", "Lead 1"],
            "lead 2": ["Lead 2"],
            "100": ["100% cotton"],
            "_": [],
            "mallo": ["Lead 4"],
            "900 123-45": ["100% cotton", "Lead 2", "Lead 1"],
        }.items():
            page = await tx.leads.page(words=words)
            assert [one.title for one in page.items] == titles, words
        page = await tx.leads.page(words="lead", stage=Stage.WON)
        assert [one.title for one in page.items] == ["Lead 2"]
        page = await tx.leads.page(contact=PHONE)
        assert [one.title for one in page.items] == ["100% cotton", "Lead 2", "Lead 1"]


async def test_the_open_lead_is_the_newest_that_has_not_ended(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1), a_lead(2, stage=Stage.IN_PROGRESS), a_lead(3, stage=Stage.LOST))
        found = await tx.leads.open_of_person(VERA)
        assert found is not None
        assert found.title == "Lead 2"
        assert await tx.leads.open_of_person(MALLORY) is None


async def test_a_lead_that_is_added_again_stays_as_people_left_it(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1))
        await tx.leads.save(a_lead(1, stage=Stage.WON, utm={"source": "ads"}))
        await add(tx, a_lead(1))
        assert await tx.leads.get(LeadId(UUID(int=1))) == a_lead(
            1, stage=Stage.WON, utm={"source": "ads"}
        )


async def test_an_entry_that_is_added_again_is_there_once(either_desk: Desk) -> None:
    first, second = an_entry("first"), an_entry("second")
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1), a_lead(2))
        lead_id = LeadId(UUID(int=1))
        await tx.leads.append(lead_id, [first])
        await tx.leads.append(lead_id, [an_entry("first", minute=1), second])
        assert list((await tx.leads.timeline(lead_id)).items) == [second, first]
        assert await tx.leads.entry("first", lead_id=lead_id) == first.id
        assert await tx.leads.entry("first", lead_id=LeadId(UUID(int=2))) is None


async def test_a_message_that_came_late_stands_where_the_thread_has_it(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1))
        lead_id = LeadId(UUID(int=1))
        await tx.leads.append(lead_id, [an_entry("answered", minute=5), an_entry("late", minute=1)])
        timeline = await tx.leads.timeline(lead_id)
    assert [one.text for one in timeline.items] == ["late", "answered"]


async def test_a_timeline_is_paged_from_its_end(either_desk: Desk) -> None:
    async with either_desk.storage.transaction() as tx:
        await add(tx, a_lead(1))
        lead_id = LeadId(UUID(int=1))
        await tx.leads.append(lead_id, [an_entry(str(n), minute=n // 2) for n in range(5)])
        newest = await tx.leads.timeline(lead_id, limit=3)
        older = await tx.leads.timeline(lead_id, cursor=newest.next, limit=3)
    assert [one.text for one in (*newest.items, *older.items)] == ["4", "3", "2", "1", "0"]
    assert older.next is None


async def test_a_page_is_full_of_what_its_reader_sees(either_desk: Desk) -> None:
    line = await either_desk.line()
    inbox = await either_desk.inbox(line)
    await either_desk.writes(inbox=inbox)
    customer = await either_desk.customer(inbox)
    anna = await either_desk.operator("Anna", line)
    async with either_desk.storage.transaction() as tx:
        await tx.leads.save_person(VERA, "Vera", [ADDRESS], at=NOON)
        for number in range(1, 31):
            whose = customer.id if number % 10 == 1 else CustomerId(VERA)
            owner = anna.id if number % 10 == 2 else None
            await tx.leads.add(a_lead(number, customer_id=whose, owner_id=owner))
        for sees, titles in (
            (Onlooker([line.id], anna.id), [22, 21, 12, 11, 2, 1]),
            (Onlooker([line.id], None), [21, 11, 1]),
            (Onlooker([], anna.id), [22, 12, 2]),
        ):
            seen, cursor = [], None
            while True:
                page = await tx.leads.page(sees=sees, cursor=cursor, limit=2)
                seen += [one.title for one in page.items]
                if page.next is None:
                    break
                assert len(page.items) == 2
                cursor = page.next
            assert seen == [f"Lead {number}" for number in titles]
