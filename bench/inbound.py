"""Messages a second through the whole way in, beside both floors.

A hook of a channel of one's own, `all` in one process: authentication, validation, dedupe,
identity, message, counters, events, push to an open feed, assignment of the new ones. Known
threads belong to one who has gone home; a colleague is there and takes who is new.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

from bench.clients import read_meanwhile
from bench.desks import Caller, Desk, a_desk, a_floor, databases
from bench.history import Place, write_threads
from bench.machine import cpu_s, watched
from bench.pairs import Comparison, Run, interleaved, shown
from bench.sizes import Asked
from bench.table import Row
from bench.wrk import NEW_SHARE, Load, Senders, load
from router.ids import InboxId, LineId, OperatorId
from tests.servers import Postgresql, Server

EVERYBODY = 1_000_000
WARM_UP_S = 2
GOALS = {"SQLite": 0.28, "PostgreSQL": 0.45}
MANY, MOST_P99_RATIO = 200, 1.5
BALANCED = "Everything balances."


@dataclass(slots=True)
class Bench:
    """A desk with known threads, its feed read, and both floors on the same database."""

    desk: Desk
    hook: str
    receiver: Caller
    floors: Mapping[str, Server]
    threads: int

    def ours(self, at_once: int, seconds: float, *, new_share: float = NEW_SHARE) -> Run:
        senders = Senders(at_once, self.threads, new_share=new_share)
        stored, cpu = self.desk.stored(), self.desk.cpu_s()
        with watched() as usage:
            done = load(self.hook, senders, seconds=seconds)
            drained = self.desk.drains()
        stored = self.desk.stored() - stored
        cpu_us = (self.desk.cpu_s() - cpu) / done.requests * 1e6
        self._go_on()
        lost = stored < (1 - 2 * senders.resent_share) * (done.requests - done.refused)
        return _run(done, usage.foreign_cores, cpu_us, drained=drained and not lost)

    def floor(self, name: str, at_once: int, seconds: float) -> Run:
        server = self.floors[name]
        servers = [server.pid, *([self.desk.roots[1]] if self.desk.postgresql else [])]
        cpu = cpu_s(*servers)
        with watched() as usage:
            done = load(
                f"http://127.0.0.1:{server.port}/hooks",
                Senders(at_once, self.threads),
                seconds=seconds,
            )
        return _run(done, usage.foreign_cores, (cpu_s(*servers) - cpu) / done.requests * 1e6)

    def _go_on(self) -> None:
        """Close what came new, so that the next run finds the same desk."""
        mine = self.receiver.ask("GET", "/conversations?list=mine")["items"]
        for one in mine:
            self.receiver.ask("POST", f"/conversations/{one['id']}/close", reason="resolved")


def _run(done: Load, foreign_cores: float, cpu_us: float, *, drained: bool = True) -> Run:
    return Run(
        rate=done.rate,
        p50_ms=done.p50_ms,
        p99_ms=done.p99_ms,
        foreign_cores=foreign_cores,
        drained=drained and not done.refused and not done.broken,
        refused=done.refused + done.broken,
        cpu_us=cpu_us,
    )


def measure(asked: Asked) -> Iterator[Row]:
    for which in asked.databases:
        with databases(which) as postgresql, _bench(asked, postgresql) as bench:
            for at_once in asked.size.senders:
                yield _row(bench, at_once, _compared(bench, at_once, asked))
            yield _checked(bench)


def _compared(bench: Bench, at_once: int, asked: Asked) -> Comparison:
    seconds = asked.size.seconds
    for warm_up in (bench.ours, partial(bench.floor, "group"), partial(bench.floor, "each")):
        warm_up(at_once, min(seconds, WARM_UP_S))
    runs: dict[str, Callable[[], Run]] = {
        "ours": partial(bench.ours, at_once, seconds),
        "group": partial(bench.floor, "group", at_once, seconds),
        "each": partial(bench.floor, "each", at_once, seconds),
        "known": partial(bench.ours, at_once, seconds, new_share=0.0),
    }
    rounds = interleaved(runs, pairs=asked.size.pairs, patience_s=asked.patience_s)
    return Comparison(rounds)


def _row(bench: Bench, at_once: int, found: Comparison) -> Row:
    many = at_once >= MANY
    least = GOALS[bench.desk.where]
    rates, p99 = found.ratio("group", "rate"), found.ratio("group", "p99_ms")
    reached = None
    if rates and p99:
        reached = rates.median >= least and (not many or p99.median <= MOST_P99_RATIO)
    more = (
        f"p50 {shown(found.ours('p50_ms'))}, p99 {shown(found.ours('p99_ms'))} ms;"
        f" p99 {shown(p99)} × the floor's;"
        f" rate {shown(found.ratio('each', 'rate'))} × that of a commit each;"
        f" {shown(found.of('known', 'rate'))} when nobody is new;"
        f" {shown(found.ours('cpu_us'))} µs of processor a message"
        f" (floor {shown(found.of('group', 'cpu_us'))}); {found}"
    )
    return Row(
        what=f"inbound, {at_once} senders, messages/s",
        where=bench.desk.where,
        ours=shown(found.ours("rate")),
        floor=shown(found.of("group", "rate")),
        ratio=shown(rates),
        goal=f"≥ {least} ×" + (f", p99 ≤ {MOST_P99_RATIO} ×" if many else ""),
        reached=reached,
        foreign_cores=found.foreign_cores,
        more=more,
        raw={"rounds": found.rounds},
    )


def _checked(bench: Bench) -> Row:
    said = bench.desk.check()
    return Row(
        what="all that was sent, counted afterwards",
        where=bench.desk.where,
        ours=said,
        goal=BALANCED,
        reached=said == BALANCED,
        more=f"{bench.desk.stored():,} messages",
    )


# --- setting up ----------------------------------------------------------------


@contextmanager
def _bench(asked: Asked, postgresql: Postgresql | None) -> Iterator[Bench]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liniya-bench-")))
        desk = stack.enter_context(a_desk(folder, postgresql))
        line_id = desk.line()
        hook = desk.hook(line_id)
        place = Place(LineId(UUID(line_id)), InboxId(UUID(hook.rpartition("/")[2])))
        owner = OperatorId(UUID(desk.gone_home(1)[0]))
        write_threads(desk, place, owner, asked.size.threads)
        receiver = desk.operator("Rita", most=EVERYBODY)
        stack.enter_context(read_meanwhile(desk.port, [receiver.headers["Cookie"]]))
        floors = {
            commit: stack.enter_context(
                a_floor(folder, _url(folder, commit, postgresql), commit=commit)
            )
            for commit in ("group", "each")
        }
        yield Bench(desk, hook, receiver, floors, asked.size.threads)


def _url(folder: Path, commit: str, postgresql: Postgresql | None) -> str:
    if postgresql is None:
        return f"sqlite:///{folder}/floor-{commit}.sqlite3"
    return postgresql.create_database(f"floor_{commit}")
