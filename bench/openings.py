"""New conversations a second, each with its operator, and how long until they have one.

Some visitors at once: each writes for the first time, waits until the feed says who has the
conversation, and the next one comes. Afterwards everything is counted in the database.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench.clients import client
from bench.desks import Caller, Desk, a_desk, databases, two_processes
from bench.inbound import BALANCED
from bench.machine import wait_until_quiet, watched
from bench.pairs import Comparison, Run, shown
from bench.sizes import Asked
from bench.table import Row

LEAST_RATE, MOST_P99_MS = 1_500, 25
OWNERLESS = "SELECT count(*) FROM conversations WHERE state IN ('waiting', 'offered')"
TWICE = (
    "SELECT count(*) FROM (SELECT conversation_id FROM assignments WHERE to_at IS NULL"
    " GROUP BY conversation_id HAVING count(*) > 1) twice"
)


def measure(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with (
            databases(which) as postgresql,
            _folder() as folder,
            a_desk(folder, postgresql) as desk,
        ):
            yield from _measured(desk, asked)
    if "postgresql" in asked.databases:
        with _folder() as folder, two_processes(folder) as desk:
            yield from _measured(desk, asked)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="liniya-bench-") as folder:
        yield Path(folder)


def _measured(desk: Desk, asked: Asked) -> Iterator[Row]:
    line_id = desk.line()
    path = urlsplit(desk.hook(line_id)).path
    staff = desk.staff(asked.size.operators, line_id)
    for at_once in asked.size.openings_at_once:
        wrong = {"waiting": 0, "with two owners": 0}
        runs = []
        for _ in range(asked.size.pairs):
            wait_until_quiet(asked.patience_s)
            runs.append(_opened(desk, path, staff, at_once, asked.size.seconds))
            wrong["waiting"] += desk.value(OWNERLESS)
            wrong["with two owners"] += desk.value(TWICE)
            _close_all(staff)
        yield _row(desk, at_once, Comparison([{"ours": run} for run in runs]), wrong)


def _opened(desk: Desk, path: str, staff: list[Caller], at_once: int, seconds: float) -> Run:
    cookies = [one.headers["Cookie"] for one in staff]
    spec = {"port": desk.port, "path": path, "cookies": cookies}
    cpu = desk.cpu_s()
    with watched() as usage:
        heard = client("begin", spec | {"at_once": at_once, "seconds": seconds})
        drained = desk.drains()
    return Run(
        rate=heard["count"] / seconds,
        p50_ms=heard["p50_ms"],
        p99_ms=heard["p99_ms"],
        foreign_cores=usage.foreign_cores,
        drained=drained and not heard["unassigned"],
        refused=heard["unassigned"],
        cpu_us=(desk.cpu_s() - cpu) / max(1, heard["count"]) * 1e6,
        client_cores=heard["client_cores"],
    )


def _close_all(staff: list[Caller]) -> None:
    for one in staff:
        for mine in one.ask("GET", "/conversations?list=mine")["items"]:
            one.ask("POST", f"/conversations/{mine['id']}/close", reason="resolved")


def _row(desk: Desk, at_once: int, found: Comparison, wrong: dict[str, int]) -> Row:
    rate, p99 = found.ours("rate"), found.ours("p99_ms")
    said = desk.check()
    right = not any(wrong.values()) and said == BALANCED
    fast = rate and p99 and rate.median >= LEAST_RATE and p99.median <= MOST_P99_MS
    counted = ", ".join(f"{count} {what}" for what, count in wrong.items())
    return Row(
        what=f"new conversations with their operator, {at_once} at once, a second",
        where=desk.where,
        ours=shown(rate),
        goal=f"≥ {LEAST_RATE}, p99 ≤ {MOST_P99_MS} ms",
        reached=bool(fast) and right,
        foreign_cores=found.foreign_cores,
        more=(
            f"p50 {shown(found.ours('p50_ms'))}, p99 {shown(p99)} ms; {counted}; {said}"
            f" client {shown(found.ours('client_cores'))} cores;"
            f" {shown(found.ours('cpu_us'))} µs of processor each; {found}"
        ),
        raw={"rounds": found.rounds},
    )
