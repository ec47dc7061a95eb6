"""Customers: the card, what operators correct and confirm on it, and who is whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from console.api.route import Ask, Route
from console.api.shapes import (
    Confirm,
    ContactView,
    CustomerChange,
    CustomerView,
    LinkCustomer,
    UnlinkIdentity,
)
from console.customers import conversations_of, customer_whole, sees_customer
from router import contacts, identity
from router.cards import CardField, filled
from router.errors import Invalid, NotFound
from router.identity import retitle, tell
from router.ids import CustomerId, IdentityId
from router.model import Contact, ContactKind, Customer
from router.planning import title_of
from router.storage import Transaction

MAX_CONTACTS = 20
NO_CONTACT = {ContactKind.PHONE: "is no phone", ContactKind.EMAIL: "is no e-mail"}


def normalised(given: Sequence[ContactView], known: Sequence[Contact]) -> tuple[Contact, ...]:
    """What an operator wrote down, in its one form. An operator's word proves nothing new.

    Raises `Invalid`, naming each that cannot be a contact.
    """
    if len(given) > MAX_CONTACTS:
        raise Invalid(
            "too many contacts", fields={"contacts": f"has more than {MAX_CONTACTS} entries"}
        )
    proven = {(one.kind, one.value) for one in known if one.proven}
    found: dict[tuple[ContactKind, str], Contact] = {}
    wrong: dict[str, str] = {}
    for number, one in enumerate(given):
        kind = ContactKind(one.kind)
        read = contacts.phone if kind is ContactKind.PHONE else contacts.email
        value = read(one.value)
        if value is None:
            wrong[f"contacts.{number}.value"] = NO_CONTACT[kind]
        else:
            found[kind, value] = Contact(kind, value, proven=(kind, value) in proven)
    if wrong:
        raise Invalid("a contact cannot be right", fields=wrong)
    return tuple(found.values())


async def customer(ask: Ask, customer_id: CustomerId) -> CustomerView:
    async with ask.storage.reading() as tx:
        await _visible(tx, ask, customer_id)
        return await customer_whole(tx, customer_id, ask.desk.file_url)


async def change(ask: Ask, customer_id: CustomerId, body: CustomerChange) -> CustomerView:
    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        before = await tx.customers.get(customer_id, lock=True)
        if before is None:
            raise NotFound("no such customer")
        after = _changed(before, body, await tx.cards.fields() if body.fields else ())
        if after != before:
            await _save(tx, before, after, now=ask.now())
            if title_of(after) != title_of(before):
                await retitle(tx, customer_id, title_of(after))
            tell(tx, after, now=ask.now())
        return await customer_whole(tx, customer_id, ask.desk.file_url)

    return await ask.storage.run(step)


async def confirm(ask: Ask, customer_id: CustomerId, body: Confirm) -> CustomerView:
    """A contact that the customer claimed is theirs, says an operator."""
    contact = Contact(ContactKind(body.kind), body.value)

    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        await identity.confirm(tx, customer_id, contact, now=ask.now())
        await ask.audit(tx, "contact_confirmed", customer_id, [body.kind])
        return await customer_whole(tx, customer_id, ask.desk.file_url)

    return await ask.storage.run(step)


async def link(ask: Ask, customer_id: CustomerId, body: LinkCustomer) -> CustomerView:
    """Two customers are one person, says an operator who sees both."""
    other_id = CustomerId(body.other_id)

    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        await _visible(tx, ask, other_id)
        await identity.link(tx, customer_id, other_id, now=ask.now())
        await ask.audit(tx, "customers_linked", customer_id)
        return await customer_whole(tx, customer_id, ask.desk.file_url)

    return await ask.storage.run(step)


async def unlink(ask: Ask, customer_id: CustomerId, body: UnlinkIdentity) -> CustomerView:
    """One of a customer's identities is somebody else; gives that somebody."""
    identity_id = IdentityId(body.identity_id)

    async def step(tx: Transaction) -> CustomerView:
        await _visible(tx, ask, customer_id)
        apart = await identity.unlink(tx, customer_id, identity_id, now=ask.now())
        await ask.audit(tx, "customers_parted", customer_id)
        return await customer_whole(tx, apart.id, ask.desk.file_url)

    return await ask.storage.run(step)


def _changed(before: Customer, body: CustomerChange, fields: Sequence[CardField]) -> Customer:
    after = before
    if "tier" in body.model_fields_set:
        after = replace(after, tier=(body.tier or "").strip() or None)
    if body.fields:
        after = replace(after, crm_fields=filled(fields, before.crm_fields, body.fields))
    if body.name is not None:
        after = replace(after, name=body.name.strip())
    if body.contacts is not None:
        after = replace(after, contacts=normalised(body.contacts, before.contacts))
    return after


async def _visible(tx: Transaction, ask: Ask, customer_id: CustomerId) -> None:
    if not sees_customer(ask.viewer, await conversations_of(tx, customer_id)):
        raise NotFound("no such customer")


async def _save(tx: Transaction, before: Customer, after: Customer, *, now: datetime) -> None:
    await tx.customers.save(after)
    kept = {(one.kind, one.value) for one in after.contacts}
    for contact in before.contacts:
        if (contact.kind, contact.value) not in kept:
            await tx.customers.remove_contact(before.id, contact)
    await tx.customers.add_contacts(before.id, after.contacts, at=now)


ROUTES = (
    Route("GET", "/customers/{customer_id}", customer),
    Route("PATCH", "/customers/{customer_id}", change),
    Route("POST", "/customers/{customer_id}/confirm", confirm),
    Route("POST", "/customers/{customer_id}/link", link),
    Route("POST", "/customers/{customer_id}/unlink", unlink),
)
