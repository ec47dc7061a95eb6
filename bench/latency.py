"""How long a customer's message takes to an operator's screen, at a steady rate.

From the moment of sending the POST to the frame at one operator's feed; every operator of the
line hears everything. The floor does the same with a bare handler: commit, then tell all sockets.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson

from bench.clients import client
from bench.desks import Desk, a_desk, a_floor, databases
from bench.machine import watched
from bench.pairs import Comparison, Run, Spread, interleaved, shown
from bench.sizes import Asked
from bench.table import Row
from bench.wrk import SECRET
from tests.servers import Postgresql

CALM_RATE = 100
GREETED_WITHIN_S = 60.0
# As `bench.client` says it with every message.
NAME = "Customer"
GOALS_MS: Mapping[bool, tuple[float, float]] = {True: (4, 14), False: (float("inf"), 30)}


def measure(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with databases(which) as postgresql, ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
            desk = stack.enter_context(a_desk(folder, postgresql))
            ours = staffed(desk, asked)
            url = _floor_url(folder, postgresql)
            server = stack.enter_context(a_floor(folder, url, commit="group"))
            bare = {
                "port": server.port,
                "path": "/hooks",
                "feed": "/feed",
                "cookies": ours["cookies"],
            }
            for rate, threads in asked.size.latencies:
                load = {"rate": rate, "threads": threads, "seconds": asked.size.seconds}
                runs: dict[str, Callable[[], Run]] = {
                    "ours": partial(told, ours | load, desk),
                    "floor": partial(told, bare | load),
                }
                rounds = interleaved(runs, pairs=asked.size.pairs, patience_s=asked.patience_s)
                yield _row(desk, rate, threads, Comparison(rounds))


def staffed(desk: Desk, asked: Asked) -> dict[str, Any]:
    """Operators at their feeds, each with conversations of known threads; where to send to."""
    line_id = desk.line()
    hook = urlsplit(desk.hook(line_id))
    cookies = [one.headers["Cookie"] for one in desk.staff(asked.size.operators, line_id)]
    _greet(hook, max(threads for _, threads in asked.size.latencies))
    assert desk.drains(within_s=GREETED_WITHIN_S), "the first messages were not given out"
    return {"port": desk.port, "path": hook.path, "cookies": cookies}


def _greet(hook: SplitResult, threads: int) -> None:
    """A first message in each thread, of somebody whose name stays as it is: two hundred cards that
    change in the first second are another row.
    """
    connection = HTTPConnection(hook.hostname or "", hook.port, timeout=60)
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    some = [
        {
            "external_id": f"first-{n}",
            "from": {"address": f"c{n}", "name": NAME},
            "text": "Good day",
        }
        for n in range(threads)
    ]
    connection.request("POST", hook.path, orjson.dumps({"messages": some}), headers)
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    assert response.status == 200, answer


def told(spec: Mapping[str, Any], desk: Desk | None = None) -> Run:
    """One run of the client. It counts only if every message was seen."""
    with watched() as usage:
        heard = client("deliver", spec)
        drained = desk is None or desk.drains()
    return Run(
        rate=heard["count"] / spec["seconds"],
        p50_ms=heard["p50_ms"],
        p99_ms=heard["p99_ms"],
        foreign_cores=usage.foreign_cores,
        drained=drained and not heard["unseen"] and not heard["closed"],
        refused=heard["unseen"],
        client_cores=heard["client_cores"],
    )


def _floor_url(folder: Path, postgresql: Postgresql | None) -> str:
    return (
        postgresql.create_database("floor") if postgresql else f"sqlite:///{folder}/floor.sqlite3"
    )


def _row(desk: Desk, rate: int, threads: int, found: Comparison) -> Row:
    p50, p99 = found.ours("p50_ms"), found.ours("p99_ms")
    most_p50, most_p99 = GOALS_MS[rate < CALM_RATE]
    unseen = sum(run.refused for one in found.rounds for run in one.values())
    return Row(
        what=f"POST → operator's socket, {rate}/s over {threads} threads, ms",
        where=desk.where,
        ours=_both(p50, p99),
        floor=_both(found.of("floor", "p50_ms"), found.of("floor", "p99_ms")),
        ratio=_both(found.ratio("floor", "p50_ms"), found.ratio("floor", "p99_ms")),
        goal=(f"p50 ≤ {most_p50}, " if rate < CALM_RATE else "") + f"p99 ≤ {most_p99}",
        reached=p50.median <= most_p50 and p99.median <= most_p99 if p50 and p99 else None,
        foreign_cores=found.foreign_cores,
        more=f"client {shown(found.ours('client_cores'))} cores; {unseen} unseen; {found}",
        raw={"rounds": found.rounds},
    )


def _both(p50: Spread | None, p99: Spread | None) -> str:
    return f"p50 {shown(p50)}, p99 {shown(p99)}"
