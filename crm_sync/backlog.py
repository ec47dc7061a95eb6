"""What waits in a customer's lane: read from the desk's own rows, written nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crm_sync.mapping import Talk, lines_with_leads
from router.ids import CustomerId, LineId, OperatorId
from router.model import Conversation, Customer, Identity, Line, Message
from router.news import Mark
from router.staff import Operator
from router.storage import Transaction
from router.storage.crm import CrmLane, Link, Log

MESSAGES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest conversation that is not logged to its end.

    `whole`: `talk` holds everything up to that end. `lead`: the link of the log's lead. `page` and
    `landing` are the visitor's addresses, known until there is a lead.
    """

    talk: Talk
    log: Log
    whole: bool
    lead: Link | None
    operators: Mapping[OperatorId, Operator]
    page: str
    landing: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """`leads` are the customer's links, the newest first; `more`: other conversations wait."""

    customer: Customer
    identities: Sequence[Identity]
    lane: CrmLane
    person: Link | None
    leads: Sequence[Link] = ()
    waiting: Waiting | None = None
    more: bool = False


async def read_backlog(tx: Transaction, account: str, customer_id: CustomerId) -> Backlog | None:
    """What there is to do for a customer; None if they are not one any more."""
    customer = await tx.customers.get(customer_id)
    if customer is None or customer.merged_into is not None:
        return None
    lines = {line.id: line for line in await tx.lines.all()}
    behind = await tx.crm.behind(
        account, customer_id, line_ids=lines_with_leads(lines.values(), customer), limit=2
    )
    return Backlog(
        customer=customer,
        identities=await tx.identities.of_customer(customer_id),
        lane=await tx.crm.lane(account, customer_id),
        person=await tx.crm.person_link(account, customer_id),
        leads=await tx.crm.lead_links(account, customer_id) if behind else (),
        waiting=await _waiting(tx, account, customer, lines, *behind[0]) if behind else None,
        more=len(behind) > 1,
    )


async def _waiting(
    tx: Transaction,
    account: str,
    customer: Customer,
    lines: Mapping[LineId, Line],
    conversation: Conversation,
    log: Log,
) -> Waiting:
    messages, whole = await _messages(tx, conversation, log)
    marks, rewordings = await tx.crm.turns(conversation.id, after_id=log.position.event_id)
    if not whole:
        marks = [mark for mark in marks if mark.after_seq <= messages[-1].seq]
        rewordings = [one for one in rewordings if one.after_seq <= messages[-1].seq]
    reworded = await tx.messages.many([one.message_id for one in rewordings]) if rewordings else []
    operators = await _operators(tx, conversation, [*messages, *reworded], marks)
    lead = await tx.crm.lead_link(account, log.lead_id) if log.lead_id else None
    made = lead is not None and lead.ref is not None
    visit = None if made else await tx.visits.get(conversation.thread_id)
    inbox = None if made else await tx.inboxes.get(conversation.inbox_id)
    return Waiting(
        talk=Talk(
            conversation=conversation,
            line=lines[conversation.line_id],
            customer=customer,
            messages=messages,
            marks=marks,
            operators={one.id: one.name for one in operators.values()},
            lines={line.id: line.name for line in lines.values()},
            inbox_name=inbox.name if inbox else "",
            rewordings=rewordings,
            reworded={one.id: one for one in reworded},
        ),
        log=log,
        whole=whole,
        lead=lead,
        operators=operators,
        page=visit.url if visit else "",
        landing=await tx.visits.landing(conversation.thread_id) if visit else "",
    )


async def _messages(
    tx: Transaction, conversation: Conversation, log: Log
) -> tuple[list[Message], bool]:
    """The conversation's next messages, and whether these are all."""
    found = await tx.messages.next_of_thread(
        conversation.thread_id,
        after_seq=max(log.position.seq, conversation.first_seq - 1),
        limit=MESSAGES_AT_ONCE,
    )
    whole = len(found) < MESSAGES_AT_ONCE or found[-1].seq >= conversation.last_seq
    return [one for one in found if one.conversation_id == conversation.id], whole


async def _operators(
    tx: Transaction,
    conversation: Conversation,
    messages: Sequence[Message],
    marks: Sequence[Mark],
) -> dict[OperatorId, Operator]:
    """Those who appear in it."""
    ids = {conversation.owner_id}
    ids |= {message.operator_id for message in messages}
    ids |= {one for mark in marks for one in (mark.operator_id, mark.to_operator_id)}
    found = [await tx.operators.get(one) for one in ids if one is not None]
    return {one.id: one for one in found if one is not None}
