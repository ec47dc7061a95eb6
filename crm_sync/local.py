"""The built-in CRM: persons, leads, timelines and tasks in our own database.

It is a CRM like any other to `crm_sync/sync.py`, and besides it is what the console's leads
pages show and change. Its own ids are ours, so a repeated call changes nothing.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import ClassVar, TypeVar
from uuid import UUID

from crm_sync.crm import (
    GONE,
    Choice,
    CrmCapabilities,
    CrmChoices,
    CrmMatch,
    CrmRecord,
    CrmRef,
    CrmUser,
    FollowUp,
    Lead,
    Person,
    Pipeline,
    TimelineEntry,
)
from router.clock import Clock
from router.contacts import email, phone
from router.errors import Busy, Invalid, NotFound, Rejected, Unreachable
from router.identity import entrust
from router.ids import CustomerId, LeadId, OperatorId, PersonId, new_id
from router.model import Contact, ContactKind, Identity
from router.news import LeadNews
from router.staff import Operator
from router.storage import Page, Storage, Transaction
from router.storage.leads import OPEN_STAGES, Address, Entry, LeadCard, Onlooker, Stage

T = TypeVar("T")

PERSON, LEAD, ENTRY, TASK = "person", "lead", "entry", "task"
STAGES = {
    Stage.NEW: "New",
    Stage.IN_PROGRESS: "In progress",
    Stage.WON: "Won",
    Stage.LOST: "Lost",
}
ENTRY_FIELDS = (
    "key", "kind", "author", "at", "conversation_id", "file_names", "message_id", "withdrawn_at",
    "turn", "data",
)  # fmt: skip
TITLE_CHARS = 200
PAGE_ITEMS = 200


class LocalCrm:
    """`console_url` is where the console is, without a slash at its end."""

    capabilities: ClassVar[CrmCapabilities] = CrmCapabilities(
        repeats_are_harmless=True, max_post_chars=1_000_000
    )

    def __init__(self, storage: Storage, clock: Clock, *, console_url: str) -> None:
        self._storage = storage
        self._clock = clock
        self._console_url = console_url

    # --- the contract -------------------------------------------------------------

    async def find(
        self, contacts: Sequence[Contact], identities: Sequence[Identity]
    ) -> Sequence[CrmMatch]:
        addresses = [*map(_reached_at, identities), *map(_contacted_at, contacts)]

        async def look(tx: Transaction) -> Sequence[CrmMatch]:
            persons = await tx.leads.persons_with(addresses)
            leads = [await tx.leads.open_of_person(one) for one in persons]
            return [
                CrmMatch(CrmRef(PERSON, str(one)), CrmRef(LEAD, str(lead.id)) if lead else None)
                for one, lead in zip(persons, leads, strict=True)
            ]

        return await self._ask(look)

    async def find_key(self, key: str, near: CrmRef | None) -> CrmRef | None:
        kind, _, id_ = key.partition(":")

        async def look(tx: Transaction) -> CrmRef | None:
            if near is not None and kind != TASK:
                found = await tx.leads.entry(key, lead_id=_lead_id(near))
                return CrmRef(ENTRY, str(found)) if found else None
            ours = UUID(id_)
            match kind:
                case "person":
                    there = await tx.leads.has_person(PersonId(ours))
                case "lead":
                    there = await tx.leads.get(LeadId(ours)) is not None
                case _:
                    there = await tx.leads.has_task(ours)
            return CrmRef(kind, id_) if there else None

        return await self._ask(look)

    async def read(self, ref: CrmRef) -> CrmRecord:
        async def look(tx: Transaction) -> CrmRecord:
            lead = await _gotten(tx, ref)
            owner = await tx.operators.get(lead.owner_id) if lead.owner_id else None
            whose = await tx.customers.get(lead.customer_id) if lead.customer_id else None
            return CrmRecord(
                ref=ref,
                title=lead.title,
                stage=lead.stage,
                open=lead.stage in OPEN_STAGES,
                owner=_user(owner) if owner else None,
                fields=(whose.crm_fields if whose else None) or {},
            )

        return await self._ask(look)

    async def save_person(self, person: Person, ref: CrmRef | None) -> CrmRef:
        id_ = PersonId(UUID(ref.id) if ref else person.id)
        addresses = [*map(_contacted_at, person.contacts), *map(_reached_at, person.identities)]

        async def write(tx: Transaction) -> None:
            await tx.leads.save_person(id_, person.name, addresses, at=self._clock.now())

        await self._write(write)
        return CrmRef(PERSON, str(id_))

    async def save_lead(self, lead: Lead, ref: CrmRef | None) -> CrmRef:
        id_ = LeadId(UUID(ref.id)) if ref else lead.id
        now = self._clock.now()
        card = LeadCard(
            id=id_,
            person_id=PersonId(UUID(lead.person.id)),
            customer_id=lead.customer_id,
            title=lead.title[:TITLE_CHARS],
            stage=Stage.NEW,
            owner_id=OperatorId(UUID(lead.owner.id)) if lead.owner else None,
            source=lead.source.text(),
            utm=lead.source.utm,
            made_at=now,
            changed_at=now,
        )

        async def write(tx: Transaction) -> None:
            if ref is None:
                await tx.leads.add(card)
                return
            stood = await _gotten(tx, ref, lock=True)
            kept = replace(stood, title=card.title, source=card.source, utm=card.utm)
            await tx.leads.save(replace(kept, changed_at=now))

        await self._write(write)
        return CrmRef(LEAD, str(id_))

    async def append(self, entries: Sequence[TimelineEntry], to: CrmRef) -> CrmRef:
        return await self._write(lambda tx: self.append_in(tx, entries, to))

    async def append_in(
        self, tx: Transaction, entries: Sequence[TimelineEntry], to: CrmRef
    ) -> CrmRef:
        rows = [_row(one) for one in entries]
        await _see(tx, to)
        await tx.leads.append(_lead_id(to), rows)
        return CrmRef(ENTRY, str(await tx.leads.entry(rows[-1].key, lead_id=_lead_id(to))))

    async def assign(self, ref: CrmRef, owner: CrmUser) -> None:
        owner_id = OperatorId(UUID(owner.id))

        async def write(tx: Transaction) -> None:
            lead = await _gotten(tx, ref, lock=True)
            if lead.owner_id != owner_id:
                now = self._clock.now()
                await tx.leads.save(replace(lead, owner_id=owner_id, changed_at=now))

        await self._write(write)

    async def add_task(self, task: FollowUp, to: CrmRef) -> CrmRef:
        async def write(tx: Transaction) -> None:
            await _see(tx, to)
            await tx.leads.add_task(
                task.id,
                _lead_id(to),
                title=task.title,
                due_at=task.due_at,
                owner_id=OperatorId(UUID(task.owner.id)) if task.owner else None,
                at=self._clock.now(),
            )

        await self._write(write)
        return CrmRef(TASK, str(task.id))

    async def choices(self) -> CrmChoices:
        async def look(tx: Transaction) -> CrmChoices:
            users = tuple(map(_user, await tx.operators.all()))
            stages = tuple(Choice(stage.value, name) for stage, name in STAGES.items())
            named = await tx.cards.fields()
            fields = tuple(Choice(one.key, one.names.get("en") or one.key) for one in named)
            return CrmChoices(users, (Pipeline("leads", "Leads", stages),), fields)

        return await self._ask(look)

    def url(self, ref: CrmRef) -> str:
        return f"{self._console_url}/leads/{ref.id}"

    async def check(self) -> None:
        await self.choices()

    async def _ask(self, step: Callable[[Transaction], Awaitable[T]]) -> T:
        try:
            async with self._storage.reading() as tx:
                return await step(tx)
        except Busy as error:
            raise Unreachable("the database is busy") from error

    async def _write(self, step: Callable[[Transaction], Awaitable[T]]) -> T:
        try:
            return await self._storage.run(step)
        except Busy as error:
            raise Unreachable("the database is busy") from error

    # --- the console's --------------------------------------------------------------

    async def leads(
        self,
        *,
        sees: Onlooker | None = None,
        stage: Stage | None = None,
        words: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[LeadCard]:
        """The newest first. `words`: a phone, an e-mail address, or words of a title or name."""
        words = words.strip()
        async with self._storage.reading() as tx:
            return await tx.leads.page(
                sees=sees,
                stage=stage,
                words=words,
                contact=_contact(words),
                cursor=cursor,
                limit=min(limit, PAGE_ITEMS),
            )

    async def lead(self, lead_id: LeadId) -> LeadCard:
        async with self._storage.reading() as tx:
            return _there(await tx.leads.get(lead_id))

    async def leads_of(self, customer_id: CustomerId) -> list[LeadCard]:
        """The customer's, the newest first."""
        async with self._storage.reading() as tx:
            return await tx.leads.of_customer(customer_id)

    async def timeline(
        self, lead_id: LeadId, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """The newest first."""
        async with self._storage.reading() as tx:
            _there(await tx.leads.get(lead_id))
            return await tx.leads.timeline(lead_id, cursor=cursor, limit=min(limit, PAGE_ITEMS))

    async def change(
        self,
        lead_id: LeadId,
        *,
        title: str | None = None,
        stage: Stage | None = None,
        owner_id: OperatorId | None = None,
    ) -> LeadCard:
        """Change what is given of a lead, and tell those who look at it.

        Raises:
            NotFound: there is no such lead.
            Invalid: the title is empty, or the owner does not work here.
        """
        if title is not None and not title.strip():
            raise Invalid("a lead has a title", fields={"title": "is empty"})

        async def write(tx: Transaction) -> LeadCard:
            before = _there(await tx.leads.get(lead_id, lock=True))
            if owner_id is not None:
                operator = await tx.operators.get(owner_id)
                if operator is None or not operator.active:
                    raise Invalid("no such operator", fields={"owner_id": "does not work here"})
            after = replace(
                before,
                title=title.strip()[:TITLE_CHARS] if title is not None else before.title,
                stage=stage or before.stage,
                owner_id=owner_id or before.owner_id,
                changed_at=self._clock.now(),
            )
            await tx.leads.save(after)
            if after.customer_id is not None:
                if after.owner_id != before.owner_id and after.stage in OPEN_STAGES:
                    await entrust(tx, after.customer_id, after.owner_id, now=after.changed_at)
                for line_id in {line_id for _, line_id in await tx.crm.places(lead_id)}:
                    tx.record.tell(LeadNews(after.customer_id, line_id))
            return after

        return await self._storage.run(write)


def _user(operator: Operator) -> CrmUser:
    return CrmUser(str(operator.id), operator.name, operator.email.lower(), active=operator.active)


def _contacted_at(contact: Contact) -> Address:
    return Address(contact.kind.value, contact.value, proven=contact.proven)


def _reached_at(identity: Identity) -> Address:
    # A channel may be called "phone"; a contact never has a scope.
    return Address(identity.kind, identity.address, scope=f"@{identity.scope}", proven=True)


def _contact(words: str) -> Contact | None:
    """The contact that somebody looks for, if it is one."""
    if address := email(words):
        return Contact(ContactKind.EMAIL, address)
    if number := phone(words):
        return Contact(ContactKind.PHONE, number)
    return None


def _lead_id(ref: CrmRef) -> LeadId:
    return LeadId(UUID(ref.id))


async def _gotten(tx: Transaction, ref: CrmRef, *, lock: bool = False) -> LeadCard:
    lead = await tx.leads.get(_lead_id(ref), lock=lock)
    if lead is None:
        raise Rejected("there is no such lead", code=GONE)
    return lead


async def _see(tx: Transaction, ref: CrmRef) -> None:
    if not await tx.leads.has(_lead_id(ref)):
        raise Rejected("there is no such lead", code=GONE)


def _there(lead: LeadCard | None) -> LeadCard:
    if lead is None:
        raise NotFound("there is no such lead")
    return lead


def _row(entry: TimelineEntry) -> Entry:
    # The console says in the reader's language what was withdrawn.
    shared = {name: getattr(entry, name) for name in ENTRY_FIELDS}
    return Entry(id=new_id(), text="" if entry.withdrawn_at else entry.text, **shared)
