"""What the whole system takes when nothing happens, and how soon it is there."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.desks import Desk, a_desk, a_floor, databases
from bench.machine import pss_kib, tree, watched
from bench.pairs import Comparison, Run, interleaved, shown
from bench.sizes import Asked
from bench.table import Row
from tests.journeys.shapes import many_processes
from tests.servers import Server

MOST_MIB, MOST_START_S = 130, 2.0
SETTLE_S = 3.0
MIB = 1024


def measure_memory(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with databases(which) as postgresql, ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
            desk = stack.enter_context(a_desk(folder, postgresql))
            url = f"sqlite:///{folder}/floor.sqlite3"
            floor = stack.enter_context(a_floor(folder, url, commit="group"))
            time.sleep(SETTLE_S)
            parts = {"all": desk.program, "PostgreSQL": postgresql}
            yield _memory_row(f"all, {desk.where}", parts, floor)
    yield _many()


def _many() -> Row:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
        shape = stack.enter_context(many_processes(folder))
        shape.wait_until_ready()
        time.sleep(SETTLE_S)
        servers = {"PostgreSQL": shape.postgresql, "Redis": shape.redis}
        return _memory_row("web, worker, poller, PostgreSQL, Redis", {**shape.programs, **servers})


def _memory_row(where: str, parts: Mapping[str, Server | None], floor: Server | None = None) -> Row:
    sizes = {name: pss_kib(tree(one.pid)) / MIB for name, one in parts.items() if one is not None}
    total = sum(sizes.values())
    return Row(
        what="the whole idle system with its database, MiB",
        where=where,
        ours=f"{total:.0f}",
        floor=f"{pss_kib([floor.pid]) / MIB:.0f}" if floor else "–",
        goal=f"≤ {MOST_MIB}" if floor else "–",
        reached=total <= MOST_MIB if floor else None,
        more=", ".join(f"{name} {size:.0f}" for name, size in sizes.items()),
        raw={"mib": sizes},
    )


# --- starting --------------------------------------------------------------------


def measure_start(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with databases(which) as postgresql, ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
            desk = stack.enter_context(a_desk(folder, postgresql))
            url = f"sqlite:///{folder}/floor.sqlite3"
            floor = stack.enter_context(a_floor(folder, url, commit="group"))
            runs: dict[str, Callable[[], Run]] = {
                "ours": partial(_started, desk.program),
                "floor": partial(_started, floor),
            }
            rounds = interleaved(runs, pairs=asked.size.starts, patience_s=asked.patience_s)
            yield _start_row(desk, Comparison(rounds))


def _started(server: Server) -> Run:
    """From the start of the process until it says that it is ready."""
    server.stop()
    with watched() as usage:
        began = time.perf_counter()
        server.start()
        took_ms = (time.perf_counter() - began) * 1e3
    return Run(1e3 / took_ms, took_ms, took_ms, usage.foreign_cores)


def _start_row(desk: Desk, found: Comparison) -> Row:
    took = found.ours("p50_ms")
    return Row(
        what="start of `all` on an existing database until ready, ms",
        where=desk.where,
        ours=shown(took),
        floor=shown(found.of("floor", "p50_ms")),
        ratio=shown(found.ratio("floor", "p50_ms")),
        goal=f"≤ {MOST_START_S * 1e3:.0f}",
        reached=took.median <= MOST_START_S * 1e3 if took else None,
        foreign_cores=found.foreign_cores,
        more=str(found),
        raw={"rounds": found.rounds},
    )
