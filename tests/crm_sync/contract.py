"""What every CRM adapter promises. An adapter's tests bring an `Account`, these bring the rest."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest

from crm_sync.crm import (
    GONE,
    Crm,
    CrmRef,
    CrmUser,
    EntryKind,
    FollowUp,
    Lead,
    Person,
    Source,
    TimelineEntry,
)
from router.errors import Rejected
from router.ids import CustomerId, IdentityId, LeadId, MessageId, new_id
from router.model import Contact, ContactKind, Identity
from tests.clock import NOON

PHONE = Contact(ContactKind.PHONE, "+79001234567", proven=True)
EMAIL = Contact(ContactKind.EMAIL, "vera@example.com", proven=True)
SAID = Contact(ContactKind.PHONE, "+79007654321")


@dataclass
class Account:
    """An empty account of a CRM, with two users.

    `timeline` reads the texts on a lead's timeline, oldest first, past the adapter; `nobody` is
    a reference to a lead that never was. `ends` marks a lead as lost, as a person would.
    """

    crm: Crm
    users: tuple[CrmUser, CrmUser]
    timeline: Callable[[CrmRef], Awaitable[list[str]]]
    ends: Callable[[CrmRef], Awaitable[None]]
    nobody: CrmRef


def somebody(*contacts: Contact, name: str = "Vera", address: str = "") -> Person:
    """A new customer; with an identity, if they have an address."""
    id_ = CustomerId(new_id())
    identity = Identity(IdentityId(new_id()), id_, "telegram", "", address)
    return Person(id_, name, contacts, (identity,) if address else ())


def lead_of(person: Person, ref: CrmRef, *, owner: CrmUser | None = None) -> Lead:
    source = Source("telegram", "Shop", "https://shop.example/cart", {"source": "ads"})
    return Lead(LeadId(new_id()), "Vera · Shop", source, person.id, ref, owner)


def entry(text: str, *, minute: int = 0) -> TimelineEntry:
    at = NOON + timedelta(minutes=minute)
    return TimelineEntry(f"message:{uuid4()}", EntryKind.MESSAGE, "Vera", text, at)


async def made(account: Account, *, owner: CrmUser | None = None) -> tuple[CrmRef, CrmRef]:
    """A person and their lead."""
    person = somebody(PHONE)
    ref = await account.crm.save_person(person, None)
    return ref, await account.crm.save_lead(lead_of(person, ref, owner=owner), None)


async def the_account_works(account: Account) -> None:
    await account.crm.check()


async def users_are_offered(account: Account) -> None:
    users = (await account.crm.choices()).users
    assert set(account.users) <= set(users)
    assert all(one.email == one.email.lower() for one in users)


async def nobody_is_found_in_an_empty_account(account: Account) -> None:
    assert list(await account.crm.find([PHONE, EMAIL], [])) == []


async def a_person_is_found_by_each_proven_contact(account: Account) -> None:
    ref = await account.crm.save_person(somebody(PHONE, EMAIL), None)
    for contact in (PHONE, EMAIL):
        assert [one.person for one in await account.crm.find([contact], [])] == [ref]


async def a_person_is_found_by_an_identity(account: Account) -> None:
    vera = somebody(address="3527065")
    ref = await account.crm.save_person(vera, None)
    assert [one.person for one in await account.crm.find([], vera.identities)] == [ref]
    other = replace(vera.identities[0], address="3527066")
    assert list(await account.crm.find([], [other])) == []


async def nobody_is_found_by_what_they_only_said(account: Account) -> None:
    await account.crm.save_person(somebody(SAID), None)
    assert list(await account.crm.find([replace(SAID, proven=True)], [])) == []


async def a_claim_that_was_proven_is_found(account: Account) -> None:
    vera = somebody(SAID)
    ref = await account.crm.save_person(vera, None)
    proven = replace(SAID, proven=True)
    assert await account.crm.save_person(replace(vera, contacts=(proven,)), ref) == ref
    assert [one.person for one in await account.crm.find([proven], [])] == [ref]


async def what_is_known_of_a_person_stays(account: Account) -> None:
    vera = somebody(PHONE)
    ref = await account.crm.save_person(vera, None)
    await account.crm.save_person(replace(vera, contacts=(EMAIL,)), ref)
    for contact in (PHONE, EMAIL):
        assert [one.person for one in await account.crm.find([contact], [])] == [ref]


async def a_match_names_the_open_lead(account: Account) -> None:
    person, lead = await made(account)
    assert [one.lead for one in await account.crm.find([PHONE], [])] == [lead]
    await account.ends(lead)
    (match,) = await account.crm.find([PHONE], [])
    assert (match.person, match.lead) == (person, None)


async def a_lead_is_read_with_its_owner(account: Account) -> None:
    anna, _ = account.users
    _, lead = await made(account, owner=anna)
    record = await account.crm.read(lead)
    assert (record.ref, record.open) == (lead, True)
    assert record.owner is not None
    assert record.owner.id == anna.id


async def an_ended_lead_is_not_open(account: Account) -> None:
    _, lead = await made(account)
    await account.ends(lead)
    assert not (await account.crm.read(lead)).open


async def an_owner_changes_and_stays_when_told_again(account: Account) -> None:
    anna, boris = account.users
    _, lead = await made(account, owner=anna)
    for _ in range(2):
        await account.crm.assign(lead, boris)
        owner = (await account.crm.read(lead)).owner
        assert owner is not None
        assert owner.id == boris.id


async def a_timeline_keeps_order_and_every_word(account: Account) -> None:
    _, lead = await made(account)
    await account.crm.append([entry("first"), entry("<b>второе</b> & 👍\nline", minute=1)], lead)
    await account.crm.append([entry("third", minute=2)], lead)
    whole = "\n".join(await account.timeline(lead))
    places = [whole.index(text) for text in ("first", "<b>второе</b> & 👍\nline", "third")]
    assert places == sorted(places)


async def an_edit_and_a_withdrawal_follow_what_was_said(account: Account) -> None:
    _, lead = await made(account)
    message_id = MessageId(uuid4())
    first = replace(entry("first wording"), message_id=message_id)
    edit = replace(
        entry("second wording", minute=1),
        key="event:1",
        kind=EntryKind.EDIT,
        about="· edited the message",
        message_id=message_id,
    )
    await account.crm.append([first], lead)
    await account.crm.append([edit], lead)
    whole = "\n".join(await account.timeline(lead))
    assert whole.index("first wording") < whole.index("second wording")
    withdrawal = replace(
        edit, key="event:2", kind=EntryKind.WITHDRAWAL, text="", withdrawn_at=edit.at
    )
    post = await account.crm.append([withdrawal], lead)
    assert await account.crm.find_key("event:2", lead) == post


async def what_was_made_is_found_by_its_key(account: Account) -> None:
    vera = somebody(PHONE)
    person = await account.crm.save_person(vera, None)
    possible = lead_of(vera, person)
    lead = await account.crm.save_lead(possible, None)
    entries = [entry("first"), entry("second", minute=1)]
    post = await account.crm.append(entries, lead)
    task = FollowUp(uuid4(), "Call back", NOON + timedelta(hours=1))
    added = await account.crm.add_task(task, lead)
    assert await account.crm.find_key(vera.key, None) == person
    assert await account.crm.find_key(possible.key, None) == lead
    assert await account.crm.find_key(entries[-1].key, lead) == post
    assert await account.crm.find_key(task.key, lead) == added


async def what_was_not_made_is_not_found(account: Account) -> None:
    person, lead = await made(account)
    missing = somebody()
    assert await account.crm.find_key(missing.key, None) is None
    assert await account.crm.find_key(lead_of(missing, person).key, None) is None
    assert await account.crm.find_key(entry("never said").key, lead) is None


async def a_lead_that_is_not_there_is_said_to_be_gone(account: Account) -> None:
    for call in (
        account.crm.read(account.nobody),
        account.crm.append([entry("hello")], account.nobody),
        account.crm.assign(account.nobody, account.users[0]),
    ):
        with pytest.raises(Rejected) as refused:
            await call
        assert refused.value.code == GONE


async def a_repeat_is_harmless_where_that_is_promised(account: Account) -> None:
    if not account.crm.capabilities.repeats_are_harmless:
        return
    vera = somebody(PHONE)
    person = await account.crm.save_person(vera, None)
    assert await account.crm.save_person(vera, None) == person
    possible = lead_of(vera, person)
    lead = await account.crm.save_lead(possible, None)
    assert await account.crm.save_lead(possible, None) == lead
    said = entry("once")
    assert await account.crm.append([said], lead) == await account.crm.append([said], lead)
    assert len(await account.timeline(lead)) == 1
    assert len(await account.crm.find([PHONE], [])) == 1


async def a_record_has_an_address_for_people(account: Account) -> None:
    _, lead = await made(account)
    assert account.crm.url(lead).startswith(("http://", "https://"))


PROMISES = (
    the_account_works,
    users_are_offered,
    nobody_is_found_in_an_empty_account,
    a_person_is_found_by_each_proven_contact,
    a_person_is_found_by_an_identity,
    nobody_is_found_by_what_they_only_said,
    a_claim_that_was_proven_is_found,
    what_is_known_of_a_person_stays,
    a_match_names_the_open_lead,
    a_lead_is_read_with_its_owner,
    an_ended_lead_is_not_open,
    an_owner_changes_and_stays_when_told_again,
    a_timeline_keeps_order_and_every_word,
    an_edit_and_a_withdrawal_follow_what_was_said,
    what_was_made_is_found_by_its_key,
    what_was_not_made_is_not_found,
    a_lead_that_is_not_there_is_said_to_be_gone,
    a_repeat_is_harmless_where_that_is_promised,
    a_record_has_an_address_for_people,
)
