"""Calls that must not be made twice: written down before, looked for after a lost answer."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from crm_sync.backlog import Backlog
from crm_sync.crm import Crm, CrmRef
from router.clock import Clock
from router.errors import ProviderError, Unconfirmed
from router.storage import Storage
from router.storage.crm import CrmLane


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
    ) -> CrmRef:
        """Make a call that makes something under `key`, unless an earlier one has made it.

        Raises:
            Unconfirmed: the answer was lost, now or before, and it is too early to look.
            ProviderError: what `call` raised; nothing was done.
        """
        capabilities, lane, now = self._crm.capabilities, backlog.lane, self._clock.now()
        if capabilities.repeats_are_harmless:
            return await call()
        if lane.asked_key == key and lane.asked_at is not None:
            if now < lane.asked_at + timedelta(seconds=capabilities.lookup_lag_s):
                raise Unconfirmed("an answer was lost, and cannot be looked up yet")
            if (found := await self._crm.find_key(key, near)) is not None:
                return found
        await self._write(backlog, replace(lane, asked_key=key, asked_at=now))
        try:
            return await call()
        except Unconfirmed:
            raise
        except ProviderError:
            await self._write(backlog, replace(lane, asked_key=None, asked_at=None))
            raise

    async def _write(self, backlog: Backlog, lane: CrmLane) -> None:
        async with self._storage.transaction() as tx:
            await tx.crm.save_lane(self._account, backlog.customer.id, lane)
