"""Authentic requests that we could not read: kept as they came, sealed, and tried again.

A provider changes its format, or we are wrong about it; either way it has been told 200, and
nothing that a customer wrote may be lost.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

import msgspec

from router.channel import Arrival, Hook
from router.clock import Clock
from router.errors import Malformed, NotFound
from router.ids import InboxId, new_id
from router.sealing import Sealing
from router.storage import Storage
from router.storage.exchanges import Kept

PURPOSE = "unread"
LISTED = 200

Take = Callable[[InboxId, Hook], Awaitable[object]]
KINDS: dict[str, Any] = {one.__name__: one for one in get_args(Arrival)}
POLLED = "POLLED"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Hook)


@dataclass(frozen=True, slots=True)
class UnreadRequest:
    """One of them, as people see it: why, and how often it was tried again, not what it says."""

    id: UUID
    inbox_id: InboxId
    at: datetime
    reason: str
    tries: int


class Unread:
    """The requests that wait for somebody to understand them."""

    def __init__(self, storage: Storage, sealing: Sealing, clock: Clock) -> None:
        self._storage = storage
        self._sealing = sealing
        self._clock = clock

    async def keep(self, inbox_id: InboxId, hook: Hook, reason: str) -> UUID:
        """Keep a request; returns after the commit. Raises `Busy`."""
        id_ = new_id()
        request = self._sealing.seal(_encoder.encode(hook), purpose=PURPOSE, place=str(id_))
        kept = Kept(id_, inbox_id, self._clock.now(), reason, tries=0, request=request)
        async with self._storage.transaction() as tx:
            await tx.unread.insert(kept)
        return id_

    async def listed(self, inbox_id: InboxId) -> list[UnreadRequest]:
        """The oldest `LISTED` of an inbox, in the order in which they came."""
        async with self._storage.reading() as tx:
            found = await tx.unread.of_inbox(inbox_id, limit=LISTED)
        return [UnreadRequest(one.id, one.inbox_id, one.at, one.reason, one.tries) for one in found]

    async def opened(self, id_: UUID) -> Hook:
        """The request as it came.

        Raises:
            NotFound: it has been read meanwhile.
            Unsealable: it was kept under a key that we do not have.
        """
        return self._hook(await self._get(id_))

    async def retry(self, id_: UUID, take: Take) -> bool:
        """Give it to `take` again; whether it was understood now, and is forgotten.

        `take` returns after its commit and must bear a repeat. What it raises besides `Malformed`
        is passed on, and the request stays as it was.
        """
        kept = await self._get(id_)
        try:
            await take(kept.inbox_id, self._hook(kept))
        except Malformed as error:
            async with self._storage.transaction() as tx:
                await tx.unread.failed_again(id_, reason=error.reason)
            return False
        await self.forget(id_)
        return True

    async def retry_all(self, inbox_id: InboxId, take: Take) -> tuple[int, int]:
        """Try again all that `listed` gives; how many were understood, and how many were not."""
        outcomes = [await self.retry(one.id, take) for one in await self.listed(inbox_id)]
        return outcomes.count(True), outcomes.count(False)

    async def forget(self, id_: UUID) -> bool:
        """Give it up. False if it was gone."""
        async with self._storage.transaction() as tx:
            return await tx.unread.delete(id_)

    async def _get(self, id_: UUID) -> Kept:
        async with self._storage.reading() as tx:
            kept = await tx.unread.get(id_)
        if kept is None:
            raise NotFound("no such request")
        return kept

    def _hook(self, kept: Kept) -> Hook:
        plain = self._sealing.open(kept.request, purpose=PURPOSE, place=str(kept.id))
        return _decoder.decode(plain)


def kept(arrival: Arrival) -> Hook:
    """An arrival as `unread` keeps it: as if it had come as a request."""
    body = msgspec.msgpack.encode(arrival)
    return Hook(
        method=POLLED, url=type(arrival).__name__, remote="", headers={}, query={}, body=body
    )


def arrival_of(hook: Hook) -> Arrival | None:
    """What `kept` was given; None for a request that a provider made."""
    kind = KINDS.get(hook.url) if hook.method == POLLED else None
    if kind is None:
        return None
    arrival: Arrival = msgspec.msgpack.decode(hook.body, type=kind)
    return arrival
