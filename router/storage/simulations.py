"""Simulations: asked for by people, lived through one after the other, kept for a while."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from router.ids import LineId, SimulationId
from router.simulation import Failure, Simulation, SimulationState
from router.storage.engine import Connection
from router.storage.rows import Row, fields
from router.storage.tables.simulations import simulations

c = simulations.c
UNDER_WAY = (SimulationState.WAITING.value, SimulationState.RUNNING.value)
# A list shows no results: they are large.
HEAD = tuple(column for column in c if column.name not in ("asked", "result"))


class Simulations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, simulation_id: SimulationId) -> Simulation | None:
        rows = await self._connection.rows(sa.select(simulations).where(c.id == simulation_id))
        return _simulation_of(rows[0]) if rows else None

    async def latest(
        self, line_ids: Collection[LineId] | None, *, limit: int
    ) -> Sequence[Simulation]:
        """The latest first, without what was asked and what came of it; None: of all lines."""
        query = sa.select(*HEAD, sa.null().label("result")).order_by(c.asked_at.desc(), c.id.desc())
        if line_ids is not None:
            query = query.where(c.line_id.in_(line_ids))
        rows = await self._connection.rows(query.limit(limit))
        return [_simulation_of(row) for row in rows]

    async def next(self) -> Simulation | None:
        """One that was begun, else the one that waits longest."""
        query = (
            sa.select(simulations)
            .where(c.state.in_(UNDER_WAY))
            .order_by((c.state == SimulationState.WAITING.value), c.asked_at, c.id)
            .limit(1)
        )
        rows = await self._connection.rows(query)
        return _simulation_of(rows[0]) if rows else None

    async def count_waiting(self) -> int:
        query = sa.select(sa.func.count()).select_from(simulations).where(c.state.in_(UNDER_WAY))
        return int((await self._connection.rows(query))[0][0])

    async def insert(self, one: Simulation) -> None:
        row = {name: getattr(one, name) for name in Simulation.__slots__}
        await self._connection.run(sa.insert(simulations), [row | {"state": one.state.value}])

    async def begin(self, simulation_id: SimulationId) -> bool:
        """It is begun, again perhaps. False if somebody has cancelled it."""
        return await self._change(
            simulation_id, state=SimulationState.RUNNING.value, percent=0, tries=c.tries + 1
        )

    async def tell(self, simulation_id: SimulationId, *, percent: int) -> bool:
        """How much is over. False if somebody has cancelled it."""
        return await self._change(simulation_id, percent=percent)

    async def end(
        self,
        simulation_id: SimulationId,
        state: SimulationState,
        *,
        at: datetime,
        failure: Failure | None = None,
        result: Any = None,
    ) -> bool:
        """False if it has ended before."""
        return await self._change(
            simulation_id,
            state=state.value,
            ended_at=at,
            failure=failure.value if failure else None,
            result=result,
        )

    async def forget(self, *, keep: int) -> None:
        """All that have ended but the latest so many."""
        kept = sa.select(c.id).order_by(c.asked_at.desc(), c.id.desc()).limit(keep)
        statement = sa.delete(simulations).where(
            c.id.not_in(sa.select(kept.subquery().c.id)), c.state.not_in(UNDER_WAY)
        )
        await self._connection.run(statement)

    async def _change(self, simulation_id: SimulationId, **values: Any) -> bool:
        statement = (
            sa.update(simulations)
            .where(c.id == simulation_id, c.state.in_(UNDER_WAY))
            .values(**values)
        )
        return await self._connection.run(statement) == 1


def _simulation_of(row: Row) -> Simulation:
    f = fields(row)
    values = {name: f.get(name) for name in Simulation.__slots__}
    failure = f["failure"]
    return Simulation(
        **values
        | {
            "asked": f.get("asked") or {},
            "state": SimulationState(f["state"]),
            "failure": Failure(failure) if failure else None,
        }
    )
