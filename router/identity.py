"""Who is writing: find or create a customer, prove, link, and take that back.

What a visitor types is a claim. It stands on the customer's card and reaches the CRM, but nobody
is shown another's history by it: identities are joined only by a signed identity, a code, or an
operator.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from router import events
from router.channel import Sender
from router.errors import Invalid, NotFound
from router.ids import ConversationId, CustomerId, IdentityId, OperatorId, ThreadId, new_id
from router.model import Contact, Customer, Identity, Inbox, State, Thread
from router.news import CustomerNews
from router.planning import title_of
from router.states import touched
from router.storage import Transaction


async def resolve(tx: Transaction, inbox: Inbox, sender: Sender, *, now: datetime) -> Identity:
    """The sender's identity; a new customer if nobody has that address.

    Two that come at once meet at the unique index: the transaction is repeated and finds the other.
    """
    if not sender.address:
        raise Invalid("a sender has an address")
    found = await tx.identities.find(kind=inbox.kind, scope=sender.scope, address=sender.address)
    if found is not None:
        return found
    customer = Customer(CustomerId(new_id()), now, name=sender.name, language=sender.language)
    await tx.customers.insert(customer)
    identity = Identity(
        IdentityId(new_id()),
        customer.id,
        inbox.kind,
        sender.scope,
        sender.address,
        name=sender.username,
    )
    await tx.identities.insert(identity)
    return identity


async def thread_of(
    tx: Transaction,
    inbox: Inbox,
    sender: Sender,
    thread_key: str,
    *,
    public: bool = False,
    now: datetime,
) -> Thread:
    """The sender's thread; a new and empty one if they have none yet."""
    found = await tx.threads.by_key(inbox.id, thread_key)
    if found is not None:
        return found
    identity = await resolve(tx, inbox, sender, now=now)
    # Whoever links customers moves the threads that there are: this one must be one of them.
    owners = await tx.identities.hold([identity.id])
    thread = Thread(
        id=ThreadId(new_id()),
        inbox_id=inbox.id,
        line_id=inbox.line_id,
        key=thread_key,
        customer_id=owners[identity.id],
        identity_id=identity.id,
        public=public,
    )
    await tx.threads.insert(thread)
    return thread


async def describe(
    tx: Transaction,
    customer_id: CustomerId,
    *,
    name: str,
    contacts: Sequence[Contact],
    now: datetime,
) -> Customer:
    """Add what a customer says of themselves; a name that is known already stays."""
    customer = await tx.customers.get(customer_id, lock=True)
    if customer is None:
        raise NotFound("no such customer")
    fresh = _new(customer.contacts, contacts)
    after = replace(customer, name=customer.name or name, contacts=(*customer.contacts, *fresh))
    await tx.customers.add_contacts(customer_id, contacts, at=now)
    await tx.customers.save(after)
    if title_of(after) != title_of(customer):
        await retitle(tx, customer_id, title_of(after))
    tell(tx, after, now=now)
    return after


async def rename(tx: Transaction, customer: Customer, name: str, *, now: datetime) -> None:
    """Call a customer, who is locked, otherwise."""
    after = replace(customer, name=name)
    if after == customer:
        return
    await tx.customers.save(after)
    if title_of(after) != title_of(customer):
        await retitle(tx, customer.id, title_of(after))
    tell(tx, after, now=now)


async def retitle(
    tx: Transaction,
    customer_id: CustomerId,
    title: str,
    *,
    moved: Collection[ConversationId] = (),
) -> None:
    """Give a customer's conversations another title. It is part of what lists show, so it changes
    with the version and is told; those so old that no list shows them change in silence.

    `moved`: these were another customer's until now, which is told whatever their title.
    """
    shown = {one.id for one in await tx.conversations.of_customer(customer_id)}
    held = await tx.conversations.hold(shown.union(moved))
    for _, one in held.values():
        if one.title != title or one.id in moved:
            await tx.change(one, touched(one, title=title))
    await tx.conversations.retitle(customer_id, title)


async def confirm(
    tx: Transaction, customer_id: CustomerId, contact: Contact, *, now: datetime
) -> Customer:
    """An operator has made sure that a contact on a customer's card is theirs."""
    customer = await tx.customers.get(customer_id, lock=True)
    known = {(one.kind, one.value) for one in customer.contacts} if customer else set()
    if customer is None or (contact.kind, contact.value) not in known:
        raise NotFound("no such contact")
    proven = replace(contact, proven=True)
    await tx.customers.add_contacts(customer_id, [proven], at=now)
    after = replace(
        customer,
        contacts=tuple(
            proven if (one.kind, one.value) == (contact.kind, contact.value) else one
            for one in customer.contacts
        ),
    )
    tell(tx, after, now=now)
    return after


async def entrust(
    tx: Transaction, customer_id: CustomerId, operator_id: OperatorId | None, *, now: datetime
) -> None:
    """The CRM says who is responsible for a customer; None: none of us."""
    customer = await tx.customers.get(customer_id, lock=True)
    if customer is None or customer.merged_into or customer.responsible_id == operator_id:
        return
    after = replace(customer, responsible_id=operator_id)
    await tx.customers.save(after)
    await _tell_responsible(tx, after, now=now)
    tx.record.tell(CustomerNews(after))


async def enrich(tx: Transaction, customer_id: CustomerId, fields: Mapping[str, Any]) -> None:
    """The CRM says what it knows of a customer; what it does not name stays as it is."""
    customer = await tx.customers.get(customer_id, lock=True)
    if customer is None or customer.merged_into is not None:
        return
    after = replace(customer, crm_fields={**(customer.crm_fields or {}), **fields})
    if after != customer:
        await tx.customers.save(after)
        tx.record.tell(CustomerNews(after))


async def _tell_responsible(tx: Transaction, customer: Customer, *, now: datetime) -> None:
    """Those who place conversations look again where the customer waits."""
    theirs = await tx.conversations.of_customer(customer.id)
    waiting = {one.line_id for one in theirs if one.state in (State.WAITING, State.OFFERED)}
    tx.record.emit(
        events.ResponsibleChanged(
            at=now,
            customer_id=customer.id,
            operator_id=customer.responsible_id,
            line_ids=tuple(sorted(waiting)),
        )
    )


def tell(tx: Transaction, customer: Customer, *, now: datetime) -> None:
    """Record that a customer's card changed."""
    tx.record.emit(events.CustomerChanged(at=now, customer_id=customer.id))
    tx.record.tell(CustomerNews(customer))


async def link(
    tx: Transaction, customer_id: CustomerId, merged_id: CustomerId, *, now: datetime
) -> Customer:
    """Make two customers one: an operator, a code or a signed identity says that they are.

    The merged one's identities, threads and conversations move; its card stays, empty, so that
    `unlink` can give an identity back.
    """
    if customer_id == merged_id:
        raise Invalid("they are the same already")
    first, second = sorted((customer_id, merged_id))
    locked = {id_: await tx.customers.get(id_, lock=True) for id_ in (first, second)}
    kept, merged = locked[customer_id], locked[merged_id]
    if kept is None or merged is None or merged.merged_into or kept.merged_into:
        raise NotFound("no such customer")
    identities = await tx.identities.of_customer(merged_id, lock=True)
    moved = {one.id for one in await tx.conversations.of_customer(merged_id)}
    await tx.identities.move([one.id for one in identities], to=customer_id)
    await tx.crm.move(merged_id, to=customer_id)
    await tx.leads.move(merged_id, to=customer_id)
    await tx.customers.add_contacts(customer_id, merged.contacts, at=now)
    after = replace(
        kept,
        name=kept.name or merged.name,
        responsible_id=kept.responsible_id or merged.responsible_id,
        crm_fields=_both(kept.crm_fields, merged.crm_fields),
        tier=await _higher(tx, kept.tier, merged.tier),
        blocked=kept.blocked or merged.blocked,
        contacts=(*kept.contacts, *_new(kept.contacts, merged.contacts)),
    )
    await tx.customers.save(after)
    await tx.customers.save(replace(merged, merged_into=customer_id))
    await retitle(tx, customer_id, title_of(after), moved=moved)
    tx.record.emit(events.CustomersLinked(at=now, customer_id=customer_id, merged_id=merged_id))
    if after.responsible_id is not None:
        await _tell_responsible(tx, after, now=now)
    tell(tx, after, now=now)
    return after


async def unlink(
    tx: Transaction, customer_id: CustomerId, identity_id: IdentityId, *, now: datetime
) -> Customer:
    """Give an identity a customer of its own again, with its threads and conversations."""
    former = await tx.customers.get(customer_id, lock=True)
    identity = await tx.identities.get(identity_id)
    if former is None or identity is None or identity.customer_id != customer_id:
        raise NotFound("no such identity")
    if len(await tx.identities.of_customer(customer_id, lock=True)) == 1:
        raise Invalid("it is this customer's only identity")
    customer = Customer(CustomerId(new_id()), now, name=identity.name)
    await tx.customers.insert(customer)
    await tx.identities.move([identity_id], to=customer.id)
    await tx.crm.part(customer.id)
    moved = {one.id for one in await tx.conversations.of_customer(customer.id)}
    await retitle(tx, customer.id, title_of(customer), moved=moved)
    tx.record.emit(
        events.CustomersLinked(at=now, customer_id=customer_id, merged_id=customer.id, undone=True)
    )
    tell(tx, former, now=now)
    tell(tx, customer, now=now)
    return customer


async def prove(tx: Transaction, thread: Thread, identity: Identity, *, now: datetime) -> None:
    """A thread's sender has signed in as the owner of `identity`, and both become one customer.

    Only an anonymous sender can: `Invalid` if the thread's customer is known by another identity
    too, since two people may use one browser.
    """
    if thread.identity_id == identity.id:
        return
    if thread.customer_id != identity.customer_id:
        if len(await tx.identities.of_customer(thread.customer_id)) > 1:
            raise Invalid("this thread is somebody else's")
        await link(tx, identity.customer_id, thread.customer_id, now=now)


async def _higher(tx: Transaction, one: str | None, other: str | None) -> str | None:
    """The tier that gives the longer head start on any line; of equals the first."""
    if one is None or other is None or one == other:
        return one or other
    starts = {one: 0, other: 0}
    for line in await tx.lines.all():
        for tier, start_s in line.queueing.priority.by_tier_s.items():
            if tier in starts:
                starts[tier] = max(starts[tier], start_s)
    return other if starts[other] > starts[one] else one


def _both(
    kept: Mapping[str, Any] | None, merged: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    return None if kept is None and merged is None else {**(merged or {}), **(kept or {})}


def _new(known: Sequence[Contact], given: Sequence[Contact]) -> list[Contact]:
    values = {(one.kind, one.value) for one in known}
    return [one for one in given if (one.kind, one.value) not in values]
