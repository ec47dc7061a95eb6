"""What a worker does with lanes, by hand."""

from datetime import timedelta

from router.storage import Lane, Storage
from router.work import LEASE_S
from tests.clock import FakeClock
from tests.desk import Desk

LEASE = timedelta(seconds=LEASE_S)


async def wake(desk: Desk, key: object = "a", *, kind: str = "test", in_s: float = 0) -> None:
    async with desk.storage.transaction() as tx:
        tx.lanes.wake(kind, key, desk.clock.now() + timedelta(seconds=in_s))


async def take(desk: Desk, limit: int = 10) -> list[Lane]:
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        return await tx.lanes.take("test", now=now, lease_until=now + LEASE, limit=limit)


async def give_back(storage: Storage, lane: Lane, in_s: float | None = None) -> None:
    async with storage.transaction() as tx:
        now = FakeClock().now()
        tx.lanes.give_back(lane, due_at=None if in_s is None else now + timedelta(seconds=in_s))


async def keys(desk: Desk) -> list[str]:
    return [lane.key for lane in await take(desk)]
