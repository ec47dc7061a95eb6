"""The built-in CRM's rows: persons, leads, their timelines and tasks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from router.ids import (
    ConversationId,
    CustomerId,
    LeadId,
    LineId,
    MessageId,
    OperatorId,
    PersonId,
)
from router.model import Contact, ContactKind
from router.storage.engine import Connection
from router.storage.index import LEAD, LEADS_MARK, PERSON, Index
from router.storage.search import Search
from router.storage.statements import Cursor, Page, after, cursor_of, insert, page
from router.storage.tables.crm import (
    crm_addresses,
    crm_entries,
    crm_leads,
    crm_persons,
    crm_tasks,
)
from router.storage.tables.talk import conversations

OF_CONTACTS = tuple(kind.value for kind in ContactKind)

c = crm_leads.c
e = crm_entries.c


class Stage(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    WON = "won"
    LOST = "lost"


OPEN_STAGES = frozenset((Stage.NEW, Stage.IN_PROGRESS))


@dataclass(frozen=True, slots=True)
class Address:
    """A contact or an identity, as a person is found by it. `kind` is the contact's or channel's."""

    kind: str
    value: str
    scope: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class LeadCard:
    """A lead with its person's name and contacts."""

    id: LeadId
    person_id: PersonId
    customer_id: CustomerId | None
    title: str
    stage: Stage
    owner_id: OperatorId | None
    source: str
    made_at: datetime
    changed_at: datetime
    utm: Mapping[str, str] = field(default_factory=dict)
    person_name: str = ""
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who sees leads: of customers of these lines, of their own customers, and their own."""

    line_ids: Sequence[LineId]
    operator_id: OperatorId | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a lead's timeline.

    `message_id`: the message that it says or changes; the line that says it also tells when it was
    last edited. Of a withdrawn message no text is kept. `turn` and `data` say what happened, for a
    reader of another language than the text's.
    """

    id: UUID
    key: str
    kind: str
    author: str
    text: str
    at: datetime
    conversation_id: ConversationId | None = None
    file_names: tuple[str, ...] = ()
    message_id: MessageId | None = None
    edited_at: datetime | None = None
    withdrawn_at: datetime | None = None
    turn: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)


class Leads:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- persons ----------------------------------------------------------------

    async def persons_with(
        self, addresses: Sequence[Address], *, limit: int = 10
    ) -> list[PersonId]:
        """Whose these proven addresses are; who has the first of them comes first."""
        found: dict[PersonId, None] = {}
        a = crm_addresses.c
        for one in addresses:
            query = (
                sa.select(a.person_id)
                .where(a.kind == one.kind, a.value == one.value, a.scope == one.scope, a.proven)
                .order_by(a.person_id)
                .limit(limit)
            )
            found.update(dict.fromkeys(r.person_id for r in await self._connection.rows(query)))
        return list(found)

    async def has_person(self, person_id: PersonId) -> bool:
        query = sa.select(crm_persons.c.id).where(crm_persons.c.id == person_id)
        return bool(await self._connection.rows(query))

    async def save_person(
        self, person_id: PersonId, name: str, addresses: Sequence[Address], *, at: datetime
    ) -> None:
        """Make a person, or add what is missing; what was proven once stays so."""
        statement = insert(self._connection.dialect, crm_persons)
        named = sa.case(
            (crm_persons.c.name == "", statement.excluded.name), else_=crm_persons.c.name
        )
        statement = statement.on_conflict_do_update(
            index_elements=[crm_persons.c.id], set_={"name": named}
        )
        await self._connection.run(statement, {"id": person_id, "name": name, "made_at": at})
        await Index(self._connection).queue(PERSON, person_id)
        if not addresses:
            return
        adding = insert(self._connection.dialect, crm_addresses)
        a = crm_addresses.c
        adding = adding.on_conflict_do_update(
            index_elements=[a.person_id, a.kind, a.scope, a.value],
            set_={"proven": sa.or_(a.proven, adding.excluded.proven)},
        )
        rows = [
            asdict(one) | {"person_id": person_id, "position": position}
            for position, one in enumerate(addresses)
        ]
        await self._connection.run(adding, rows)

    # --- leads --------------------------------------------------------------------

    async def get(self, lead_id: LeadId, *, lock: bool = False) -> LeadCard | None:
        query = sa.select(crm_leads).where(c.id == lead_id)
        rows = await self._connection.rows(query.with_for_update() if lock else query)
        return (await self._whole(rows))[0] if rows else None

    async def has(self, lead_id: LeadId) -> bool:
        return bool(await self._connection.rows(sa.select(c.id).where(c.id == lead_id)))

    async def add(self, lead: LeadCard) -> None:
        """Add a lead, unless it is there."""
        row = _lead_row(lead)
        await self._connection.run(
            insert(self._connection.dialect, crm_leads).on_conflict_do_nothing(), row
        )
        await Index(self._connection).queue(LEAD, lead.id)

    async def save(self, lead: LeadCard) -> None:
        row = _lead_row(lead)
        await self._connection.run(sa.update(crm_leads).where(c.id == row.pop("id")).values(row))
        await Index(self._connection).queue(LEAD, lead.id)

    async def of_customer(self, customer_id: CustomerId, *, limit: int = 50) -> list[LeadCard]:
        """The customer's leads, the newest first."""
        return await self._newest(c.customer_id == customer_id, limit=limit)

    async def open_of_person(self, person_id: PersonId) -> LeadCard | None:
        """Their newest lead that is neither won nor lost."""
        stages = [stage.value for stage in OPEN_STAGES]
        found = await self._newest(c.person_id == person_id, c.stage.in_(stages), limit=1)
        return found[0] if found else None

    async def page(
        self,
        *,
        sees: Onlooker | None = None,
        stage: Stage | None = None,
        words: str = "",
        contact: Contact | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[LeadCard]:
        """The newest first, a full page while there are more: all, or what somebody sees; those with
        a contact, or with all words in their title, name and contacts.
        """
        where = [] if sees is None else [_seen_by(sees)]
        if stage is not None:
            where.append(c.stage == stage.value)
        if contact is not None:
            a = crm_addresses.c
            having = sa.select(a.person_id).where(
                a.kind == contact.kind.value, a.value == contact.value
            )
            where.append(c.person_id.in_(having))
        elif words:
            return await self._with_words(words, where, cursor, limit)
        if cursor is not None:
            where.append(after(c.made_at, c.id, cursor_of(cursor), down=True))
        found = await self._newest(*where, limit=limit + 1)
        return page(found, limit, lambda last: Cursor(last.made_at, last.id))

    async def _with_words(
        self, words: str, where: Sequence[Any], cursor: str | None, limit: int
    ) -> Page[LeadCard]:
        async def seen(ids: Sequence[UUID]) -> Mapping[UUID, LeadCard]:
            return {
                one.id: one for one in await self._newest(c.id.in_(ids), *where, limit=len(ids))
            }

        search = Search(self._connection)
        found = await search.page(words, seen, cursor=cursor, mark=LEADS_MARK, limit=limit)
        return Page([lead for lead, _ in found.items], found.next)

    async def _newest(self, *where: Any, limit: int) -> list[LeadCard]:
        query = (
            sa.select(crm_leads).where(*where).order_by(c.made_at.desc(), c.id.desc()).limit(limit)
        )
        return await self._whole(await self._connection.rows(query))

    async def _whole(self, rows: Sequence[sa.Row[Any]]) -> list[LeadCard]:
        person_ids = {row.person_id for row in rows}
        if not person_ids:
            return []
        persons = sa.select(crm_persons).where(crm_persons.c.id.in_(person_ids))
        names = {row.id: row.name for row in await self._connection.rows(persons)}
        contacts = await self._contacts(person_ids)
        return [
            replace(
                _lead_of(row),
                person_name=names[row.person_id],
                contacts=tuple(contacts.get(row.person_id, ())),
            )
            for row in rows
        ]

    async def _contacts(self, person_ids: set[PersonId]) -> Mapping[PersonId, list[Contact]]:
        a = crm_addresses.c
        query = (
            sa.select(crm_addresses)
            .where(a.person_id.in_(person_ids), a.kind.in_(OF_CONTACTS), a.scope == "")
            .order_by(a.person_id, a.position, a.value)
        )
        found: dict[PersonId, list[Contact]] = defaultdict(list)
        for row in await self._connection.rows(query):
            found[row.person_id].append(Contact(ContactKind(row.kind), row.value, row.proven))
        return found

    # --- timelines ------------------------------------------------------------------

    async def append(self, lead_id: LeadId, entries: Sequence[Entry]) -> None:
        """Add those that are not there yet."""
        rows = [
            asdict(one) | {"lead_id": lead_id, "file_names": list(one.file_names)}
            for one in entries
        ]
        await self._connection.run(
            insert(self._connection.dialect, crm_entries).on_conflict_do_nothing(), rows
        )
        for one in entries:
            if one.message_id is not None and one.kind != "message":
                await self._reword(one.message_id, one)

    async def _reword(self, message_id: MessageId, entry: Entry) -> None:
        """Keep of a withdrawn message that it was said, on whatever timeline."""
        change = sa.update(crm_entries).where(e.message_id == message_id)
        if entry.withdrawn_at is not None:
            change = change.values(text="", file_names=[], withdrawn_at=entry.withdrawn_at)
        else:
            change = change.where(e.kind == "message").values(edited_at=entry.at)
        await self._connection.run(change)

    async def entry(self, key: str, *, lead_id: LeadId) -> UUID | None:
        query = sa.select(e.id).where(e.lead_id == lead_id, e.key == key)
        rows = await self._connection.rows(query)
        return rows[0].id if rows else None

    async def timeline(
        self, lead_id: LeadId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """What was logged last comes first: a thread's order, whenever a message was sent."""
        query = sa.select(crm_entries).where(e.lead_id == lead_id)
        if cursor is not None:
            query = query.where(e.id < cursor_of(cursor).id)
        query = query.order_by(e.id.desc()).limit(limit + 1)
        found = [
            Entry(
                id=row.id,
                key=row.key,
                kind=row.kind,
                author=row.author,
                text=row.text,
                at=row.at,
                conversation_id=row.conversation_id,
                file_names=tuple(row.file_names),
                message_id=row.message_id,
                edited_at=row.edited_at,
                withdrawn_at=row.withdrawn_at,
                turn=row.turn,
                data=row.data or {},
            )
            for row in await self._connection.rows(query)
        ]
        return page(found, limit, lambda last: Cursor(last.at, last.id))

    # --- tasks ----------------------------------------------------------------------

    async def add_task(
        self,
        task_id: UUID,
        lead_id: LeadId,
        *,
        title: str,
        due_at: datetime,
        owner_id: OperatorId | None,
        at: datetime,
    ) -> None:
        """Add a task, unless it is there."""
        row = {
            "id": task_id,
            "lead_id": lead_id,
            "title": title,
            "due_at": due_at,
            "owner_id": owner_id,
            "made_at": at,
        }
        await self._connection.run(
            insert(self._connection.dialect, crm_tasks).on_conflict_do_nothing(), row
        )

    async def has_task(self, task_id: UUID) -> bool:
        query = sa.select(crm_tasks.c.id).where(crm_tasks.c.id == task_id)
        return bool(await self._connection.rows(query))

    # --- customers --------------------------------------------------------------------

    async def move(self, customer_id: CustomerId, *, to: CustomerId) -> None:
        """Two customers became one."""
        await self._connection.run(
            sa.update(crm_leads).where(c.customer_id == customer_id).values(customer_id=to)
        )


def _seen_by(onlooker: Onlooker) -> Any:
    o, who = conversations.c, onlooker.operator_id
    theirs: Any = o.line_id.in_(onlooker.line_ids)
    if who is not None:
        theirs = sa.or_(theirs, o.owner_id == who, o.offered_to == who)
    seen = sa.select(o.id).where(o.customer_id == c.customer_id, theirs).exists()
    return seen if who is None else sa.or_(c.owner_id == who, seen)


def _lead_row(lead: LeadCard) -> dict[str, Any]:
    row = {name: getattr(lead, name) for name in LeadCard.__slots__}
    del row["person_name"], row["contacts"]
    return row | {"stage": lead.stage.value, "utm": dict(lead.utm)}


def _lead_of(row: sa.Row[Any]) -> LeadCard:
    return LeadCard(
        id=row.id,
        person_id=row.person_id,
        customer_id=row.customer_id,
        title=row.title,
        stage=Stage(row.stage),
        owner_id=row.owner_id,
        source=row.source,
        made_at=row.made_at,
        changed_at=row.changed_at,
        utm=row.utm,
    )
