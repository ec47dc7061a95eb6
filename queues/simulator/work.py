"""The step of simulations: one after the other, each in a process of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import structlog

from router.clock import Clock
from router.ids import SimulationId
from router.reactions import SIMULATE
from router.simulation import Failure, Simulation, SimulationState
from router.storage import Lane, Storage, Transaction

# There is one lane: a desk lives through one simulation at a time.
LANE = "desk"
MOST_TRIES = 3
TELL_EVERY_S, PATIENCE_S = 1.0, 900.0
MOST_LINE_BYTES = 64 << 20

log = structlog.get_logger(__name__)


def wake(tx: Transaction, *, now: datetime) -> None:
    """There is one to live through."""
    tx.lanes.wake(SIMULATE, LANE, now)


@dataclass
class Said:
    """What the process has said so far."""

    percent: int = 0
    failure: Failure | None = None
    result: Mapping[str, Any] | None = None

    def hear(self, line: bytes) -> None:
        word = orjson.loads(line)
        self.percent = word.get("percent", self.percent)
        self.result = word.get("result")
        self.failure = Failure(word["failure"]) if "failure" in word else None


class Simulations:
    """`command` starts the process of a simulation."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        database: str,
        command: Sequence[str] = (sys.executable, "-m", "queues.simulator"),
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._database = database
        self._command = command
        self._patience_s = patience_s

    async def step(self, lane: Lane) -> None:
        """Live through the next one. One that was begun and has not ended is begun again."""
        one = await self._storage.run(lambda tx: tx.simulations.next())
        if one is None:
            await self._storage.run(lambda tx: self._give_back(tx, lane))
        elif one.tries >= MOST_TRIES:
            await self._end(lane, one.id, Said(failure=Failure.INTERRUPTED))
        elif await self._storage.run(lambda tx: _begin(tx, lane, one.id)):
            await self._end(lane, one.id, await self._lived(one))
        else:
            await self._storage.run(lambda tx: self._give_back(tx, lane))

    async def _lived(self, one: Simulation) -> Said | None:
        """None if somebody has cancelled it meanwhile."""
        said = Said()
        async with self._process(one) as process:
            assert process.stdout is not None, "it is a pipe"
            hearing = asyncio.create_task(_hear(process.stdout, said))
            try:
                async with asyncio.timeout(self._patience_s):
                    while not hearing.done():
                        await asyncio.wait({hearing}, timeout=TELL_EVERY_S)
                        if not await self._tell(one.id, said.percent):
                            return None
                    await hearing
                    code = await process.wait()
            except TimeoutError:
                return Said(failure=Failure.TOO_LONG)
            finally:
                hearing.cancel()
        if said.result is None and said.failure is None:
            log.warning("simulation_broke", code=code)
            # The system ends what has used up its time.
            said.failure = Failure.TOO_LONG if code < 0 else Failure.BROKEN
        return said

    @asynccontextmanager
    async def _process(self, one: Simulation) -> AsyncIterator[asyncio.subprocess.Process]:
        """It ends with the block, whatever it is doing."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=MOST_LINE_BYTES,
        )
        try:
            assert process.stdin is not None, "it is a pipe"
            order = {"database": self._database, "asked": one.asked}
            process.stdin.write(orjson.dumps(order) + b"\n")
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _tell(self, simulation_id: SimulationId, percent: int) -> bool:
        return await self._storage.run(
            lambda tx: tx.simulations.tell(simulation_id, percent=percent)
        )

    async def _end(self, lane: Lane, simulation_id: SimulationId, said: Said | None) -> None:
        async def end(tx: Transaction) -> None:
            if said is not None:
                await tx.simulations.end(
                    simulation_id,
                    SimulationState.FAILED if said.result is None else SimulationState.DONE,
                    at=self._clock.now(),
                    failure=said.failure,
                    result=said.result,
                )
            await self._give_back(tx, lane)

        await self._storage.run(end)

    async def _give_back(self, tx: Transaction, lane: Lane) -> None:
        more = await tx.simulations.next() is not None
        tx.lanes.give_back(lane, due_at=self._clock.now() if more else None)


async def _hear(stream: asyncio.StreamReader, said: Said) -> None:
    async for line in stream:
        said.hear(line)


async def _begin(tx: Transaction, lane: Lane, simulation_id: SimulationId) -> bool:
    tx.lanes.keep(lane)
    return await tx.simulations.begin(simulation_id)
