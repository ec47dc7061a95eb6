"""Years of conversations, written straight into a desk's database.

Most are closed; a twentieth is open and a hundredth waits, so that every list but one's own grows
with the desk. Each operator holds ten. A tenth of the customers is a lead.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from bench.desks import Desk
from router.ids import CustomerId, IdentityId, InboxId, LineId, OperatorId, ThreadId, new_id
from router.model import Author, Conversation, Customer, Identity, Last, State, Thread
from router.states import opened
from router.storage import Storage
from router.storage.arrivals import NEW_CONVERSATION, NEW_CUSTOMER, NEW_IDENTITY, NEW_THREAD
from router.storage.raw import Put, Shape
from router.storage.rows import conversation_row
from router.storage.tables.crm import crm_leads, crm_persons

AT_ONCE = 1_000
HELD_EACH = 10
OPEN_OF_A_HUNDRED, LEADS_OF_A_HUNDRED = 5, 10
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
class Past:
    """One customer with their thread, its one conversation and perhaps a lead."""

    number: int
    customer: Customer
    identity: Identity
    thread: Thread
    conversation: Conversation


@dataclass(frozen=True, slots=True)
class Place:
    """Where it all happened: a line with its inbox."""

    line_id: LineId
    inbox_id: InboxId


def write(desk: Desk, places: Sequence[Place], operators: Sequence[OperatorId], count: int) -> None:
    """Write `count` conversations, evenly over the places."""
    asyncio.run(_write(_database(desk), pasts(places, operators, count)))
    if desk.postgresql is not None:
        desk.postgresql.execute("ANALYZE", database=desk.name)


def _database(desk: Desk) -> str:
    if desk.postgresql is not None:
        return desk.postgresql.url(desk.name)
    return f"sqlite:///{desk.shape.folder}/var/liniya.sqlite3"


async def _write(url: str, everything: Iterator[Past]) -> None:
    storage = Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ())
    try:
        while some := list(islice(everything, AT_ONCE)):
            async with storage.transaction() as tx:
                await tx.connection.put(_puts(some))
    finally:
        await storage.close()


def pasts(places: Sequence[Place], operators: Sequence[OperatorId], count: int) -> Iterator[Past]:
    """The conversations, oldest first, ending now."""
    began = datetime.now(UTC) - APART * count
    held = [one for one in operators for _ in range(HELD_EACH)]
    for number in range(count):
        at = began + APART * number
        customer = Customer(CustomerId(new_id()), at, name=f"{NAMES[number % 8]} {number}")
        identity = Identity(
            IdentityId(new_id()), customer.id, "rest", "bench", f"past-{number}", name=customer.name
        )
        place = places[number % len(places)]
        thread = Thread(
            id=ThreadId(new_id()), inbox_id=place.inbox_id, line_id=place.line_id,
            key=identity.address, customer_id=customer.id, identity_id=identity.id, last_seq=1,
        )  # fmt: skip
        new = opened(replace(thread, last_seq=0), channel="rest", title=customer.name, now=at)
        said = replace(
            new, version=3, last_seq=1, last=Last(Author.CUSTOMER, f"Order {number}", 0, at)
        )
        is_held = number >= count - 2 * len(held) and number % 2
        owner = held.pop() if is_held and held else None
        yield Past(number, customer, identity, thread, _as_it_stands(said, number, owner))


def _as_it_stands(one: Conversation, number: int, owner: OperatorId | None) -> Conversation:
    """Held by `owner`; or waiting, held by somebody of the past, or closed."""
    kind = number % 100
    if owner is None and kind == 0:
        return one
    rest = replace(one, waiting_since=None, look_again_at=None)
    if owner is not None or kind <= OPEN_OF_A_HUNDRED:
        return replace(rest, state=State.OPEN, owner_id=owner or OperatorId(new_id()))
    return replace(
        rest, state=State.CLOSED, closed_at=one.opened_at + LASTED, close_reason="resolved"
    )


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
