"""Lanes of work: a lane is a kind and a key, due at a time, taken under a lease.

What there is to do in a lane is read from the domain's own rows (queued deliveries, waiting
conversations, unlogged messages), so that waking a lane twice is one row, and work cannot
contradict what it is about.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.raw import Put, Shape
from router.storage.statements import Insert
from router.storage.tables.plumbing import NOT_ASIDE, lanes

c = lanes.c


def _sooner(statement: Insert) -> Insert:
    """A lane that is due already becomes due no later."""
    new = statement.excluded.due_at
    return statement.on_conflict_do_update(
        index_elements=[c.kind, c.key],
        set_={
            "due_at": sa.case((sa.or_(c.due_at.is_(None), c.due_at > new), new), else_=c.due_at),
            "generation": c.generation + 1,
        },
    )


WAKE = Shape(lanes, ("kind", "key", "due_at"), merge=_sooner)


class LostLease(Exception):
    """Another worker took the lane over; what this one did must not be committed."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A taken lane. `failures` counts the steps that failed since the last one that did not."""

    kind: str
    key: str
    generation: int
    fence: int
    failures: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """A lane that failed or was set aside, for people to see."""

    kind: str
    key: str
    failures: int
    set_aside: bool
    reason: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class _GiveBack:
    lane: Lane
    due_at: datetime | None


class Lanes:
    """Wake-ups and give-backs are buffered, and written last and in one order: a lane's row is
    never held while a transaction still waits for another.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._wakes: dict[tuple[str, str], datetime] = {}
        self._back: _GiveBack | None = None
        self._kept: Lane | None = None

    def wake(self, kind: str, key: object, at: datetime) -> None:
        """The lane has something to do at `at`, or earlier if it had before."""
        place = (kind, str(key))
        self._wakes[place] = min(at, self._wakes.get(place, at))

    def give_back(self, lane: Lane, *, due_at: datetime | None = None) -> None:
        """This transaction ends the step. The lane rests until `due_at`; None: until it is woken.

        Whoever woke it since it was taken is heard: it is then due at once.
        """
        self._back = _GiveBack(lane, due_at)

    def keep(self, lane: Lane) -> None:
        """This transaction commits only while the lane is still ours; the step goes on after it."""
        self._kept = lane

    def puts(self) -> list[Put]:
        """The wake-ups of a transaction that is no step: with nothing to keep them apart from."""
        if self._back is not None or self._kept is not None:
            return []
        return [(WAKE, [(kind, key, at) for (kind, key), at in sorted(self._wakes.items())])]

    async def flush(self) -> frozenset[str]:
        """Write a step's, after `puts`; gives the kinds that were woken. Raises `LostLease`."""
        ordered = sorted(self._wakes.items())
        lane = self._back.lane if self._back else self._kept
        if lane is not None:
            own = (lane.kind, lane.key)
            await self._write_wakes([one for one in ordered if one[0] < own])
            await self._write_own(lane, self._wakes.get(own))
            await self._write_wakes([one for one in ordered if one[0] > own])
        return frozenset(kind for kind, _ in self._wakes)

    async def _write_wakes(self, wakes: Sequence[tuple[tuple[str, str], datetime]]) -> None:
        if not wakes:
            return
        await self._connection.put([(WAKE, [(kind, key, at) for (kind, key), at in wakes])])

    async def _write_own(self, lane: Lane, woken_at: datetime | None) -> None:
        if self._back is not None:
            await self._write_back(self._back, woken_at)
            return
        held = sa.select(c.key).where(*_mine(lane)).with_for_update()
        if not await self._connection.rows(held):
            raise LostLease
        if woken_at is not None:
            await self._write_wakes([((lane.kind, lane.key), woken_at)])

    async def _write_back(self, back: _GiveBack, woken_at: datetime | None) -> None:
        due_at = back.due_at
        if woken_at is not None:
            due_at = woken_at if due_at is None else min(due_at, woken_at)
        given = _named(back.lane) | {"of_generation": back.lane.generation, "at": due_at}
        if await self._connection.run(_giving_back(), given) != 1:
            raise LostLease

    # --- workers ------------------------------------------------------------

    async def take(
        self, kind: str, *, now: datetime, lease_until: datetime, limit: int
    ) -> list[Lane]:
        """Take due lanes that nobody holds, the longest due first."""
        given = {"of_kind": kind, "by": now, "until": lease_until, "most": limit}
        return [Lane(*row) for row in await self._connection.rows(_taking(), given)]

    async def renew(self, held: Sequence[Lane], *, lease_until: datetime) -> None:
        for lane in sorted(held, key=lambda one: (one.kind, one.key)):
            # A step may have given its lane back while we waited for our turn: nobody holds it.
            await self._connection.run(
                sa.update(lanes)
                .where(*_mine(lane), c.lease_until.is_not(None))
                .values(lease_until=lease_until)
            )

    async def put_back(self, lane: Lane, *, due_at: datetime, reason: str) -> None:
        """The step failed; it is tried again at `due_at`."""
        await self._connection.run(
            sa.update(lanes)
            .where(*_mine(lane))
            .values(due_at=due_at, lease_until=None, failures=c.failures + 1, reason=reason)
        )

    async def set_aside(self, lane: Lane, *, reason: str) -> None:
        """Nobody tries again until a person says so."""
        await self._connection.run(
            sa.update(lanes)
            .where(*_mine(lane))
            .values(set_aside=True, lease_until=None, failures=c.failures + 1, reason=reason)
        )

    async def next_due(self, kinds: Sequence[str]) -> dict[str, datetime]:
        """When each kind has its next lane due that nobody holds now."""
        rows = await self._connection.rows(_next_due(tuple(kinds)))
        return {kind: due_at for kind, due_at in rows if due_at is not None}

    async def forget_leases(self) -> int:
        """After a start of the only worker: whoever held a lane is dead."""
        return await self._connection.run(
            sa.update(lanes).where(c.lease_until.is_not(None)).values(lease_until=None)
        )

    # --- people -------------------------------------------------------------

    async def stuck(self) -> list[Stuck]:
        query = (
            sa.select(c.kind, c.key, c.failures, c.set_aside, c.reason, c.due_at)
            .where(sa.or_(c.set_aside, c.failures > 0))
            .order_by(c.kind, c.key)
            .limit(500)
        )
        return [
            Stuck(row.kind, row.key, row.failures, row.set_aside, row.reason or "", row.due_at)
            for row in await self._connection.rows(query)
        ]

    async def retry(self, kind: str, key: str, *, now: datetime) -> bool:
        """Try again at once. False if there is no such lane."""
        statement = (
            sa.update(lanes)
            .where(c.kind == kind, c.key == key)
            .values(
                set_aside=False, failures=0, reason=None, due_at=now, generation=c.generation + 1
            )
        )
        if await self._connection.run(statement) != 1:
            return False
        self.wake(kind, key, now)
        return True

    async def depth(self, now: datetime) -> dict[str, int]:
        """How many lanes of each kind are due."""
        query = (
            sa.select(c.kind, sa.func.count()).where(c.due_at <= now, NOT_ASIDE).group_by(c.kind)
        )
        return {row[0]: row[1] for row in await self._connection.rows(query)}


def _mine(lane: Lane) -> tuple[Any, ...]:
    return (c.kind == lane.kind, c.key == lane.key, c.fence == lane.fence)


# --- what every look and step asks, built once ------------------------------------------


@cache
def _taking() -> Built:
    now = sa.bindparam("by", type_=c.due_at.type)
    due = (
        sa.select(c.key)
        .where(
            c.kind == sa.bindparam("of_kind"),
            c.due_at <= now,
            NOT_ASIDE,
            sa.or_(c.lease_until.is_(None), c.lease_until < now),
        )
        .order_by(c.due_at)
        .limit(sa.bindparam("most"))
        .with_for_update(skip_locked=True)
    )
    return Built(
        sa.update(lanes)
        .where(c.kind == sa.bindparam("of_kind"), c.key.in_(due))
        .values(lease_until=sa.bindparam("until"), fence=c.fence + 1)
        .returning(c.kind, c.key, c.generation, c.fence, c.failures)
    )


@cache
def _giving_back() -> Built:
    unheard = c.generation != sa.bindparam("of_generation")
    at = sa.bindparam("at", type_=c.due_at.type)
    mine = (c.kind, "of_kind"), (c.key, "of_key"), (c.fence, "of_fence")
    return Built(
        sa.update(lanes)
        .where(*(column == sa.bindparam(name) for column, name in mine))
        .values(
            due_at=sa.case((unheard, c.due_at), else_=at),
            lease_until=None,
            failures=0,
            reason=None,
        )
    )


def _named(lane: Lane) -> dict[str, Any]:
    return {"of_kind": lane.kind, "of_key": lane.key, "of_fence": lane.fence}


@cache
def _next_due(kinds: tuple[str, ...]) -> Built:
    """A search for each kind: a database that groups reads every lane that is due."""
    searches = [
        sa.select(
            sa.literal(kind),
            sa.select(sa.func.min(c.due_at, type_=c.due_at.type))
            .where(c.kind == kind, c.due_at.is_not(None), NOT_ASIDE)
            .scalar_subquery(),
        )
        for kind in kinds
    ]
    return Built(sa.union_all(*searches))
