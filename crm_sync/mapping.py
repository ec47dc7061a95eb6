"""What a conversation becomes in a CRM. Pure: no I/O, no clock.

A conversation becomes a lead and the customer a person; what is said and done becomes entries of
the lead's timeline, by `crm_sync/timeline.py`. Notes stay among operators: they are not logged.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from crm_sync.crm import CrmRef, CrmUser, Lead, Person, Source
from router.ids import LeadId, LineId, MessageId, OperatorId
from router.model import (
    Conversation,
    Customer,
    Identity,
    Line,
    Message,
)
from router.news import Mark
from router.queueing import LeadWhen
from router.storage.crm import Rewording

TITLE_CHARS = 200
# Of links into messengers, and of many into sites: https://core.telegram.org/bots/features#deep-linking,
# https://dev.vk.com/api/community-messages/getting-started, read 2026-11-29.
MARKS = frozenset({"start", "ref"})
UTM_CHARS = 200
WORDS = {
    "ru": {
        "visitor": "Посетитель",
        "customer": "Клиент",
        "operator": "Оператор",
        "bot": "Бот",
        "withdrawn": "(сообщение удалено)",
        "edited_that": "· изменено сообщение от {at}",
        "withdrew_that": "· удалено сообщение от {at}",
        "assigned": "Диалог ведёт {who}",
        "to_operator": "Диалог передан: {who} → {to}",
        "to_line": "Диалог передан на линию «{to}»: {who}",
        "reopened": "Диалог открыт снова",
        "closed": "Диалог закрыт",
        "closed_because": "Диалог закрыт: {reason}",
    },
    "en": {
        "visitor": "Visitor",
        "customer": "Customer",
        "operator": "Operator",
        "bot": "Bot",
        "withdrawn": "(message withdrawn)",
        "edited_that": "· edited the message of {at}",
        "withdrew_that": "· withdrew the message of {at}",
        "assigned": "The conversation is with {who}",
        "to_operator": "Transferred: {who} → {to}",
        "to_line": "Transferred to the line “{to}”: {who}",
        "reopened": "The conversation was reopened",
        "closed": "The conversation was closed",
        "closed_because": "The conversation was closed: {reason}",
    },
}


@dataclass(frozen=True, slots=True)
class Talk:
    """What is to be logged of a conversation: messages, marks and rewordings in order, and who is who.

    `reworded`: the messages that rewordings are of, as they are now.
    """

    conversation: Conversation
    line: Line
    customer: Customer
    messages: Sequence[Message]
    marks: Sequence[Mark]
    operators: Mapping[OperatorId, str]
    lines: Mapping[LineId, str]
    inbox_name: str = ""
    rewordings: Sequence[Rewording] = ()
    reworded: Mapping[MessageId, Message] = field(default_factory=dict)


# --- the lead and the person ----------------------------------------------------


def lines_with_leads(lines: Iterable[Line], customer: Customer) -> frozenset[LineId]:
    """The lines on which this customer is a lead now: all, once there is a contact, said or proven."""
    return frozenset(
        line.id for line in lines if customer.contacts or line.lead_when is LeadWhen.AT_ONCE
    )


def person(customer: Customer, identities: Sequence[Identity]) -> Person:
    """Contacts that are not proven stay marked so."""
    return Person(customer.id, customer.name, customer.contacts, tuple(identities))


def digest(one: Person) -> str:
    """The same for what would be written the same."""
    said = [f"{contact.kind}:{contact.value}:{contact.proven}" for contact in one.contacts]
    reached = [f"{each.kind}:{each.scope}:{each.address}" for each in one.identities]
    whole = "\0".join([one.name, *sorted(said), *sorted(reached)])
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def lead(
    lead_id: LeadId,
    talk: Talk,
    *,
    of: CrmRef,
    owner: CrmUser | None,
    page: str,
    landing: str,
) -> Lead:
    """The lead that a conversation makes of the person `of`."""
    contacts = [contact.value for contact in talk.customer.contacts]
    who = talk.customer.name or next(iter(contacts), "") or words_of(talk.line)["visitor"]
    return Lead(
        id=lead_id,
        title=f"{who} · {talk.conversation.subject or talk.line.name}"[:TITLE_CHARS],
        source=source(talk.inbox_name, talk.line, page=page, landing=landing),
        customer_id=talk.customer.id,
        person=of,
        owner=owner,
    )


def source(inbox_name: str, line: Line, *, page: str, landing: str) -> Source:
    """Where it came from: the page they write from, without its query, and the UTM marks of the
    address at which they came to the site. A messenger's address has its mark in a word of its own.
    """
    return Source(inbox_name, line.name, page=_place(page), utm=_utm(landing))


def _place(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _utm(url: str) -> dict[str, str]:
    try:
        query = urlsplit(url).query
    except ValueError:
        return {}
    given = parse_qsl(query)
    utm = {
        name.removeprefix("utm_"): value[:UTM_CHARS]
        for name, value in given
        if name.startswith("utm_")
    }
    mark = next((value[:UTM_CHARS] for name, value in given if name in MARKS), "")
    return utm or ({"source": mark} if mark else {})


def owner(talk: Talk) -> OperatorId | None:
    """Who has the conversation, or had it last; None: nobody yet, the CRM keeps whom it has."""
    taken = [mark.operator_id for mark in talk.marks if mark.event == "ConversationAssigned"]
    return talk.conversation.owner_id or (taken[-1] if taken else None)


def words_of(line: Line) -> Mapping[str, str]:
    return WORDS["ru" if line.language == "ru" else "en"]
