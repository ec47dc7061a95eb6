"""Durable work: take lanes, run their steps, give them back, or set them aside.

A step reads what is to do from the domain's own rows and, in its last transaction, calls
`tx.lanes.give_back`. Whatever happens between, the lane is taken again: at least once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from router.clock import Clock
from router.errors import Busy, ProviderError
from router.news import News, WorkNews
from router.retry import backoff_s
from router.storage import Conflict, Lane, LostLease, Storage, Transaction

LEASE_S = 10.0
LOOK_EVERY_S = 1.0
SHUTDOWN_S = 10.0

log = structlog.get_logger(__name__)


class SetAside(Exception):
    """The step cannot succeed until a person does something; `reason` tells them what."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Kind:
    """How lanes of one kind are worked: at most `slots` of them at once.

    `is_long`: a step takes minutes. The end of the worker does not wait for it; it is begun anew.
    """

    step: Callable[[Lane], Awaitable[None]]
    slots: int
    is_long: bool = False


class Worker:
    """Works the lanes of its kinds until it is stopped. Several may run, in several processes.

    `alone`: no other process works on this database, so a lease that is found at the start is a
    dead one's.
    """

    def __init__(
        self, storage: Storage, clock: Clock, kinds: Mapping[str, Kind], *, alone: bool
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._kinds = kinds
        self._alone = alone
        self._due = set(kinds)
        self._stirred = asyncio.Event()
        self._held: dict[asyncio.Task[None], Lane] = {}
        self.steps = 0
        self.failures = 0

    def hear(self, news: News) -> None:
        """A listener of the bus: wakes the kinds that a commit made due."""
        if isinstance(news, WorkNews):
            self.wake(news.kinds)

    def wake(self, kinds: Iterable[str]) -> None:
        due = self._kinds.keys() & set(kinds)
        if due:
            self._due |= due
            self._stirred.set()

    @property
    def busy(self) -> bool:
        return bool(self._held)

    async def run(self) -> None:
        """Work until cancelled; then let the steps that are under way end."""
        if self._alone:
            async with self._storage.transaction() as tx:
                await tx.lanes.forget_leases()
        renewing = asyncio.create_task(self._renew())
        try:
            while True:
                try:
                    await self._round()
                except (Busy, Conflict) as error:
                    log.warning("work_waits", reason=type(error).__name__)
                    self._due |= set(self._kinds)
                    await self._clock.sleep(LOOK_EVERY_S)
        finally:
            renewing.cancel()
            for task, lane in self._held.items():
                if self._kinds[lane.kind].is_long:
                    task.cancel()
            if self._held:
                _, late = await asyncio.wait(self._held, timeout=SHUTDOWN_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def _round(self) -> None:
        self._stirred.clear()
        free = self._free()
        # Whoever wakes one from here on may be too late for this look, and is heard after it.
        self._due -= free.keys()
        looked_at = self._clock.now()
        lanes, due = await self._storage.run(partial(self._look, free, looked_at))
        for lane in lanes:
            task = asyncio.create_task(self._work(lane), name=f"{lane.kind}/{lane.key}")
            self._held[task] = lane
            task.add_done_callback(self._ended)
        taken = Counter(lane.kind for lane in lanes)
        self._due |= {name for name, slots in free.items() if taken[name] == slots}
        if not self._stirred.is_set():
            await self._rest(due, looked_at)

    def _free(self) -> dict[str, int]:
        """The slots of the kinds that are due; one without any stays due."""
        held = Counter(lane.kind for lane in self._held.values())
        free = {name: self._kinds[name].slots - held[name] for name in sorted(self._due)}
        return {name: slots for name, slots in free.items() if slots > 0}

    async def _look(
        self, free: Mapping[str, int], now: datetime, tx: Transaction
    ) -> tuple[list[Lane], Mapping[str, datetime]]:
        """Take what is due, as far as there are slots; and when there will be more."""
        lease_until = now + timedelta(seconds=LEASE_S)
        lanes: list[Lane] = []
        for name, slots in free.items():
            lanes += await tx.lanes.take(name, now=now, lease_until=lease_until, limit=slots)
        return lanes, await tx.lanes.next_due(tuple(self._kinds))

    async def _rest(self, due: Mapping[str, datetime], looked_at: datetime) -> None:
        """Sleep until something is due, or somebody says so."""
        rest_s = LOOK_EVERY_S
        for name, at in due.items():
            left_s = (at - looked_at).total_seconds()
            if left_s <= 0:
                # Due, but somebody holds it: they will say when they are done.
                continue
            rest_s = min(rest_s, left_s)
            if left_s <= LOOK_EVERY_S:
                self._due.add(name)
        sleeping = asyncio.ensure_future(self._clock.sleep(rest_s))
        stirring = asyncio.ensure_future(self._stirred.wait())
        try:
            await asyncio.wait((sleeping, stirring), return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            stirring.cancel()
        if not self._stirred.is_set():
            self._due |= {name for name, at in due.items() if at <= self._clock.now()}

    def _ended(self, task: asyncio.Task[None]) -> None:
        lane = self._held.pop(task)
        # Whoever woke it meanwhile, or a slot that was missing, is served now.
        self.wake((lane.kind,))

    async def _work(self, lane: Lane) -> None:
        try:
            await self._kinds[lane.kind].step(lane)
            self.steps += 1
        except LostLease:
            log.warning("lease_lost", lane_kind=lane.kind)
        except SetAside as error:
            self.failures += 1
            await self._end(lane, reason=error.reason, due_at=None)
        except (ProviderError, Busy, Conflict, TimeoutError) as error:
            await self._put_back(lane, type(error).__name__)
        except Exception as error:
            # A step's bug must not end the worker: it is named, counted and tried again.
            log.exception("step_failed", lane_kind=lane.kind, error=type(error).__name__)
            await self._put_back(lane, f"our bug: {type(error).__name__}")

    async def _put_back(self, lane: Lane, reason: str) -> None:
        self.failures += 1
        wait_s = backoff_s(attempt=lane.failures + 1, jitter=random.random())  # noqa: S311
        await self._end(lane, reason=reason, due_at=self._clock.now() + timedelta(seconds=wait_s))

    async def _end(self, lane: Lane, *, reason: str, due_at: datetime | None) -> None:
        try:
            async with self._storage.transaction() as tx:
                if due_at is None:
                    await tx.lanes.set_aside(lane, reason=reason)
                else:
                    await tx.lanes.put_back(lane, due_at=due_at, reason=reason)
        except (Busy, Conflict) as error:
            # Its lease ends by itself.
            log.warning("lane_not_put_back", lane_kind=lane.kind, reason=type(error).__name__)

    async def _renew(self) -> None:
        """Keep the leases of steps that take long."""
        while True:
            await self._clock.sleep(LEASE_S / 3)
            held = list(self._held.values())
            if not held:
                continue
            try:
                async with self._storage.transaction() as tx:
                    until = self._clock.now() + timedelta(seconds=LEASE_S)
                    await tx.lanes.renew(held, lease_until=until)
            except (Busy, Conflict):
                continue
