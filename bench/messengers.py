"""A messenger's chats, all answered at once: within what the provider allows, and fairly.

The provider is the tests' own Telegram, over HTTP: 30 messages a second for a bot, one a second in
a chat. Nothing here is a race: the goal is to keep the pace, not to be faster.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from aiohttp import ClientSession

from bench.desks import Desk, a_desk
from bench.machine import wait_until_quiet, watched
from bench.sizes import Asked
from bench.table import Row
from tests.fakes.telegram import FakeTelegram, fake_telegram

PER_SECOND, LEAST_SHARE, JITTER = 30, 0.9, 1.1
# More chats with a long queue than there are slots in a worker.
LONG_QUEUES, LONG = 40, 8
NEWCOMERS, EACH_S = 10, 0.3
MOST_WAIT_S = 3.0
MOST_FOREIGN = 0.2
AT_ONCE = 8
GIVE_UP_S = 180.0


def measure(asked: Asked) -> Iterator[Row]:
    with (
        tempfile.TemporaryDirectory(prefix="liniya-bench-") as folder,
        a_desk(Path(folder)) as desk,
    ):
        wait_until_quiet(asked.patience_s)
        with watched() as usage:
            crowd, waits = asyncio.run(_measured(desk, asked.size.chats))
        yield _row_of_crowd(crowd, asked.size.chats, usage.foreign_cores, desk.check())
        yield _row_of_waits(waits, usage.foreign_cores)


async def _measured(desk: Desk, chats: int) -> tuple[list[tuple[float, int]], list[float]]:
    """When what was sent into which chat, all at once; how long newcomers waited."""
    async with fake_telegram() as telegram, ClientSession() as session:
        await asyncio.to_thread(_connect, desk, telegram)
        count = max(chats, LONG_QUEUES + NEWCOMERS)
        for number in range(count):
            telegram.writes(telegram.person(number + 1, f"C{number + 1}"), f"Hello {number + 1}")
        await _until(lambda: desk.stored() >= count)
        desk_of = _Answers(desk, session, await asyncio.to_thread(_conversations, desk))
        waits = await _newcomers(desk_of, telegram)
        before = len(telegram.called("sendMessage"))
        await desk_of.say([(chat, "At once") for chat in range(1, count + 1)])
        sent = await _sent(telegram, before + count)
        return [(call.at_s, call.given.required("chat_id")) for call in sent[before:]], waits


def _connect(desk: Desk, telegram: FakeTelegram) -> None:
    settings = {"token": telegram.token, "api_url": telegram.url, "by": "polling"}
    line_id = desk.line()
    desk.script.ask(
        "POST", "/inboxes", line_id=line_id, kind="telegram", name="Bot", settings=settings
    )


class _Answers:
    """Somebody who answers in many chats."""

    def __init__(self, desk: Desk, session: ClientSession, ids: dict[int, str]) -> None:
        self._desk = desk
        self._session = session
        self._ids = ids

    async def say(self, said: Sequence[tuple[int, str]]) -> None:
        """Queue these, a few at a time and in order."""
        waiting = iter(said)

        async def work() -> None:
            for chat, text in waiting:
                await self._queue(chat, text)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    async def _queue(self, chat: int, text: str) -> None:
        url = f"http://127.0.0.1:{self._desk.port}/api/v1/conversations/{self._ids[chat]}/messages"
        body = {"id": str(uuid4()), "text": text}
        headers = self._desk.script.headers
        async with self._session.post(url, json=body, headers=headers) as answer:
            assert answer.status == 202, await answer.text()


async def _newcomers(answers: _Answers, telegram: FakeTelegram) -> list[float]:
    """How long the first message to others waits beside more long queues than there are slots."""
    long = [(chat, f"Part {n}") for n in range(LONG) for chat in range(1, LONG_QUEUES + 1)]
    await answers.say(long)
    waits = []
    for chat in range(LONG_QUEUES + 1, LONG_QUEUES + NEWCOMERS + 1):
        began = time.monotonic()
        await answers.say([(chat, "First")])
        waits.append(began)
        await asyncio.sleep(EACH_S)
    sent = await _sent(telegram, len(long) + NEWCOMERS)
    first = {call.given.required("chat_id"): call.at_s for call in reversed(sent)}
    return [first[LONG_QUEUES + 1 + n] - began for n, began in enumerate(waits)]


async def _sent(telegram: FakeTelegram, count: int) -> Sequence[Any]:
    await _until(lambda: len(telegram.called("sendMessage")) >= count)
    return telegram.called("sendMessage")


async def _until(is_so: Any) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.1)


def _conversations(desk: Desk) -> dict[int, str]:
    """The conversation of each chat."""
    found: dict[int, str] = {}
    cursor = ""
    while True:
        page = desk.script.ask("GET", f"/conversations?limit=200{cursor}")
        found |= {int(one["title"][1:]): one["id"] for one in page["items"]}
        if page["next"] is None:
            return found
        cursor = f"&cursor={quote(page['next'])}"


def _row_of_crowd(
    sent: Sequence[tuple[float, int]], chats: int, foreign_cores: float, check: str
) -> Row:
    at_s = [at for at, _ in sent]
    rate = (len(sent) - 1) / (at_s[-1] - at_s[0])
    busiest = max(sum(at <= one < at + 1 for one in at_s) for at in at_s)
    doubled = len(sent) - len({chat for _, chat in sent})
    kept = busiest <= JITTER * PER_SECOND and not doubled and check == "Everything balances."
    # Beside others on the machine nobody can say why it was slower than it may be.
    in_time = rate >= LEAST_SHARE * PER_SECOND or (None if foreign_cores > MOST_FOREIGN else False)
    return Row(
        what=f"messengers: {chats:,} chats answered at once",
        where="SQLite",
        ours=f"{rate:.1f} messages/s, {busiest} in the busiest second",
        goal=f"about {PER_SECOND}/s, none left or doubled",
        reached=kept and in_time,
        foreign_cores=foreign_cores,
        more=check,
        raw={"at_s": at_s},
    )


def _row_of_waits(waits: Sequence[float], foreign_cores: float) -> Row:
    return Row(
        what=f"messengers: first message beside {LONG_QUEUES} long queues",
        where="SQLite",
        ours=f"{sorted(waits)[len(waits) // 2]:.2f} s, at most {max(waits):.2f} s",
        goal=f"at most {MOST_WAIT_S:.0f} s",
        reached=max(waits) <= MOST_WAIT_S,
        foreign_cores=foreign_cores,
        more=f"each queue is {LONG} long: in turn that is {LONG_QUEUES * LONG / PER_SECOND:.0f} s",
        raw={"waits_s": list(waits)},
    )
