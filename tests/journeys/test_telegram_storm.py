"""Telegram repeats, reorders and fails, the desk dies: nothing is lost, nothing is doubled."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes.telegram import (
    FakeTelegram,
    fake_telegram,
    hangs_up,
    nothing,
    says_429,
    says_502,
)
from tests.fakes.telegram.world import Chat
from tests.journeys.blows import befalls, complaints
from tests.journeys.load import Clients, browser
from tests.journeys.shapes import Shape, many_processes, one_process
from tests.journeys.telegram import SECRET, Desk
from tests.journeys.test_crash import Say, random, say

__all__ = ["random", "say"]
pytestmark = pytest.mark.timeout(240)

Start = Callable[[Path], AbstractContextManager[Shape]]
CUSTOMERS, LINES, ANSWERS = 10, 5, 3
AT_REST_WITHIN_S = 90.0
DONE = {"sent", "unconfirmed", "failed"}


@pytest.mark.parametrize(
    ("started", "by"),
    [
        pytest.param(one_process, "webhook", id="one process is called"),
        pytest.param(many_processes, "polling", id="many processes ask", marks=pytest.mark.soak),
        pytest.param(one_process, "polling", id="one process asks", marks=pytest.mark.soak),
        pytest.param(many_processes, "webhook", id="many are called", marks=pytest.mark.soak),
    ],
)
async def test_nothing_is_lost_or_doubled_whatever_befalls(
    started: Start, by: str, tmp_path: Path, random: Random, say: Say
) -> None:
    with started(tmp_path) as shape:
        await _storm(shape, by, random, say)


async def _storm(shape: Shape, by: str, random: Random, say: Say) -> None:
    clients = Clients(shape.address, random)
    async with fake_telegram(proxied=True) as telegram, browser() as session:
        desk = Desk(shape, clients, session, token=await shape.token("a storm"))
        hook = await desk.connect(telegram, await desk.line(), by=by)
        if by == "webhook":
            telegram.queue.call(hook, SECRET)
        chats = [telegram.person(7_000 + n, f"Customer {n}") for n in range(CUSTOMERS)]
        _misbehaves(telegram, random)
        async with asyncio.TaskGroup() as tasks:
            for chat in chats:
                tasks.create_task(_writes(telegram, chat, random))
            tasks.create_task(_answers(desk, len(chats)))
            tasks.create_task(befalls(shape, random, most=9 if by == "webhook" else 2))
        threads = await _at_rest(desk, telegram)
        lost = [one for said in threads for one in _unconfirmed(said)]
        say(f"{telegram.queue.pushed} pushes, {len(telegram.calls)} calls, {len(lost)} unconfirmed")
        for said in threads:
            _as_it_was_said(said, telegram)
        assert "Everything balances." in await asyncio.to_thread(shape.router, "check")
        assert complaints(shape) == []
        await _operators_settle_it(desk, telegram, lost)
        for said in await _at_rest(desk, telegram):
            assert _unconfirmed(said) == []
        for chat in chats:
            assert sorted(chat.texts()) == [f"Answer {n} to {chat.id}" for n in range(ANSWERS)]


def _misbehaves(telegram: FakeTelegram, random: Random) -> None:
    """What the first calls run into: of each kind of trouble at least one."""
    troubles = [
        says_429(1), says_502(), says_502(done=True), hangs_up(), hangs_up(done=True),
        *[nothing()] * 15,
    ]  # fmt: skip
    random.shuffle(troubles)
    telegram.next("sendMessage", *troubles)


def _is_repeated(chat: Chat) -> bool:
    return chat.id % 2 == 0


async def _writes(telegram: FakeTelegram, chat: Chat, random: Random) -> None:
    for number in range(LINES):
        await asyncio.sleep(random.uniform(0, 2))
        message = telegram.writes(chat, f"Line {number} of {chat.id}")
        if _is_repeated(chat) and random.random() < 0.5:
            telegram.repeats(chat, message)


async def _answers(desk: Desk, count: int) -> None:
    """A script answers each customer so often, as soon as they are there."""
    answered: set[str] = set()
    while len(answered) < count:
        for id_ in set(await desk.conversations()) - answered:
            answered.add(id_)
            first = (await desk.said(id_))[0]
            whom = first["text"].rpartition(" ")[2]
            for number in range(ANSWERS):
                body = {"id": str(uuid4()), "text": f"Answer {number} to {whom}"}
                await desk.ask("POST", f"/conversations/{id_}/messages", **body)
        await asyncio.sleep(0.2)


async def _at_rest(desk: Desk, telegram: FakeTelegram) -> Sequence[Any]:
    """The threads, once all is stored and each delivery has come to an end."""
    deadline = time.monotonic() + AT_REST_WITHIN_S
    while True:
        threads = [await desk.said(id_) for id_ in await desk.conversations()]
        states = [one["state"] for said in threads for m in said for one in m["deliveries"]]
        if not telegram.queue.waiting and len(threads) == CUSTOMERS and set(states) <= DONE:
            return threads
        assert time.monotonic() < deadline, (len(telegram.queue.waiting), states)
        await asyncio.sleep(0.5)


def _unconfirmed(said: Sequence[Any]) -> list[tuple[str, str]]:
    """The deliveries that nobody knows of, with their texts."""
    return [
        (one["id"], message["text"])
        for message in said
        for one in message["deliveries"]
        if one["state"] == "unconfirmed"
    ]


def _as_it_was_said(said: Sequence[Any], telegram: FakeTelegram) -> None:
    """Everything came once and in order; what did not arrive for certain is asked about."""
    customer = [one["text"] for one in said if one["author"] == "customer"]
    chat = telegram.world.chats[int(customer[0].rpartition(" ")[2])]
    # A repeat may come before what was said before it.
    in_order = sorted(customer) if _is_repeated(chat) else customer
    assert in_order == [f"Line {number} of {chat.id}" for number in range(LINES)]
    assert [one["seq"] for one in said] == list(range(1, LINES + ANSWERS + 1))
    asked = {text for _, text in _unconfirmed(said)}
    arrived = chat.texts()
    assert len(set(arrived)) == len(arrived)
    assert {f"Answer {n} to {chat.id}" for n in range(ANSWERS)} - set(arrived) <= asked
    assert not [one for m in said for one in m["deliveries"] if one["state"] == "failed"]


async def _operators_settle_it(
    desk: Desk, telegram: FakeTelegram, lost: Sequence[tuple[str, str]]
) -> None:
    """They look into the customer's chat, and say what they see there."""
    assert lost
    for delivery_id, text in lost:
        chat = telegram.world.chats[int(text.rpartition(" ")[2])]
        await desk.ask("POST", f"/deliveries/{delivery_id}/settle", arrived=text in chat.texts())
