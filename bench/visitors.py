"""Visitors who have the chat open and say nothing: what each costs."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from bench.clients import meanwhile
from bench.desks import a_desk, a_floor
from bench.latency import staffed, told
from bench.machine import cpu_s, pss_kib, tree, wait_until_quiet, watched
from bench.pairs import Run, Spread, shown, spread
from bench.sizes import Asked
from bench.table import Row

MOST_KIB, MOST_IDLE_CORES = 20, 0.05
SETTLE_S = 2.0
IDLE_S = 25.0  # longer than the time between two pings


def measure(asked: Asked) -> Iterator[Row]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
        desk = stack.enter_context(a_desk(folder))
        url = f"sqlite:///{folder}/floor.sqlite3"
        server = stack.enter_context(a_floor(folder, url, commit="group"))
        count = asked.size.visitors
        bare = {"port": server.port, "path": "/idle", "hello": False, "visitors": count}
        ours = {"port": desk.port, "path": "/chat/shop/socket", "hello": True, "visitors": count}
        spec = staffed(desk, asked) | {"rate": 10, "threads": 20, "seconds": asked.size.seconds}
        wait_until_quiet(asked.patience_s)
        # Who holds the first ones pays for what is loaded late and never again.
        _held(bare | {"visitors": 10}, [server.pid], lambda: None, asked)
        _held(ours | {"visitors": 10}, [desk.program.pid], lambda: None, asked)
        floors = _held(bare, [server.pid], lambda: None, asked)
        found = _held(ours, [desk.program.pid], partial(told, spec, desk), asked)
        yield _row(count, found, floors)


def _held(
    spec: dict[str, Any], roots: Sequence[int], act: Callable[[], Run | None], asked: Asked
) -> dict[str, Any]:
    """Hold them; do `act` when they were idle for a while."""
    before = pss_kib(tree(*roots))
    idle_s = min(IDLE_S, 5 * asked.size.seconds) if spec["visitors"] > 10 else 0.1
    with meanwhile("hold", spec) as (opened, end):
        time.sleep(SETTLE_S)
        each = (pss_kib(tree(*roots)) - before) / spec["visitors"]
        cpu = cpu_s(*roots)
        with watched() as usage:
            time.sleep(idle_s)
        idle_cores = (cpu_s(*roots) - cpu) / usage.wall_s
        run = act()
        lost = end()["lost"]
    return {
        "each_kib": each,
        "idle_cores": idle_cores,
        "foreign_cores": usage.foreign_cores,
        "opened_per_s": spec["visitors"] / opened["opened_s"],
        "welcomed": opened["welcomed"],
        "lost": lost,
        "run": run,
    }


def _row(count: int, found: dict[str, Any], floors: dict[str, Any]) -> Row:
    ours: Spread | None = spread([found["each_kib"]])
    run: Run | None = found["run"]
    meanwhile_told = f"; meanwhile a message takes p50 {run.p50_ms:.1f} ms" if run else ""
    held = found["welcomed"] == count and not found["lost"]
    return Row(
        what=f"{count:,} idle visitors, KiB each",
        where="SQLite",
        ours=shown(ours),
        floor=f"{floors['each_kib']:.1f}",
        ratio=f"{found['each_kib'] / floors['each_kib']:.2f}" if floors["each_kib"] else "–",
        goal=f"≤ {MOST_KIB}, idle under {MOST_IDLE_CORES} cores",
        reached=held and found["each_kib"] <= MOST_KIB and found["idle_cores"] < MOST_IDLE_CORES,
        foreign_cores=found["foreign_cores"],
        more=(
            f"idle {found['idle_cores']:.3f} cores (floor {floors['idle_cores']:.3f});"
            f" {found['opened_per_s']:,.0f} opened a second (floor {floors['opened_per_s']:,.0f});"
            f" {found['lost']} lost{meanwhile_told}"
        ),
        raw={"ours": found, "floor": floors},
    )
