"""The ledger of a journey: what was meant to be said beside what stands in the database."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crm_sync.local import LocalCrm
from router.app import CRM_ACCOUNT
from router.blobs import DiskBlobs
from router.clock import SystemClock
from router.ledger import balance
from router.model import Author
from router.storage import Storage, Transaction
from router.storage.tables.crm import crm_entries
from router.storage.tables.plumbing import lanes
from router.storage.tables.routing import presence
from router.storage.tables.talk import conversations, deliveries, files, messages, threads
from tests.journeys.clerks import Clerk
from tests.journeys.customers import Callback, Customer, Partner, Visitor

FETCHED_AT_ONCE = 200
NAMED = 10


@dataclass(frozen=True, slots=True)
class Books:
    """What the database holds, read in one transaction."""

    threads: Mapping[str, Any]
    messages: Mapping[str, Sequence[Any]]
    conversations: Sequence[Any]
    entries: Mapping[str, Sequence[Any]]
    deliveries: Mapping[str, Sequence[Any]]
    files: Mapping[str, Sequence[Any]]
    statuses: Mapping[str, str]


async def under_way(storage: Storage) -> list[str]:
    """What the desk has yet to do; nothing, once it is drained."""
    c, d = conversations.c, deliveries.c
    async with storage.reading() as tx:
        entries = await balance(tx, crm_account=CRM_ACCOUNT, now=SystemClock().now())
        counts = {
            "waiting": await _count(tx, c.id, c.state.in_(["waiting", "offered"])),
            "unanswered": await _count(
                tx, c.id, c.state == "open", c.unanswered_since.is_not(None)
            ),
            "undelivered": await _count(tx, d.id, d.state.in_(["queued", "sending"])),
            "unfetched": await _count(tx, files.c.id, files.c.state == "pending"),
            "unlogged": sum(entry.unlogged for entry in entries),
            "unseen": sum(entry.unseen for entry in entries),
            "work": await _count(
                tx, lanes.c.key, lanes.c.due_at.is_not(None), lanes.c.kind != "distribute"
            ),
        }
        unseen = await _unseen(tx) if counts["unseen"] else []
    return [*(f"{count} {name}" for name, count in counts.items() if count), *unseen]


async def _unseen(tx: Transaction) -> list[str]:
    """The threads whose end no operator's client acknowledged, and where their talk stands."""
    t, c = threads.c, conversations.c
    rows = await tx.connection.rows(
        sa.select(t.id, t.last_seq, t.operator_got_seq, t.operator_seen_seq)
        .where(t.operator_got_seq < t.last_seq)
        .limit(NAMED)
    )
    named = []
    for thread in rows:
        [talk, *_] = await tx.connection.rows(
            sa.select(conversations)
            .where(c.thread_id == thread.id)
            .order_by(c.first_seq.desc())
            .limit(1)
        )
        named.append(
            f"thread {thread.id}: last {thread.last_seq}, got {thread.operator_got_seq}, seen"
            f" {thread.operator_seen_seq}; {talk.channel} {talk.state} version {talk.version}"
            f" from {talk.first_seq}, seen {talk.seen_seq}, owner {talk.owner_id},"
            f" closed {talk.closed_at}, unanswered {talk.unanswered_since}"
        )
    return named


async def _count(tx: Transaction, column: Any, *where: Any) -> int:
    rows = await tx.connection.rows(sa.select(sa.func.count(column)).where(*where))
    return int(rows[0][0])


async def read_books(storage: Storage) -> Books:
    entries = await _timelines(storage)
    async with storage.reading() as tx:
        said = await tx.connection.rows(
            sa.select(messages).order_by(messages.c.thread_id, messages.c.seq)
        )
        of_thread: dict[str, list[Any]] = defaultdict(list)
        for row in said:
            of_thread[str(row.thread_id)].append(row)
        return Books(
            threads={row.key: row for row in await tx.connection.rows(sa.select(threads))},
            messages=of_thread,
            conversations=await tx.connection.rows(sa.select(conversations)),
            entries=entries,
            deliveries=_by(await tx.connection.rows(sa.select(deliveries)), "message_id"),
            files=_by(await tx.connection.rows(sa.select(files)), "message_id"),
            statuses={
                str(row.operator_id): row.status
                for row in await tx.connection.rows(sa.select(presence))
            },
        )


def _by(rows: Sequence[Any], name: str) -> Mapping[str, Sequence[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[str(getattr(row, name))].append(row)
    return found


async def _timelines(storage: Storage) -> Mapping[str, Sequence[Any]]:
    """Each lead's entries as people read them: in the order of its timeline."""
    crm = LocalCrm(storage, SystemClock(), console_url="")
    found: dict[str, list[Any]] = {}
    async with storage.reading() as tx:
        ids = await tx.connection.rows(sa.select(crm_entries.c.lead_id).distinct())
    for (lead_id,) in ids:
        cursor: str | None = None
        newest_first: list[Any] = []
        while True:
            page = await crm.timeline(lead_id, cursor=cursor, limit=FETCHED_AT_ONCE)
            newest_first += page.items
            cursor = page.next
            if cursor is None:
                break
        found[str(lead_id)] = newest_first[::-1]
    return found


# --- what must hold ----------------------------------------------------------


def unbalanced(
    books: Books,
    *,
    visitors: Sequence[Visitor],
    partners: Sequence[Partner],
    clerks: Sequence[Clerk],
    callback: Callback,
    blobs: DiskBlobs,
) -> list[str]:
    """Every difference between what was meant and what is, in words."""
    customers: Sequence[Customer] = [*visitors, *partners]
    problems = [
        *_misnumbered(books),
        *_parted(books),
        *_customers(books, customers),
        *_operators(books, clerks),
        *_histories(books, visitors),
        *_delivered(books, partners, callback),
        *_logged(books),
        *_attached(books, customers, blobs),
    ]
    automatic = [row for rows in books.messages.values() for row in rows if _is_automatic(row)]
    if automatic:
        problems.append(f"{len(automatic)} automatic texts that nobody ordered")
    statuses = ((clerk.name, books.statuses.get(clerk.id)) for clerk in clerks)
    problems += [f"{name} is {status}" for name, status in statuses if status != "available"]
    return problems


def _is_automatic(row: Any) -> bool:
    return row.author in (Author.DESK, Author.BOT) or row.automatic


def _misnumbered(books: Books) -> list[str]:
    return [
        f"thread {key}: numbered {[row.seq for row in books.messages[str(thread.id)]]}"
        for key, thread in books.threads.items()
        if [row.seq for row in books.messages[str(thread.id)]]
        != list(range(1, thread.last_seq + 1))
    ]


def _customers(books: Books, customers: Sequence[Customer]) -> list[str]:
    """What each customer meant stands once, in their order, where the desk said it does."""
    stored: dict[str, list[Any]] = defaultdict(list)
    for rows in books.messages.values():
        for row in rows:
            if row.author == Author.CUSTOMER:
                stored[row.text.rpartition(" says ")[0]].append(row)
    problems = []
    for client in customers:
        meant, there = [one.text for one in client.said], [row.text for row in stored[client.name]]
        if meant != there:
            problems.append(f"{client.name}: meant {_difference(meant, there)}")
        if len({row.thread_id for row in stored[client.name]}) > 1:
            problems.append(f"{client.name} has more than one thread")
        for said, row in zip(client.said, stored[client.name], strict=False):
            if not said.acknowledged:
                problems.append(f"{said.text}: was never acknowledged")
            if said.seq not in (None, row.seq):
                problems.append(f"{said.text}: stands at {row.seq}, was told {said.seq}")
    return problems


def _operators(books: Books, clerks: Sequence[Clerk]) -> list[str]:
    """What each operator answered stands once, in its thread, in their order."""
    stored = [row for rows in books.messages.values() for row in rows if row.author == "operator"]
    problems = []
    for clerk in clerks:
        meant = Counter((thread_id, said.id, said.text) for thread_id, said in clerk.said)
        there = Counter(
            (str(row.thread_id), str(row.id), row.text)
            for row in stored
            if str(row.operator_id) == clerk.id
        )
        if meant != there:
            lost, more = meant - there, there - meant
            problems.append(f"{clerk.name}: {len(lost)} answers lost, {len(more)} too many")
    return problems


def _histories(books: Books, visitors: Sequence[Visitor]) -> list[str]:
    """What a visitor's client holds is the thread."""
    problems = []
    for visitor in visitors:
        thread_id = {
            str(row.thread_id)
            for rows in books.messages.values()
            for row in rows
            if row.text.startswith(f"{visitor.name} says ")
        }
        rows = [row for one in thread_id for row in books.messages[one]]
        there = {row.seq: (str(row.id), row.text) for row in rows}
        held = {seq: (one["id"], one["text"]) for seq, one in visitor.held.items()}
        if there != held:
            missing = sorted(set(there) - set(held))
            problems.append(f"{visitor.name}: holds another history, without {missing}")
    return problems


def _delivered(books: Books, partners: Sequence[Partner], callback: Callback) -> list[str]:
    """Every answer to a partner's customer came to the callback once, in the thread's order."""
    problems = []
    came: dict[str, list[str]] = defaultdict(list)
    for thread_key, text in callback.deliveries.values():
        came[thread_key].append(text)
    for partner in partners:
        thread = books.threads.get(partner.key)
        rows = books.messages[str(thread.id)] if thread is not None else []
        meant = [row.text for row in rows if row.author == Author.OPERATOR]
        if meant != came[partner.key]:
            problems.append(f"{partner.name}: answers {_difference(meant, came[partner.key])}")
    arrived = ("sent", "delivered", "read")
    for rows in books.deliveries.values():
        problems += [f"a delivery is {row.state}" for row in rows if row.state not in arrived]
    return problems


def _parted(books: Books) -> list[str]:
    """Each message is its conversation's whose part of the thread it stands in."""
    covered: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for one in books.conversations:
        places = range(one.first_seq, one.last_seq + 1)
        covered[str(one.thread_id)] += [(seq, one.id) for seq in places]
    return [
        f"thread {key}: its conversations do not part it"
        for key, thread in books.threads.items()
        if sorted(covered[str(thread.id)])
        != [(row.seq, row.conversation_id) for row in books.messages[str(thread.id)]]
    ]


def _logged(books: Books) -> list[str]:
    """The messages of conversations with a lead stand once on some timeline, others once at most;
    each thread's in order.
    """
    led = {one.id for one in books.conversations if one.lead_id is not None}
    said = {f"message:{row.id}": row for rows in books.messages.values() for row in rows}
    there = {
        lead_id: [said[one.key] for one in entries if one.kind == "message"]
        for lead_id, entries in books.entries.items()
    }
    count = Counter(row.id for rows in there.values() for row in rows)
    lost = [row.text for row in said.values() if row.conversation_id in led and not count[row.id]]
    doubled = [row.text for row in said.values() if count[row.id] > 1]
    problems = [f"{text}: is not logged" for text in lost]
    problems += [f"{text}: is logged twice" for text in doubled]
    for lead_id, rows in there.items():
        for thread_id in {row.thread_id for row in rows}:
            places = [row.seq for row in rows if row.thread_id == thread_id]
            if places != sorted(places):
                problems.append(f"lead {lead_id}: thread {thread_id} stands as {places}")
    return problems


def _attached(books: Books, customers: Sequence[Customer], blobs: DiskBlobs) -> list[str]:
    """Every file that was sent is attached once, and its bytes are there."""
    meant = {said.text: said.file for one in customers for said in one.said}
    problems = []
    for rows in books.messages.values():
        for row in rows:
            if row.author != Author.CUSTOMER:
                continue
            content, attached = meant.get(row.text), books.files.get(str(row.id), ())
            kept = [blobs.path(one.blob_key) for one in attached if one.blob_key]
            there = [path.read_bytes() for path in kept if path is not None]
            if there != ([] if content is None else [content]) or len(there) != len(attached):
                problems.append(f"{row.text}: {len(attached)} files, {len(there)} kept")
    return problems


def _difference(meant: Sequence[str], there: Sequence[str]) -> str:
    lost, more = Counter(meant) - Counter(there), Counter(there) - Counter(meant)
    if lost or more:
        return f"{len(meant)}, lost {sorted(lost)[:5]}, too many {sorted(more)[:5]}"
    first = next(n for n, pair in enumerate(zip(meant, there, strict=True)) if pair[0] != pair[1])
    return f"{len(meant)}, in another order from number {first + 1}: {there[first : first + 3]}"
