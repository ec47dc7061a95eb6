"""What waits in a customer's lane: read from the desk's own rows, written nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from crm_sync.crm import CrmRef
from crm_sync.mapping import Talk, lines_with_leads
from crm_sync.parting import continued, unlogged
from router.ids import CustomerId, LineId, OperatorId
from router.model import Conversation, Customer, Identity, Line, Message
from router.news import Mark
from router.staff import Operator
from router.storage import Transaction
from router.storage.crm import CrmLane, Link, Log, Position

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
class Lost:
    """A post whose answer was lost: its key, where it is looked for, and the log if it is there."""

    key: str
    near: CrmRef
    log: Log


@dataclass(frozen=True, slots=True)
class Backlog:
    """`leads` are the customer's links, the newest first; `more`: other conversations wait. `lost`:
    that is to be looked for first.
    """

    customer: Customer
    identities: Sequence[Identity]
    lane: CrmLane
    person: Link | None
    leads: Sequence[Link] = ()
    waiting: Waiting | None = None
    more: bool = False
    lost: Lost | None = None


async def read_backlog(tx: Transaction, account: str, customer_id: CustomerId) -> Backlog | None:
    """What there is to do for a customer; None if they are not one any more."""
    customer = await tx.customers.get(customer_id)
    if customer is None or customer.merged_into is not None:
        return None
    lines = {line.id: line for line in await tx.lines.all()}
    behind = await tx.crm.behind(
        account, customer_id, line_ids=lines_with_leads(lines.values(), customer), limit=2
    )
    lane = await tx.crm.lane(account, customer_id)
    waiting = await _waiting(tx, account, customer, lines, *behind[0]) if behind else None
    return Backlog(
        customer=customer,
        identities=await tx.identities.of_customer(customer_id),
        lane=lane,
        person=await tx.crm.person_link(account, customer_id),
        leads=await tx.crm.lead_links(account, customer_id) if behind else (),
        waiting=waiting,
        more=len(behind) > 1,
        lost=await _lost(tx, account, lane) if behind else None,
    )


async def _waiting(
    tx: Transaction,
    account: str,
    customer: Customer,
    lines: Mapping[LineId, Line],
    conversation: Conversation,
    log: Log,
) -> Waiting:
    log, messages, whole = await _next(tx, account, conversation, log)
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


async def _next(
    tx: Transaction, account: str, conversation: Conversation, log: Log
) -> tuple[Log, list[Message], bool]:
    """Where the log goes on, the conversation's next messages, and whether these are all."""
    parts = await tx.crm.parts(account, conversation.thread_id)
    log = continued(conversation, log, parts)
    found = await tx.messages.next_of_thread(
        conversation.thread_id,
        after_seq=max(log.position.seq, conversation.first_seq - 1),
        limit=MESSAGES_AT_ONCE,
    )
    whole = len(found) < MESSAGES_AT_ONCE or found[-1].seq >= conversation.last_seq
    return log, unlogged(conversation, found, parts), whole


async def _lost(tx: Transaction, account: str, lane: CrmLane) -> Lost | None:
    """None: what was asked for last is logged, or nothing was split where it is of."""
    if lane.asked_post is None or lane.asked_key is None:
        return None
    whose, then = lane.asked_post
    log = await tx.crm.log(account, whose)
    talk = await tx.conversations.get(whose)
    if log is None or talk is None or not _is_ahead(then, log.position):
        return None
    parts = await tx.crm.parts(account, talk.thread_id)
    lead = await tx.crm.lead_link(account, log.lead_id) if log.lead_id else None
    if lead is None or lead.ref is None or not any(one.conversation_id == whose for one in parts):
        return None
    return Lost(lane.asked_key, CrmRef.of(lead.ref), replace(log, position=then))


def _is_ahead(then: Position, here: Position) -> bool:
    further = (then.seq, then.parts) >= (here.seq, here.parts) and then.event_id >= here.event_id
    return further and then != here


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
