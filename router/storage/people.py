"""Customers, what they say of themselves, and their identities."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import CustomerId, IdentityId
from router.model import Contact, Customer, Identity
from router.storage.engine import Connection
from router.storage.rows import contact_of, customer_of, identity_of
from router.storage.statements import Insert, insert
from router.storage.tables.talk import contacts, conversations, customers, identities, threads


class Customers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, customer_id: CustomerId, *, lock: bool = False) -> Customer | None:
        query = sa.select(customers).where(customers.c.id == customer_id)
        rows = await self._connection.rows(query.with_for_update(key_share=True) if lock else query)
        if not rows:
            return None
        return customer_of(rows[0], (await self.contacts([customer_id])).get(customer_id, ()))

    async def contacts(self, ids: Sequence[CustomerId]) -> dict[CustomerId, list[Contact]]:
        query = (
            sa.select(contacts)
            .where(contacts.c.customer_id.in_(ids))
            .order_by(contacts.c.customer_id, contacts.c.at, contacts.c.value)
        )
        grouped: dict[CustomerId, list[Contact]] = defaultdict(list)
        for row in await self._connection.rows(query):
            grouped[row.customer_id].append(contact_of(row))
        return grouped

    async def with_contact(
        self, contact: Contact, *, limit: int = 10
    ) -> list[tuple[CustomerId, bool]]:
        """Who gave this contact, and whether it is proven theirs; not those merged into another."""
        query = (
            sa.select(contacts.c.customer_id, contacts.c.proven)
            .join(customers, customers.c.id == contacts.c.customer_id)
            .where(contacts.c.kind == contact.kind.value, contacts.c.value == contact.value)
            .where(customers.c.merged_into.is_(None))
            .limit(limit)
        )
        return [(row.customer_id, row.proven) for row in await self._connection.rows(query)]

    async def insert(self, customer: Customer) -> None:
        await self._connection.run(
            sa.insert(customers),
            [
                {
                    "id": customer.id,
                    "name": customer.name,
                    "language": customer.language,
                    "responsible_id": customer.responsible_id,
                    "merged_into": customer.merged_into,
                    "created_at": customer.created_at,
                    "tier": customer.tier,
                    "blocked": customer.blocked,
                    "crm_fields": _plain(customer.crm_fields),
                }
            ],
        )
        await self.add_contacts(customer.id, customer.contacts, at=customer.created_at)

    async def save(self, customer: Customer) -> None:
        """Write the card itself; contacts are added and removed apart."""
        await self._connection.run(
            sa.update(customers)
            .where(customers.c.id == customer.id)
            .values(
                name=customer.name,
                language=customer.language,
                responsible_id=customer.responsible_id,
                merged_into=customer.merged_into,
                tier=customer.tier,
                blocked=customer.blocked,
                crm_fields=_plain(customer.crm_fields),
            )
        )

    async def complete(self, given: Sequence[Customer]) -> None:
        """Fill in names and languages where none is known; nothing else of the cards."""
        statement = (
            sa.update(customers)
            .where(customers.c.id == sa.bindparam("customer"))
            .values(
                name=sa.case(
                    (customers.c.name == "", sa.bindparam("new_name", type_=sa.Text)),
                    else_=customers.c.name,
                ),
                language=sa.func.coalesce(
                    customers.c.language, sa.bindparam("new_language", type_=sa.Text)
                ),
            )
        )
        rows = [
            {"customer": one.id, "new_name": one.name, "new_language": one.language}
            for one in sorted(given, key=lambda one: one.id)
        ]
        await self._connection.run(statement, rows)

    async def add_contacts(
        self, customer_id: CustomerId, given: Sequence[Contact], *, at: datetime
    ) -> None:
        """Add what is new; a claim never weakens what was proven."""
        await self.add_contact_rows(contact_rows(customer_id, given, at=at))

    async def add_contact_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        if not rows:
            return
        statement = keeping_what_is_proven(insert(self._connection.dialect, contacts))
        await self._connection.run(statement, rows)

    async def remove_contact(self, customer_id: CustomerId, contact: Contact) -> None:
        await self._connection.run(
            sa.delete(contacts).where(
                contacts.c.customer_id == customer_id,
                contacts.c.kind == contact.kind.value,
                contacts.c.value == contact.value,
            )
        )


def _plain(fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if fields is None else dict(fields)


def keeping_what_is_proven(statement: Insert) -> Insert:
    """A claim never weakens what was proven."""
    return statement.on_conflict_do_update(
        index_elements=[contacts.c.customer_id, contacts.c.kind, contacts.c.value],
        set_={"proven": sa.or_(contacts.c.proven, statement.excluded.proven)},
    )


def contact_rows(
    customer_id: CustomerId, given: Sequence[Contact], *, at: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": customer_id,
            "kind": one.kind.value,
            "value": one.value,
            "proven": one.proven,
            "at": at,
        }
        for one in given
    ]


class Identities:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, identity_id: IdentityId) -> Identity | None:
        rows = await self._connection.rows(
            sa.select(identities).where(identities.c.id == identity_id)
        )
        return identity_of(rows[0]) if rows else None

    async def find(self, *, kind: str, scope: str, address: str) -> Identity | None:
        """Never for an empty address."""
        if not address:
            return None
        rows = await self._connection.rows(
            sa.select(identities).where(
                identities.c.kind == kind,
                identities.c.scope == scope,
                identities.c.address == address,
            )
        )
        return identity_of(rows[0]) if rows else None

    async def of_customer(self, customer_id: CustomerId, *, lock: bool = False) -> list[Identity]:
        """`lock`: they begin no thread and go to nobody else until the transaction ends."""
        query = (
            sa.select(identities)
            .where(identities.c.customer_id == customer_id)
            .order_by(identities.c.id)
        )
        rows = await self._connection.rows(query.with_for_update(key_share=True) if lock else query)
        return [identity_of(row) for row in rows]

    async def hold(self, ids: Collection[IdentityId]) -> dict[IdentityId, CustomerId]:
        """Whose these are, which stays so until the transaction ends: for who begins a thread."""
        query = (
            sa.select(identities.c.id, identities.c.customer_id)
            .where(identities.c.id.in_(ids))
            .order_by(identities.c.id)
            .with_for_update(read=True)
        )
        return {row.id: row.customer_id for row in await self._connection.rows(query)}

    async def insert(self, identity: Identity) -> None:
        row = {name: getattr(identity, name) for name in Identity.__slots__}
        await self._connection.run(sa.insert(identities), [row])

    async def rename(self, identity_id: IdentityId, name: str) -> None:
        await self._connection.run(
            sa.update(identities).where(identities.c.id == identity_id).values(name=name)
        )

    async def readdress(self, identity_id: IdentityId, old: str, new: str) -> None:
        """Whose address is `old` is at `new` by now, unless somebody else is."""
        i, other = identities.c, identities.alias()
        taken = sa.exists().where(
            other.c.kind == i.kind, other.c.scope == i.scope, other.c.address == new
        )
        await self._connection.run(
            sa.update(identities)
            .where(i.id == identity_id, i.address == old, ~taken)
            .values(address=new)
        )

    async def retire(self, identity_id: IdentityId) -> None:
        """The address is dead: nothing is sent to it until it writes again."""
        await self._connection.run(
            sa.update(identities).where(identities.c.id == identity_id).values(active=False)
        )

    async def revive(self, ids: Sequence[IdentityId]) -> None:
        """Whoever writes can be reached again."""
        await self._connection.run(
            sa.update(identities).where(identities.c.id.in_(ids)).values(active=True)
        )

    async def move(self, ids: Sequence[UUID], *, to: CustomerId) -> None:
        """Give identities, with their threads and conversations, to another customer."""
        held = sa.select(threads.c.id).where(threads.c.identity_id.in_(ids))
        for statement in (
            sa.update(threads).where(threads.c.identity_id.in_(ids)),
            sa.update(conversations).where(conversations.c.thread_id.in_(held)),
            sa.update(identities).where(identities.c.id.in_(ids)),
        ):
            await self._connection.run(statement.values(customer_id=to))
