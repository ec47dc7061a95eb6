"""A working day on a running desk, with whatever befalls it, and its ledger at the end."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from router.blobs import DiskBlobs
from tests.journeys.balance import read_books, unbalanced, under_way
from tests.journeys.clerks import Clerk
from tests.journeys.customers import SECRET, Callback, Customer, Partner, Visitor, callback
from tests.journeys.load import Clients, Script, browser
from tests.journeys.shapes import ADMINISTRATOR, Shape

DRAIN_TIMEOUT_S = 120.0
LOOK_EVERY_S = 0.5
NAMES = ("Anna", "Boris", "Vera", "Gleb", "Dina", "Egor", "Zoya", "Ivan")


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are, and how often each says something. So many `topics` has each partner's
    customer, each in a thread of its own.
    """

    visitors: int
    partners: int
    clerks: int
    every_s: float
    topics: int = 1


@dataclass(eq=False)
class Day:
    """Everybody on a desk. `outages_s` are how long each process was away."""

    shape: Shape
    clients: Clients
    callback: Callback
    visitors: Sequence[Visitor] = ()
    partners: Sequence[Partner] = ()
    clerks: Sequence[Clerk] = ()
    outages_s: dict[str, list[float]] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.create_task(work))

    def must_go_on(self) -> None:
        """Raise what broke a client: it is a mistake of the journey's own."""
        for task in self.tasks:
            if task.done() and not task.cancelled():
                task.result()

    # --- what befalls it ------------------------------------------------------

    async def kill(self, name: str, *, away_s: float = 0.0) -> None:
        """Kill one process as `kill -9` does, and start it again."""
        program = self.shape.programs[name]
        await self._out(name, program.kill, program.start, away_s)

    async def kill_postgresql(self, *, away_s: float = 0.0) -> None:
        assert self.shape.postgresql is not None
        server = self.shape.postgresql
        await self._out("postgresql", server.kill, server.start, away_s)

    async def stop_postgresql(self, *, away_s: float = 0.0) -> None:
        """As an administrator does: whoever is connected is thrown out."""
        assert self.shape.postgresql is not None
        server = self.shape.postgresql
        await self._out("postgresql", server.stop, server.start, away_s)

    async def empty_redis(self, *, away_s: float = 0.0) -> None:
        assert self.shape.redis is not None
        server = self.shape.redis
        await asyncio.to_thread(server.flush)
        await self._out("redis", server.kill, server.start, away_s)

    async def _out(
        self, name: str, kill: Callable[[], None], start: Callable[[], None], away_s: float
    ) -> None:
        began = time.monotonic()
        await asyncio.to_thread(kill)
        await asyncio.sleep(away_s)
        await asyncio.to_thread(start)
        await asyncio.to_thread(self.shape.wait_until_ready)
        self.outages_s.setdefault(name, []).append(time.monotonic() - began)
        for each in self.shape.programs.values():
            if each.ended is not None:
                self.clients.surprise(f"{each.name} ended by itself with {each.ended}")
        self.must_go_on()

    # --- its end --------------------------------------------------------------

    async def settled(self) -> list[str]:
        """Nobody says more; wait until the desk has done all; gives what it has not."""
        self.clients.stopped.set()
        storage = self.shape.storage()
        left: list[str] = []
        try:
            deadline = time.monotonic() + DRAIN_TIMEOUT_S
            while time.monotonic() < deadline:
                self.must_go_on()
                waiting = [one.name for one in self._everybody() if not one.is_idle]
                left = await under_way(storage) + waiting
                if not left:
                    # What is on its way to a screen arrives.
                    await asyncio.sleep(1.0)
                    return []
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            await storage.close()
        return left

    async def differences(self) -> list[str]:
        """What the ledger names, what surprised a client, and what the programs complained of."""
        storage = self.shape.storage()
        try:
            books = await read_books(storage)
        finally:
            await storage.close()
        return [
            *unbalanced(
                books,
                visitors=self.visitors,
                partners=self.partners,
                clerks=self.clerks,
                callback=self.callback,
                blobs=DiskBlobs(self.shape.folder / "var" / "blobs"),
            ),
            *self.clients.surprises,
            *self._complaints(),
        ]

    def _complaints(self) -> list[str]:
        """A server that is away makes warnings; an error in a log is a mistake of ours."""
        signs = ("[error ", "[critical ", "Traceback")
        return [line for line in self.shape.logs().splitlines() if any(s in line for s in signs)]

    def _closed(self) -> str:
        codes = Counter(code for one in self.visitors for code in one.closed_with)
        return " ".join(f"{code}:{count}" for code, count in codes.most_common())

    def _everybody(self) -> list[Any]:
        return [*self.visitors, *self.partners, *self.clerks]

    def numbers(self) -> str:
        """What happened, in one paragraph."""
        customers: list[Customer] = [*self.visitors, *self.partners]
        said = sum(len(one.said) for one in customers)
        answers = sum(len(clerk.said) for clerk in self.clerks)
        attempts = sum(s.attempts for one in customers for s in one.said)
        outages = ", ".join(
            f"{name} {len(each)} times, at most {max(each):.1f} s"
            for name, each in sorted(self.outages_s.items())
        )
        return (
            f"{said} messages, {answers} answers; out: {outages}; "
            f"{self.clients.lost_answers} answers lost and {self.clients.refused_answers} refused,"
            f" {attempts - said} repeated sends; {len(self.callback.deliveries)} deliveries,"
            f" {self.callback.repeats} repeats ({self.callback.cuts} cut on purpose);"
            f" {sum(one.hellos for one in self.visitors)} hellos, closed with {self._closed()},"
            f" {sum(one.snapshots for one in self.clerks)} snapshots"
        )


@asynccontextmanager
async def a_day(shape: Shape, size: Size, random: Random) -> AsyncIterator[Day]:
    """A desk at work: two lines, one with offers; everybody signed in, connected and talking."""
    clients = Clients(shape.address, random)
    async with AsyncExitStack() as stack:
        told = await stack.enter_async_context(callback(clients))
        day = Day(shape, clients, told)
        own = await stack.enter_async_context(browser())
        script = Script(clients, await stack.enter_async_context(browser()))
        await script.sign_in(ADMINISTRATOR, shape.password)
        shop = await script.line("shop")
        await script.inbox(shop, "webchat")
        trade = await script.line("trade", auto_accept=False, lead_when="at_once")
        inbox = await script.inbox(trade, "rest", callback_url=told.url, secret=SECRET)
        most = (size.visitors + size.partners) * 2 // size.clerks + 1
        day.clerks = [
            await _clerk(stack, script, clients, name, [shop, trade], most)
            for name in NAMES[: size.clerks]
        ]
        for clerk in day.clerks:
            clerk.colleagues = [one.id for one in day.clerks if one is not clerk]
        day.visitors = [Visitor(f"V{n}", clients, own) for n in range(size.visitors)]
        day.partners = [
            Partner(f"P{n}", inbox, told.pictures, clients, own, address=f"P{n // size.topics}")
            for n in range(size.partners)
        ]
        stack.push_async_callback(_end, day)
        _begin(day, size)
        yield day


async def _clerk(
    stack: AsyncExitStack, script: Script, clients: Clients, name: str, lines: list[str], most: int
) -> Clerk:
    id_, email, password = await script.operator(name, lines, most=most)
    clerk = Clerk(id_, name, clients, await stack.enter_async_context(browser()))
    await clerk.sign_in(email, password)
    return clerk


def _begin(day: Day, size: Size) -> None:
    for clerk in day.clerks:
        day.start(clerk.follow())
        day.start(clerk.work())
    for number, visitor in enumerate(day.visitors):
        day.start(visitor.live())
        day.start(visitor.chat(every_s=size.every_s, contact=number % 2 == 0))
    for partner in day.partners:
        day.start(partner.chat(every_s=size.every_s))


async def _end(day: Day) -> None:
    for task in day.tasks:
        task.cancel()
    await asyncio.gather(*day.tasks, return_exceptions=True)
