"""What people do with a conversation beside handling it: take it over, pin it, turn its customer
away, or begin one themselves. Under the rules of `handling`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from router import events
from router.channel import Sender
from router.errors import Invalid, NotFound, TooLate
from router.handling import close, take
from router.holding import give, hold, lock, retimed, take_away
from router.identity import tell, thread_of
from router.ids import ConversationId, CustomerId, InboxId, OperatorId, ThreadId
from router.model import HELD, Conversation, Customer, Identity, State, Thread
from router.planning import BLOCKED, title_of
from router.queueing import WHOLE
from router.staff import Operator
from router.states import assigned, of, opened, touched
from router.storage import Conflict, Transaction

SPAM = "spam"


async def intercept(
    tx: Transaction, conversation_id: ConversationId, by: Operator, *, now: datetime
) -> Conversation:
    """A supervisor has it from now, past their cap if need be; who had it takes part still."""
    _, conversation = await hold(tx, conversation_id, by.id)
    former = conversation.owner_id
    if conversation.state not in HELD or former is None:
        raise TooLate("nobody has it")
    if former == by.id:
        return conversation
    await take_away(tx, conversation, now=now)
    await tx.loads.start(by.id, at=now)
    await give(tx, by.id, weight=conversation.weight, now=now, cap_weight=None)
    await tx.assignments.begin(conversation, by.id, at=now, how="intercepted")
    taken = assigned(conversation, by.id)
    people = tuple(dict.fromkeys((*taken.participants, former)))
    after = replace(taken, participants=people, previous_owner_id=former)
    after = await retimed(tx, after, now=now)
    event = events.ConversationIntercepted(
        **of(after, now), operator_id=by.id, from_operator_id=former
    )
    await tx.change(conversation, after, event)
    return after


async def pin(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId,
    *,
    pinned: bool,
    now: datetime,
) -> Conversation:
    """Its owner keeps it also when it is reopened, or no longer. Twice is once."""
    _, conversation = await lock(tx, conversation_id)
    if conversation.pinned is pinned:
        return conversation
    if pinned and conversation.state not in HELD:
        raise TooLate("nobody has it")
    after = touched(conversation, pinned=pinned)
    event = events.ConversationPinned(**of(after, now), operator_id=by, pinned=pinned)
    await tx.change(conversation, after, event)
    return after


# --- who is not wanted ----------------------------------------------------------


async def spam(
    tx: Transaction,
    conversation_id: ConversationId,
    by: OperatorId,
    *,
    block: bool,
    now: datetime,
) -> Conversation:
    """It is closed, and nothing automatic follows; its customer may be blocked with it."""
    seen = await tx.conversations.get(conversation_id)
    if seen is None:
        raise NotFound("no such conversation")
    if not block:
        return await close(tx, conversation_id, by, reason=SPAM, now=now)
    theirs = await _hold_all(tx, seen.customer_id)
    await _set_blocked(tx, seen.customer_id, by, blocked=True, now=now)
    after = await close(tx, conversation_id, by, reason=SPAM, now=now)
    await _close_all(tx, theirs, by, now=now)
    return after


async def block(tx: Transaction, customer_id: CustomerId, by: OperatorId, *, now: datetime) -> int:
    """What they write is stored from now and disturbs nobody. Gives how many were closed by it."""
    theirs = await _hold_all(tx, customer_id)
    await _set_blocked(tx, customer_id, by, blocked=True, now=now)
    return await _close_all(tx, theirs, by, now=now)


async def unblock(
    tx: Transaction, customer_id: CustomerId, by: OperatorId, *, now: datetime
) -> bool:
    """False if they were not blocked."""
    return await _set_blocked(tx, customer_id, by, blocked=False, now=now)


async def _set_blocked(
    tx: Transaction, customer_id: CustomerId, by: OperatorId, *, blocked: bool, now: datetime
) -> bool:
    customer = await _customer(tx, customer_id)
    if customer.blocked is blocked:
        return False
    after = replace(customer, blocked=blocked)
    await tx.customers.save(after)
    tx.record.emit(
        events.CustomerBlocked(at=now, customer_id=customer.id, operator_id=by, blocked=blocked)
    )
    tell(tx, after, now=now)
    return True


async def _customer(tx: Transaction, customer_id: CustomerId) -> Customer:
    """Who was merged into another is that other."""
    customer = await tx.customers.get(customer_id, lock=True)
    if customer is not None and customer.merged_into is not None:
        customer = await tx.customers.get(customer.merged_into, lock=True)
    if customer is None:
        raise NotFound("no such customer")
    return customer


async def _hold_all(tx: Transaction, customer_id: CustomerId) -> list[Conversation]:
    """All that is open of theirs, in the order of threads; the operators concerned are held."""
    customer = await tx.customers.get(customer_id)
    whose = customer.merged_into if customer and customer.merged_into else customer_id
    theirs = await tx.conversations.of_customer(whose)
    running = [one for one in theirs if one.state is not State.CLOSED]
    holders = {who for one in running for who in (one.owner_id, one.offered_to, *one.asked)}
    await tx.loads.lock(sorted(who for who in holders if who is not None))
    return sorted(running, key=lambda one: one.thread_id)


async def _close_all(
    tx: Transaction, running: Sequence[Conversation], by: OperatorId, *, now: datetime
) -> int:
    for one in running:
        await close(tx, one.id, by, reason=BLOCKED, now=now)
    return len(running)


# --- one begun by us -------------------------------------------------------------


async def start(
    tx: Transaction, thread_id: ThreadId, by: Operator, *, now: datetime
) -> Conversation:
    """Begin a conversation with somebody who once wrote, and have it; one that waits is taken, be it
    the one in which the last one goes on.

    The answer then goes the usual way. Whether the channel can is the caller's to ask.

    Raises:
        TooLate: somebody else has it.
        Invalid: the customer is blocked, or their address is dead.
    """
    running = await tx.conversations.latest(thread_id)
    goes_on = await tx.conversations.survivor(running) if running is not None else None
    if goes_on is not None:
        return await take(tx, goes_on.id, by, now=now)
    if running is not None and running.state is not State.CLOSED:
        return await take(tx, running.id, by, now=now)
    await tx.loads.lock([by.id])
    thread = await tx.threads.get(thread_id, lock=True)
    if thread is None:
        raise NotFound("no such thread")
    if await tx.conversations.latest(thread_id) != running:
        raise Conflict("the customer wrote while we waited for the lock")
    customer = await _reachable(tx, thread)
    new = await _opened(tx, thread, customer, now=now)
    await tx.loads.start(by.id, at=now)
    await give(tx, by.id, weight=new.weight, now=now, cap_weight=None)
    after = replace(assigned(new, by.id), version=1, routed=True, seen_seq=thread.last_seq)
    await tx.conversations.insert(after)
    await tx.assignments.begin(after, by.id, at=now, how="started")
    happened = (
        events.ConversationOpened(**of(after, now), inbox_id=thread.inbox_id),
        events.ConversationAssigned(**of(after, now), operator_id=by.id, how="started"),
    )
    tx.record.changed(None, after, *happened)
    return after


async def thread_alone(
    tx: Transaction, inbox_id: InboxId, known: Identity, key: str, *, now: datetime
) -> ThreadId:
    """The thread `key` of somebody whom we know from a public one: their provider lets us write."""
    inbox = await tx.inboxes.get(inbox_id)
    if inbox is None:
        raise NotFound("no such inbox")
    thread = await thread_of(tx, inbox, Sender(known.address, scope=known.scope), key, now=now)
    await tx.identities.revive([known.id])
    return thread.id


async def _reachable(tx: Transaction, thread: Thread) -> Customer:
    customer = await tx.customers.get(thread.customer_id)
    identity = await tx.identities.get(thread.identity_id)
    if customer is None or identity is None or not identity.active:
        raise Invalid("nothing can be sent to this customer here")
    if customer.blocked:
        raise Invalid("this customer is blocked")
    return customer


async def _opened(
    tx: Transaction, thread: Thread, customer: Customer, *, now: datetime
) -> Conversation:
    """As a customer's first message would make it, but with nobody who waits for an answer."""
    inbox = await tx.inboxes.get(thread.inbox_id)
    line = await tx.lines.get(thread.line_id)
    if inbox is None or line is None or not inbox.active:
        raise Invalid("nothing can be sent to this customer here")
    weight = line.queueing.capacity.weights.get(inbox.kind, WHOLE)
    return opened(thread, channel=inbox.kind, title=title_of(customer), now=now, weight=weight)
