"""What a customer did that is no message: came, wrote, gave a contact, shut us out."""

from datetime import datetime
from typing import assert_never

from router import events
from router.channel import Action, CustomerAction, Stored
from router.holding import lock
from router.identity import describe, thread_of
from router.ids import LineId
from router.model import Inbox, State, Thread
from router.news import CustomerNews, TypingNews, VisitNews
from router.receipts import NOTHING
from router.states import of, touched
from router.storage import Transaction


async def act(tx: Transaction, inbox: Inbox, action: CustomerAction, *, now: datetime) -> Stored:
    """Store what follows from it."""
    match action.action:
        case Action.GAVE_CONTACT:
            return await _gave_contact(tx, inbox, action, now=now)
        case Action.VISITED:
            return await _visited(tx, inbox, action)
        case Action.TYPING:
            thread = await tx.threads.by_key(inbox.id, action.thread_key)
            if thread is not None:
                tx.record.tell(TypingNews(thread.id, await _line_of(tx, thread), None))
        case Action.BLOCKED:
            await _reach(tx, inbox, action, reachable=False, now=now)
        case Action.STARTED | Action.UNBLOCKED:
            return await _started(tx, inbox, action, now=now)
        case Action.PRESSED:
            return NOTHING
        case _:
            assert_never(action.action)
    return NOTHING


async def _gave_contact(
    tx: Transaction, inbox: Inbox, action: CustomerAction, *, now: datetime
) -> Stored:
    """A form or a shared card. It counts before the first message too."""
    sender = action.sender
    thread = await thread_of(tx, inbox, sender, action.thread_key, now=now)
    await describe(tx, thread.customer_id, name=sender.name, contacts=sender.contacts, now=now)
    for kind in dict.fromkeys(one.kind for one in sender.contacts):
        await _noted(tx, thread, kind.value, now=now)
    return Stored(new=True, thread_id=thread.id, at=now)


async def _started(
    tx: Transaction, inbox: Inbox, action: CustomerAction, *, now: datetime
) -> Stored:
    """They can be reached. Where they came from is known before they have said anything."""
    thread = await tx.threads.by_key(inbox.id, action.thread_key)
    if thread is None and action.visit is not None:
        await thread_of(tx, inbox, action.sender, action.thread_key, now=now)
    await _reach(tx, inbox, action, reachable=True, now=now)
    return await _visited(tx, inbox, action)


async def _reach(
    tx: Transaction, inbox: Inbox, action: CustomerAction, *, reachable: bool, now: datetime
) -> None:
    """Whether we may write to them from now on: in all their threads, a forum has one for each topic."""
    sender = action.sender
    thread = await tx.threads.by_key(inbox.id, action.thread_key)
    found = [
        await tx.identities.find(kind=inbox.kind, scope=sender.scope, address=sender.address),
        await tx.identities.get(thread.identity_id) if thread else None,
    ]
    changed = [one for one in found if one is not None and one.active is not reachable]
    for identity in {one.id: one for one in changed}.values():
        if reachable:
            await tx.identities.revive([identity.id])
        else:
            await tx.identities.retire(identity.id)
        customer = await tx.customers.get(identity.customer_id)
        if customer is not None:
            tx.record.tell(CustomerNews(customer))
    if changed and thread is not None:
        await _noted(tx, thread, "unblocked" if reachable else "blocked", now=now)


async def _noted(tx: Transaction, thread: Thread, how: str, *, now: datetime) -> None:
    """It stands in the conversation that is under way, if one is."""
    latest = await tx.conversations.latest(thread.id)
    if latest is None:
        return
    _, before = await lock(tx, latest.id)
    if before.state is not State.CLOSED:
        after = touched(before)
        await tx.change(before, after, events.CustomerActed(**of(after, now), how=how))


async def _visited(tx: Transaction, inbox: Inbox, action: CustomerAction) -> Stored:
    thread = await tx.threads.by_key(inbox.id, action.thread_key)
    if thread is None or action.visit is None:
        return NOTHING
    await tx.visits.put(thread.id, action.visit)
    tx.record.tell(VisitNews(thread.id, await _line_of(tx, thread), action.visit))
    return Stored(new=True, thread_id=thread.id)


async def _line_of(tx: Transaction, thread: Thread) -> LineId:
    """Whose operators may be told of it: a conversation may have been transferred."""
    return (await tx.conversations.lines_of([thread.id])).get(thread.id, thread.line_id)
