"""Sealing anew, with the newest key, what lies sealed in the database."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from router.feeds import PURPOSE as FEED
from router.ids import CalendarId, InboxId
from router.sealing import Sealing, Unsealable
from router.storage import Storage, Transaction
from router.unread import PURPOSE as UNREAD
from router.vault import INBOX


@dataclass(frozen=True, slots=True)
class Shelf:
    """One table with something sealed, by the id to which it is bound. `take` holds the row."""

    purpose: str
    ids: Callable[[Transaction], Awaitable[Sequence[UUID]]]
    take: Callable[[Transaction, UUID], Awaitable[bytes | None]]
    put: Callable[[Transaction, UUID, bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many were sealed anew, and how many none of our keys opens."""

    renewed: int = 0
    unsealable: int = 0


async def reseal(storage: Storage, sealing: Sealing) -> Resealed:
    """Seal anew what is not sealed with the newest key; beside a desk that runs, and again."""
    renewed = unsealable = 0
    for shelf in SHELVES:
        async with storage.reading() as tx:
            ids = await shelf.ids(tx)
        for id_ in ids:
            try:
                renewed += await storage.run(_resealed(shelf, id_, sealing))
            except Unsealable:
                unsealable += 1
    return Resealed(renewed, unsealable)


def _resealed(
    shelf: Shelf, id_: UUID, sealing: Sealing
) -> Callable[[Transaction], Awaitable[bool]]:
    async def step(tx: Transaction) -> bool:
        sealed = await shelf.take(tx, id_)
        anew = sealed and sealing.renewed(sealed, purpose=shelf.purpose, place=str(id_))
        if not anew:
            return False
        await shelf.put(tx, id_, anew)
        return True

    return step


async def _inbox_ids(tx: Transaction) -> Sequence[UUID]:
    return [inbox.id for inbox in await tx.inboxes.all()]


async def _inbox_secrets(tx: Transaction, id_: UUID) -> bytes | None:
    return await tx.inboxes.secrets(InboxId(id_), lock=True)


async def _put_inbox_secrets(tx: Transaction, id_: UUID, sealed: bytes) -> None:
    await tx.inboxes.set_secrets(InboxId(id_), sealed)


async def _unread_ids(tx: Transaction) -> Sequence[UUID]:
    return await tx.unread.ids()


async def _unread_request(tx: Transaction, id_: UUID) -> bytes | None:
    # Nobody changes a request; that it goes meanwhile does no harm.
    kept = await tx.unread.get(id_)
    return kept.request if kept else None


async def _put_unread_request(tx: Transaction, id_: UUID, sealed: bytes) -> None:
    await tx.unread.reseal(id_, sealed)


async def _feed_ids(tx: Transaction) -> Sequence[UUID]:
    return await tx.feeds.ids()


async def _feed_address(tx: Transaction, id_: UUID) -> bytes | None:
    feed = await tx.feeds.get(CalendarId(id_), lock=True)
    return feed.sealed if feed else None


async def _put_feed_address(tx: Transaction, id_: UUID, sealed: bytes) -> None:
    await tx.feeds.reseal(CalendarId(id_), sealed)


SHELVES = (
    Shelf(INBOX, _inbox_ids, _inbox_secrets, _put_inbox_secrets),
    Shelf(UNREAD, _unread_ids, _unread_request, _put_unread_request),
    Shelf(FEED, _feed_ids, _feed_address, _put_feed_address),
)
