"""Calls that must not be made twice: written down before, looked for after a lost answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from crm_sync.backlog import Backlog, Lost
from crm_sync.crm import Crm, CrmRef
from router.clock import Clock
from router.errors import ProviderError, Unconfirmed
from router.ids import ConversationId
from router.storage import Lane, Storage
from router.storage.crm import CrmLane, Position


class Once:
    """A customer's lane makes one call at a time, so one is written down at a time."""

    def __init__(self, storage: Storage, clock: Clock, crm: Crm, *, account: str) -> None:
        self._storage = storage
        self._clock = clock
        self._crm = crm
        self._account = account

    async def make(
        self,
        backlog: Backlog,
        key: str,
        near: CrmRef | None,
        call: Callable[[], Awaitable[CrmRef]],
        *,
        post: tuple[ConversationId, Position] | None = None,
    ) -> CrmRef:
        """Make a call that makes something under `key`, unless an earlier one has made it. `post`:
        whose it is, and where its log stands then.

        Raises:
            Unconfirmed: the answer was lost, now or before, and it is too early to look.
            ProviderError: what `call` raised; nothing was done.
        """
        if self._crm.capabilities.repeats_are_harmless:
            return await call()
        lane, now = backlog.lane, self._clock.now()
        if lane.asked_key == key and (found := await self.found(backlog, key, near)) is not None:
            return found
        asked = replace(lane, asked_key=key, asked_at=now, asked_post=post)
        await self._write(backlog, asked)
        try:
            return await call()
        except Unconfirmed:
            raise
        except ProviderError:
            await self._write(
                backlog, replace(lane, asked_key=None, asked_at=None, asked_post=None)
            )
            raise

    async def found(self, backlog: Backlog, key: str, near: CrmRef | None) -> CrmRef | None:
        """What an earlier call, whose answer was lost, has made under `key`.

        Raises:
            Unconfirmed: it is too early to look.
        """
        asked_at, lag_s = backlog.lane.asked_at, self._crm.capabilities.lookup_lag_s
        if asked_at is None:
            return None
        if self._clock.now() < asked_at + timedelta(seconds=lag_s):
            raise Unconfirmed("an answer was lost, and cannot be looked up yet")
        return await self._crm.find_key(key, near)

    async def look_for(self, lane: Lane, backlog: Backlog, lost: Lost) -> None:
        """A post's answer was lost, and whose it was has been split since: what it holds is logged.

        Raises:
            Unconfirmed: it is too early to look.
        """
        there = await self.found(backlog, lost.key, lost.near) is not None
        async with self._storage.transaction() as tx:
            if there:
                await tx.crm.save_log(self._account, lost.log)
            asked = replace(backlog.lane, asked_key=None, asked_at=None, asked_post=None)
            await tx.crm.save_lane(self._account, backlog.customer.id, asked)
            tx.lanes.give_back(lane, due_at=self._clock.now())

    async def _write(self, backlog: Backlog, lane: CrmLane) -> None:
        async with self._storage.transaction() as tx:
            await tx.crm.save_lane(self._account, backlog.customer.id, lane)
