"""Years of conversations, written straight into a desk's database.

`write`: most are closed; a twentieth is open and a hundredth waits, so that every list but one's
own grows with the desk. Each operator holds ten. A tenth of the customers is a lead.

`write_threads`: threads that a load writes into, `c0` and on, all held by one operator.

`write_open`: a desk in trouble, of which a quarter waits; of a hundred the time of ten is short,
and that of five is over.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from bench.desks import Desk
from router.ids import CustomerId, IdentityId, InboxId, LineId, OperatorId, ThreadId, new_id
from router.indexing import index_all
from router.model import Author, Conversation, Customer, Identity, Last, State, Thread
from router.queueing import WHOLE
from router.staff import Operator
from router.states import opened
from router.storage import Storage, Transaction
from router.storage.arrivals import NEW_CONVERSATION, NEW_CUSTOMER, NEW_IDENTITY, NEW_THREAD
from router.storage.raw import Put, Shape
from router.storage.record import deltas
from router.storage.rows import conversation_row
from router.storage.tables.crm import crm_leads, crm_persons

AT_ONCE = 1_000
HELD_EACH = 10
OPEN_OF_A_HUNDRED, LEADS_OF_A_HUNDRED = 5, 10
WAITS_OF, WARNED_OF_A_HUNDRED, LATE_OF_A_HUNDRED = 4, 10, 5
LASTED = timedelta(minutes=20)
APART = timedelta(seconds=30)
NAMES = ("Anna", "Boris", "Vera", "Gleb", "Dina", "Egor", "Zoya", "Ivan")
STAGES = ("new", "in_progress", "won", "lost")
PERSON = Shape(crm_persons, ("id", "name", "made_at"))
LEAD = Shape(
    crm_leads,
    ("id", "person_id", "customer_id", "title", "stage", "owner_id", "source", "utm", "made_at",
     "changed_at"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where it all happened: a line with its inbox."""

    line_id: LineId
    inbox_id: InboxId


@dataclass(frozen=True, slots=True)
class Past:
    """One customer with their thread, its one conversation and perhaps a lead."""

    number: int
    customer: Customer
    identity: Identity
    thread: Thread
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Staff:
    """Who holds what is open: ten each at their work, the rest those who have gone home."""

    at_work: Sequence[OperatorId]
    gone_home: Sequence[OperatorId]


def write(desk: Desk, places: Sequence[Place], staff: Staff, count: int) -> None:
    """Write `count` conversations, evenly over the places."""
    asyncio.run(_write(desk.database, pasts(places, staff, count)))
    if desk.postgresql is not None:
        desk.postgresql.execute("ANALYZE", database=desk.name)


def write_threads(desk: Desk, place: Place, owner: OperatorId, count: int) -> None:
    """Write `count` threads without a message, each with a conversation that `owner` has."""
    asyncio.run(_write(desk.database, threads(place, owner, count)))


def write_open(desk: Desk, places: Sequence[Place], operators: int, count: int) -> None:
    """Write `count` open conversations, evenly over the places, and so many operators."""
    staff = [OperatorId(new_id()) for _ in range(operators)]
    asyncio.run(_hire(desk.database, staff))
    asyncio.run(_write(desk.database, troubles(places, staff, count)))
    if desk.postgresql is not None:
        desk.postgresql.execute("ANALYZE", database=desk.name)


def pasts(places: Sequence[Place], staff: Staff, count: int) -> Iterator[Past]:
    """The conversations, oldest first, ending now."""
    began = datetime.now(UTC) - APART * count
    held = [one for one in staff.at_work for _ in range(HELD_EACH)]
    for number in range(count):
        at, name = began + APART * number, f"{NAMES[number % 8]} {number}"
        new = _new(number, places[number % len(places)], f"past-{number}", name, at)
        said = Last(Author.CUSTOMER, f"Order {number}", 0, at)
        owner = held.pop() if number % 2 and number >= count - 4 * len(held) and held else None
        if owner is None and 0 < number % 100 <= OPEN_OF_A_HUNDRED:
            owner = staff.gone_home[number % len(staff.gone_home)]
        stands = replace(new.conversation, version=3, last=said)
        if owner is not None:
            stands = _given(stands, owner)
        elif number % 100:
            stands = _closed(stands)
        yield replace(new, conversation=stands)


def threads(place: Place, owner: OperatorId, count: int) -> Iterator[Past]:
    now = datetime.now(UTC)
    for number in range(count):
        new = _new(number, place, f"c{number}", "Customer", now)
        yield replace(new, conversation=_given(new.conversation, owner))


def troubles(places: Sequence[Place], staff: Sequence[OperatorId], count: int) -> Iterator[Past]:
    began = datetime.now(UTC) - timedelta(hours=1)
    for number in range(count):
        at = began + timedelta(milliseconds=50 * number)
        new = _new(number, places[number % len(places)], f"open-{number}", "Customer", at)
        stands = new.conversation
        if number % WAITS_OF:
            stands = _given(stands, staff[number % len(staff)])
        place = number % 100
        warned_at = at if place < WARNED_OF_A_HUNDRED + LATE_OF_A_HUNDRED else None
        breached_at = at if place < LATE_OF_A_HUNDRED else None
        stands = replace(stands, warned_at=warned_at, breached_at=breached_at)
        yield replace(new, conversation=stands)


def _new(number: int, place: Place, address: str, name: str, at: datetime) -> Past:
    """Somebody whose conversation waits."""
    customer = Customer(CustomerId(new_id()), at, name=name)
    scope = str(place.inbox_id)
    identity = Identity(IdentityId(new_id()), customer.id, "rest", scope, address, name=name)
    thread = Thread(
        id=ThreadId(new_id()), inbox_id=place.inbox_id, line_id=place.line_id,
        key=address, customer_id=customer.id, identity_id=identity.id,
    )  # fmt: skip
    conversation = opened(thread, channel="rest", title=name, now=at)
    return Past(number, customer, identity, thread, conversation)


def _given(one: Conversation, owner: OperatorId) -> Conversation:
    return replace(one, state=State.OPEN, owner_id=owner, waiting_since=None, look_again_at=None)


def _closed(one: Conversation) -> Conversation:
    return replace(
        one, state=State.CLOSED, closed_at=one.opened_at + LASTED, close_reason="resolved",
        waiting_since=None, look_again_at=None,
    )  # fmt: skip


# --- writing -------------------------------------------------------------------


async def _write(url: str, everything: Iterator[Past]) -> None:
    storage = Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ())
    try:
        while some := list(islice(everything, AT_ONCE)):
            async with storage.transaction() as tx:
                await tx.connection.put(_puts(some))
                await _assign(tx, [one.conversation for one in some])
                for one in some:
                    tx.record.move(deltas(None, one.conversation))
        async with storage.transaction() as tx:
            await tx.index.again()
        await index_all(storage)
    finally:
        await storage.close()


async def _hire(url: str, ids: Sequence[OperatorId]) -> None:
    storage = Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ())
    try:
        async with storage.transaction() as tx:
            for number, one in enumerate(ids):
                operator = Operator(one, f"{one}@example.com", f"Operator {number}")
                await tx.operators.insert(operator, password_hash=None, must_change_password=False)
                await tx.loads.start(one, at=datetime.now(UTC))
    finally:
        await storage.close()


async def _assign(tx: Transaction, some: Sequence[Conversation]) -> None:
    """As if each owner had been given what they have."""
    pairs = [(one, one.owner_id) for one in some if one.owner_id is not None]
    if pairs:
        await tx.assignments.begin_all(pairs, at=some[-1].opened_at, how="auto")
    for owner, count in Counter(owner for _, owner in pairs).items():
        weight = count * WHOLE
        await tx.loads.change(owner, opened=count, open_weight=weight, at=some[-1].opened_at)


def _puts(some: Sequence[Past]) -> Sequence[Put]:
    leads = [one for one in some if one.number % 100 < LEADS_OF_A_HUNDRED]
    names = NEW_CONVERSATION.columns
    rows = [conversation_row(one.conversation) for one in some]
    return [
        (NEW_CUSTOMER, [_values(NEW_CUSTOMER, one.customer) for one in some]),
        (NEW_IDENTITY, [_values(NEW_IDENTITY, one.identity) for one in some]),
        (NEW_THREAD, [_values(NEW_THREAD, one.thread) for one in some]),
        (NEW_CONVERSATION, [tuple(row[name] for name in names) for row in rows]),
        (PERSON, [(one.customer.id, one.customer.name, one.customer.created_at) for one in leads]),
        (LEAD, [_lead(one) for one in leads]),
    ]


def _values(shape: Shape, value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in shape.columns)


def _lead(one: Past) -> tuple[Any, ...]:
    customer, at = one.customer, one.customer.created_at
    stage = STAGES[one.number // 100 % len(STAGES)]
    id_: UUID = new_id()
    return (id_, customer.id, customer.id, customer.name, stage, None, "rest", {}, at, at)
