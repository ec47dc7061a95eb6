"""The bench's clients, each a process of its own: python -m bench.client WHAT < spec.json

They read one line of JSON, do what it says, and print one line of JSON.
"""

import asyncio
import re
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

import orjson
import uvloop

from bench.pairs import percentile
from bench.wire import Posts, Socket, opened
from bench.wrk import SECRET

FEED = "/api/v1/feed"
BEARER = f"Authorization: Bearer {SECRET}\r\n"
SAID = re.compile(rb'"text":"m(\d+) ')
OPENED = re.compile(rb'"title":"V(\d+)","state":"open"')
HELLO = b'{"type":"hello","token":null,"after_seq":0,"page":{"url":"","title":"","referrer":""},"language":"en","identity":null,"build":""}'
LAST_WORDS_S = 5.0
OPENED_AT_ONCE = 50

Spec = Mapping[str, Any]


def message(id_: str, address: str, name: str, text: str) -> bytes:
    sender = {"address": address, "name": name}
    return orjson.dumps({"messages": [{"external_id": id_, "from": sender, "text": text}]})


def summary(times_ms: list[float], began: float, **more: Any) -> Spec:
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall_s = time.monotonic() - began
    return {
        "count": len(times_ms),
        "p50_ms": percentile(times_ms, 50),
        "p99_ms": percentile(times_ms, 99),
        "most_ms": max(times_ms, default=float("nan")),
        "wall_s": wall_s,
        "client_cores": (used.ru_utime + used.ru_stime) / max(wall_s, 0.001),
        **more,
    }


async def feeds(spec: Spec, hear: Callable[[int, bytes], None]) -> list[Socket]:
    """A feed for each cookie, after its first frame: until then a message may come in a snapshot.

    `hear` gets the socket's number and the frame.
    """
    begun: set[int] = set()

    def heard(number: int, frame: bytes) -> None:
        begun.add(number)
        hear(number, frame)

    path, cookies = spec.get("feed", FEED), spec["cookies"]
    sockets = [
        await opened(spec["port"], path, partial(heard, number), cookie=cookie)
        for number, cookie in enumerate(cookies)
    ]
    await until(lambda: len(begun) == len(cookies))
    return sockets


# --- reading -----------------------------------------------------------------


async def read(spec: Spec) -> Spec:
    """Read feeds until the standard input ends."""
    kinds: dict[str, int] = defaultdict(int)

    def hear(_: int, frame: bytes) -> None:
        kinds[frame.removeprefix(b"[")[9:30].partition(b'"')[0].decode()] += 1

    sockets = await feeds(spec, hear)
    say({})
    await until_told_to_end()
    lost = [one.closed_with for one in sockets if one.closed_with is not None]
    return {"frames": dict(kinds), "closed": lost}


# --- from the customer to the operator -----------------------------------------


async def deliver(spec: Spec) -> Spec:
    """Post at a steady rate over some threads; each message is awaited at one operator's socket.

    The time runs from the moment of sending, whether or not earlier ones were answered.
    """
    sent: dict[int, float] = {}
    times_ms: list[float] = []
    operators = len(spec["cookies"])

    def hear(number: int, frame: bytes) -> None:
        for found in SAID.findall(frame):
            n = int(found)
            if n % operators == number and n in sent:
                times_ms.append((time.perf_counter() - sent.pop(n)) * 1e3)

    sockets = await feeds(spec, hear)
    posts, prefix = Posts(spec["port"], spec["path"], BEARER), uuid4().hex[:12]

    async def one(n: int) -> None:
        thread = n % spec["threads"]
        body = message(f"{prefix}-{n}", f"c{thread}", "Customer", f"m{n} is on its way")
        sent[n] = time.perf_counter()
        await posts.post(body)

    began = time.monotonic()
    total = round(spec["rate"] * spec["seconds"])
    await at_a_rate(one, total=total, rate=spec["rate"])
    await until(lambda: not sent)
    lost = [one.closed_with for one in sockets if one.closed_with is not None]
    return summary(times_ms, began, unseen=len(sent), closed=lost)


async def at_a_rate(act: Callable[[int], Awaitable[None]], *, total: int, rate: float) -> None:
    """Begin so many acts a second, however long each takes; return when all have ended."""
    began = time.perf_counter()
    acts: list[asyncio.Task[None]] = []
    while len(acts) < total:
        due = min(total, int((time.perf_counter() - began) * rate) + 1)
        acts += [asyncio.ensure_future(act(n)) for n in range(len(acts), due)]
        await asyncio.sleep(max(0.0, len(acts) / rate - (time.perf_counter() - began)))
    await asyncio.gather(*acts)


# --- new conversations ---------------------------------------------------------


async def begin(spec: Spec) -> Spec:
    """Some visitors at once, each writing for the first time and then waiting for an operator."""
    told: dict[int, asyncio.Future[None]] = {}
    times_ms: list[float] = []

    def hear(number: int, frame: bytes) -> None:
        if number:
            return
        for found in OPENED.findall(frame):
            if (waits := told.pop(int(found), None)) is not None:
                waits.set_result(None)

    await feeds(spec, hear)
    posts, prefix = Posts(spec["port"], spec["path"], BEARER), uuid4().hex[:12]
    numbers = count(1)
    ends = time.perf_counter() + spec["seconds"]
    unassigned = 0

    async def visitor() -> None:
        nonlocal unassigned
        while time.perf_counter() < ends:
            n, began = next(numbers), time.perf_counter()
            told[n] = waits = asyncio.get_running_loop().create_future()
            name = f"V{n}"
            await posts.post(message(f"{prefix}-{n}", f"{prefix}-{name}", name, "Good day"))
            try:
                async with asyncio.timeout(LAST_WORDS_S):
                    await waits
                times_ms.append((time.perf_counter() - began) * 1e3)
            except TimeoutError:
                unassigned += 1

    began = time.monotonic()
    await asyncio.gather(*(visitor() for _ in range(spec["at_once"])))
    return summary(times_ms, began, unassigned=unassigned)


# --- visitors who say nothing ----------------------------------------------------


async def hold(spec: Spec) -> Spec:
    """Open sockets, say hello if asked, and hold them until the standard input ends."""
    welcomed = 0

    def hear(_: bytes) -> None:
        nonlocal welcomed
        welcomed += 1

    async def visitor(_: int) -> Socket:
        socket = await opened(spec["port"], spec["path"], hear)
        if spec["hello"]:
            socket.send(HELLO)
        return socket

    began = time.monotonic()
    sockets: list[Socket] = []
    while len(sockets) < spec["visitors"]:
        due = min(spec["visitors"], len(sockets) + OPENED_AT_ONCE)
        sockets += await asyncio.gather(*(visitor(n) for n in range(len(sockets), due)))
        await until(partial(lambda due: welcomed >= due, due))
    say({"opened_s": time.monotonic() - began, "welcomed": welcomed})
    await until_told_to_end()
    return {"lost": sum(one.closed_with is not None for one in sockets)}


# --- all of them ------------------------------------------------------------------


async def until(done: Callable[[], bool]) -> None:
    """Wait for something that is under way, for a while."""
    deadline = time.monotonic() + LAST_WORDS_S
    while not done() and time.monotonic() < deadline:  # noqa: ASYNC110 - frames set no event
        await asyncio.sleep(0.005)


async def until_told_to_end() -> None:
    await asyncio.to_thread(sys.stdin.buffer.read)


def say(words: Spec) -> None:
    sys.stdout.write(orjson.dumps(words).decode() + "\n")
    sys.stdout.flush()


def main() -> None:
    act = {"read": read, "deliver": deliver, "begin": begin, "hold": hold}[sys.argv[1]]
    spec = orjson.loads(sys.stdin.buffer.readline())
    say(uvloop.run(act(spec)))


if __name__ == "__main__":
    main()
