"""A community at VK whose callbacks come twice and in any order, while its desk is killed."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.channels.accounts import SECRET
from tests.fakes.vk.server import FakeVk, playing_vk
from tests.fakes.vk.world import Json, Trouble
from tests.journeys.balance import Books, read_books, under_way
from tests.journeys.blows import befalls, complaints
from tests.journeys.clerks import Clerk
from tests.journeys.load import Clients, Script, browser
from tests.journeys.shapes import ADMINISTRATOR, Shape, many_processes, one_process
from tests.journeys.test_crash import Say, random, say

__all__ = ["random", "say"]
Start = Callable[[Path], AbstractContextManager[Shape]]

CUSTOMERS = range(1, 9)
DRAIN_TIMEOUT_S = 120.0

pytestmark = pytest.mark.timeout(240)


@dataclass
class Storm:
    """Everybody who writes at VK, and the desk that answers."""

    vk: FakeVk
    shape: Shape
    clients: Clients
    clerk: Clerk
    said: list[Json] = field(default_factory=list)
    outside: list[Json] = field(default_factory=list)

    async def talk(self, customer: int) -> None:
        """A customer writes five times, with a picture among it, and thinks better of one."""
        world, random = self.vk.world, self.clients.random
        for number in range(5):
            attached = [world.photo(b"\xff\xd8\xff made-up")] if number == 2 else []
            text = f"customer {customer} says {number}"
            message = world.says(customer, text, attachments=attached)
            self.said.append(message)
            if number == 1:
                world.edits(message, f"customer {customer} means {number}")
            if number == 3:
                self.outside.append(world.writes_outside(customer, f"outside to {customer}"))
            await asyncio.sleep(random.uniform(0.1, 1.5))

    async def settled(self) -> list[str]:
        """What is still to do when two minutes are over; nothing, once the desk is at rest."""
        storage, left = self.shape.storage(), ["not looked at yet"]
        deadline = time.monotonic() + DRAIN_TIMEOUT_S
        try:
            await self.vk.callbacks.settled()
            while left and time.monotonic() < deadline:
                await asyncio.sleep(0.5)
                left = [*await under_way(storage), *self._not_heard()]
        finally:
            await storage.close()
        return left

    def _not_heard(self) -> list[str]:
        """Who still has something to hear of."""
        asks = self.vk.methods.long_poll_on
        behind = len(self.vk.world.events) - self.vk.asked_from if asks else 0
        waiting = {"events at VK": behind > 0, "the clerk": not self.clerk.is_idle}
        return [name for name, is_so in waiting.items() if is_so]

    async def books(self) -> Books:
        storage = self.shape.storage()
        try:
            return await read_books(storage)
        finally:
            await storage.close()


def differences(storm: Storm, books: Books) -> list[str]:
    """What stands not exactly once where it belongs: in the desk, and at the customers'."""
    found = []
    stored: Counter[tuple[str, str]] = Counter()
    for key, thread in books.threads.items():
        stored.update((key, row.text) for row in books.messages[str(thread.id)])
    for message in (*storm.said, *storm.outside):
        count = stored[str(message["peer_id"]), message["text"]]
        if count != 1:
            found.append(f"{message['text']!r} stands {count} times in the desk")
    got = Counter(one["text"] for peer in CUSTOMERS for one in storm.vk.world.answers(peer))
    for _, said in storm.clerk.said:
        if got[said.text] != 1:
            found.append(f"{said.text!r} came {got[said.text]} times to the customer")
        if sum(stored[str(peer), said.text] for peer in CUSTOMERS) != 1:
            found.append(f"{said.text!r} does not stand once in the desk")
    states = Counter(row.state for rows in books.deliveries.values() for row in rows)
    if set(states) - {"sent", "read"}:
        found.append(f"deliveries: {dict(states)}")
    files = Counter(row.state for rows in books.files.values() for row in rows)
    if files != {"stored": len(CUSTOMERS)}:
        found.append(f"files: {dict(files)}")
    return found


def troubles(random: Random) -> Sequence[Trouble]:
    """What goes wrong at VK: too fast, its own errors, answers that are lost."""
    kinds = [Trouble("messages.send", code=code) for code in (6, 6, 10, 10, 1)]
    kinds += [Trouble("messages.send", lost=True), Trouble("messages.send", status=502)]
    return random.sample(kinds, len(kinds))


async def connected(script: Script, vk: FakeVk, by: str) -> str:
    """An inbox of the community on the first line, which it gives."""
    line = await script.line("shop")
    account: dict[str, Any] = {
        "group_id": str(vk.world.group_id), "token": vk.world.token, "secret": SECRET,
        "by": by, "api_url": vk.url,
    }  # fmt: skip
    await script.inbox(line, "vk", **account)
    return line


async def heard(vk: FakeVk, by: str) -> None:
    """Wait until the desk has told VK where to call, or asks itself."""
    for _ in range(300):
        called = [one.status for one in vk.callbacks.servers.values() if one.events]
        if called == ["ok"] if by == "webhook" else vk.asked_from >= 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the desk does not hear of VK: {vk.callbacks.answers}")


@pytest.mark.parametrize(
    ("started", "by"),
    [
        pytest.param(one_process, "polling", id="one process asks", marks=pytest.mark.soak),
        pytest.param(many_processes, "webhook", id="many processes are called"),
        pytest.param(one_process, "webhook", id="one process is called", marks=pytest.mark.soak),
        pytest.param(many_processes, "polling", id="many processes ask", marks=pytest.mark.soak),
    ],
)
async def test_nothing_is_lost_or_doubled_whatever_is_killed(
    request: pytest.FixtureRequest,
    started: Start,
    by: str,
    tmp_path: Path,
    random: Random,
    say: Say,
) -> None:
    is_long = request.node.get_closest_marker("soak") is not None
    with started(tmp_path) as shape:
        await _storm(shape, by, random, say, is_long=is_long)


async def _storm(shape: Shape, by: str, random: Random, say: Say, *, is_long: bool) -> None:
    async with playing_vk() as vk, browser() as first, browser() as second:
        clients = Clients(shape.address, random)
        script = Script(clients, first)
        await script.sign_in(ADMINISTRATOR, shape.password)
        line = await connected(script, vk, by)
        vk.callbacks.doubles = vk.callbacks.shuffles = True
        vk.callbacks.again_s = 0.25
        await heard(vk, by)
        id_, email, password = await script.operator("Anna", [line], most=50)
        clerk = Clerk(id_, "Anna", clients, second)
        await clerk.sign_in(email, password)
        storm = Storm(vk, shape, clients, clerk)
        working = [asyncio.create_task(clerk.follow()), asyncio.create_task(clerk.work())]
        began = time.monotonic()
        try:
            vk.world.troubles += troubles(random)
            if is_long:
                # Flood is waited for: a minute, and up to a half longer; so long it takes to rest.
                vk.world.troubles.insert(3, Trouble("messages.send", code=9))
            await blow(storm, most=9 if is_long else 2)
            left = await storm.settled()
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        books = await storm.books()
        say(
            f"{len(storm.said)} messages, {len(clerk.said)} answers, "
            f"{len(vk.callbacks.answers)} callbacks, {len(vk.calls)} calls; "
            f"at rest after {time.monotonic() - began:.0f} s"
        )
        assert left == []
        assert differences(storm, books) == []
        assert clients.surprises == []
        assert complaints(shape) == []
        assert "Everything balances." in await asyncio.to_thread(shape.router, "check")


async def blow(storm: Storm, *, most: int) -> None:
    """Everybody talks; in the middle of it the desk is killed, and VK is not well."""
    async with asyncio.TaskGroup() as tasks:
        for customer in CUSTOMERS:
            tasks.create_task(storm.talk(customer))
        tasks.create_task(befalls(storm.shape, storm.clients.random, most=most))
