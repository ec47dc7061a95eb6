"""A simulation in a process of its own, which gives way to the desk and is limited in what it uses.

Its first line of input says where the database is and what is asked. It writes lines of JSON: now
and then how much is over, in the end what came of it, or why nothing did. When its input ends, so
does it: whoever started it is gone.
"""

import asyncio
import os
import resource
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from queues.simulator.asked import from_json, worlds
from queues.simulator.outcome import Outcome, outcome_of
from queues.simulator.running import Run
from queues.simulator.world import World
from router.simulation import Failure, Unlivable
from router.storage import Storage

NICER = 10
MOST_CPU_S, MOST_BYTES = 600, 4 << 30


def main() -> None:
    os.nice(NICER)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    given = orjson.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        before, after = asyncio.run(_worlds(given))
        tell({"result": {"before": _lived(before, 0), "after": _lived(after, 50)}})
    except Unlivable as error:
        tell({"failure": error.failure})
    except MemoryError:
        tell({"failure": Failure.TOO_LONG})


def tell(what: Mapping[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(what) + b"\n")
    sys.stdout.buffer.flush()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


async def _worlds(given: Mapping[str, Any]) -> tuple[World, World]:
    storage = Storage.open(
        given["database"], on_commit=lambda _: None, reactions=lambda _: (), connections=1
    )
    try:
        async with storage.reading() as tx:
            return await worlds(tx, from_json(given["asked"]))
    finally:
        await storage.close()


def _lived(world: World, percent: int) -> Mapping[str, Any]:
    """One of the two halves of the work."""
    run = Run(world).through(lambda share: tell({"percent": percent + int(share * 50)}))
    outcome: Outcome = outcome_of("", run)
    return asdict(outcome)


if __name__ == "__main__":
    main()
