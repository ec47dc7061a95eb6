"""What a conversation becomes in a CRM: `crm_sync.mapping`."""

from dataclasses import replace
from uuid import UUID

import pytest

from crm_sync.crm import CrmRef, Person
from crm_sync.mapping import digest, lead, lines_with_leads, owner, person, source
from router.ids import (
    LeadId,
)
from router.model import (
    Contact,
)
from router.queueing import LeadWhen
from tests.crm_sync.talks import (
    ANNA,
    BORIS,
    CONVERSATION,
    EMAIL,
    PHONE,
    SHOP,
    VERA,
    talk,
    turn,
)


@pytest.mark.parametrize(
    ("lead_when", "contacts", "leads"),
    [
        (LeadWhen.CONTACT, (), False),
        (LeadWhen.CONTACT, (PHONE,), True),
        (LeadWhen.CONTACT, (EMAIL,), True),
        (LeadWhen.AT_ONCE, (), True),
    ],
)
def test_a_visitor_becomes_a_lead_by_a_contact_or_at_once(
    lead_when: LeadWhen, contacts: tuple[Contact, ...], leads: bool
) -> None:
    line, customer = replace(SHOP, lead_when=lead_when), replace(VERA, contacts=contacts)
    assert lines_with_leads([line], customer) == ({line.id} if leads else set())


def test_what_a_customer_only_says_stays_marked_so() -> None:
    known = person(replace(VERA, contacts=(PHONE, EMAIL)), ())
    assert (known.said, known.proven) == ((PHONE,), (EMAIL,))


def test_a_proof_changes_what_is_written_and_an_order_does_not() -> None:
    one, other = Person(VERA.id, "Vera", (PHONE, EMAIL)), Person(VERA.id, "Vera", (EMAIL, PHONE))
    assert digest(one) == digest(other)
    assert digest(one) != digest(replace(one, contacts=(replace(PHONE, proven=True), EMAIL)))


@pytest.mark.parametrize(
    ("name", "contacts", "title"),
    [
        ("Vera", (PHONE,), "Vera · Shop"),
        ("", (PHONE,), "+79001234567 · Shop"),
        ("", (), "Visitor · Shop"),
    ],
)
def test_a_lead_is_called_after_its_person_and_line(
    name: str, contacts: tuple[Contact, ...], title: str
) -> None:
    customer = replace(VERA, name=name, contacts=contacts)
    made = lead(
        LeadId(UUID(int=9)),
        talk(customer=customer),
        of=CrmRef("person", "1"),
        owner=None,
        page="",
        landing="",
    )
    assert made.title == title


def test_a_lead_knows_its_page_and_campaign_and_no_secrets_of_the_page() -> None:
    landing = "https://shop.example/?utm_source=ads&utm_term=&utm_campaign=may&token=secret#top"
    page = "https://shop.example/cart?token=secret#top"
    found = source("Website chat", SHOP, page=page, landing=landing)
    assert found.text() == "Website chat · Shop · https://shop.example/cart · ads / may"
    assert found.utm == {"source": "ads", "campaign": "may"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://t.me/?start=winter-sale", "Bot · Shop · https://t.me/ · winter-sale"),
        (
            "https://vk.me/club77?ref=card&ref_source=ads",
            "Bot · Shop · https://vk.me/club77 · card",
        ),
        ("https://shop.example/?ref=a&utm_source=b", "Bot · Shop · https://shop.example/ · b"),
    ],
)
def test_a_lead_knows_the_word_in_the_address_of_a_messenger(url: str, told: str) -> None:
    assert source("Bot", SHOP, page=url, landing=url).text() == told


@pytest.mark.parametrize("url", ["", "no address", "http://[", "https://user:pass@shop.example/"])
def test_a_strange_page_harms_nothing(url: str) -> None:
    found = source("Website chat", SHOP, page=url, landing=url)
    assert "pass" not in found.text()
    assert found.utm == {}


def test_the_lead_goes_to_who_has_the_conversation_or_had_it_last() -> None:
    assert owner(talk()) is None
    assert owner(talk(turn(1, "ConversationAssigned"))) == ANNA
    held = replace(CONVERSATION, owner_id=BORIS)
    assert owner(replace(talk(turn(1, "ConversationAssigned")), conversation=held)) == BORIS
