"""Whatever happens, `timer_at` is never later than what falls due by itself."""

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from queues.cases import read_cases
from queues.due import falls
from router import handling
from router.channel import IncomingMessage, Sender
from router.errors import ActError
from router.model import Conversation, Inbox, Line
from router.placing import wake_snoozed
from router.queueing import (
    Capacity,
    Hours,
    Lifetimes,
    Overflow,
    Queueing,
    RatingRequest,
    Replies,
    ReplyWhen,
    Sla,
    Targets,
)
from router.staff import Operator
from router.storage import Transaction
from tests.desk import Desk
from tests.queues.timing import answers, passes, stage, timers

TURNS = 30
EVENTS = (
    "writes", "late", "passes", "passes", "takes", "answers", "closes", "reopens", "snoozes",
    "wakes", "moves", "leaves",
)  # fmt: skip
FAR = timedelta(days=3)


def settings(dice: random.Random, other: Line) -> dict[str, object]:
    """Some line's."""

    def some_s() -> int | None:
        return dice.choice([None, 0, 5, 60, 600, 5_000])

    stages = [
        stage(f"{when}{n}", when, "words", after_s=some_s() or 0, hours=dice.choice(list(Hours)))
        for n, when in enumerate(ReplyWhen)
        if dice.random() < 0.5
    ]
    overflow = Overflow(other.id, some_s() or 300) if dice.random() < 0.3 else None
    return {
        "replies": Replies(tuple(stages)),
        "sla": Sla(Targets(some_s(), some_s(), some_s())),
        "lifetimes": Lifetimes(some_s(), some_s()),
        "rating": RatingRequest(ask=dice.random() < 0.5, after_s=some_s() or 0),
        "reopen_window_s": dice.choice([0, 5_000]),
        "queueing": Queueing(
            overflow=overflow,
            owner_absent_s=dice.choice([None, 300]),
            capacity=Capacity(silent_after_s=some_s()),
        ),
    }


class Talk:
    """A conversation in which anything may happen."""

    def __init__(
        self, desk: Desk, inbox: Inbox, other: Line, anna: Operator, dice: random.Random
    ) -> None:
        self.desk = desk
        self.inbox = inbox
        self.other = other
        self.anna = anna
        self.dice = dice

    async def happens(self) -> str:
        name = self.dice.choice(EVENTS)
        with suppress(ActError):
            await getattr(self, name)()
        return name

    async def act(
        self, step: Callable[[Transaction, Conversation, datetime], Awaitable[object]]
    ) -> None:
        one = await self.desk.conversation(self.inbox)
        async with self.desk.storage.transaction() as tx:
            await step(tx, one, self.desk.clock.now())

    async def writes(self) -> None:
        await self.desk.writes(inbox=self.inbox)

    async def late(self) -> None:
        """What was sent long ago."""
        sent_at = self.desk.clock.now() - timedelta(hours=1)
        sender = Sender("visitor-1", scope=str(self.inbox.id))
        message = IncomingMessage(
            f"late{self.dice.random()}", "visitor-1", sender, "Hello?", sent_at=sent_at
        )
        await self.desk.inbound.receive(self.inbox, [message])

    async def passes(self) -> None:
        await passes(self.desk, self.dice.choice([1, 10, 100, 1_000, 10_000]))

    async def takes(self) -> None:
        await self.act(lambda tx, one, now: handling.take(tx, one.id, self.anna, now=now))

    async def answers(self) -> None:
        await answers(self.desk, self.inbox, self.anna)

    async def closes(self) -> None:
        await self.act(lambda tx, one, now: handling.close(tx, one.id, None, reason="", now=now))

    async def reopens(self) -> None:
        await self.act(lambda tx, one, now: handling.reopen(tx, one.id, self.anna.id, now=now))

    async def snoozes(self) -> None:
        until = self.desk.clock.now() + timedelta(seconds=self.dice.choice([30, 3_000]))
        await self.act(
            lambda tx, one, now: handling.snooze(tx, one.id, self.anna.id, until=until, now=now)
        )

    async def wakes(self) -> None:
        await self.act(lambda tx, one, now: wake_snoozed(tx, one.id, now=now))

    async def moves(self) -> None:
        to_line = self.dice.choice([self.other.id, self.inbox.line_id])
        await self.act(
            lambda tx, one, now: handling.transfer(
                tx, one.id, self.anna.id, to_operator=None, to_line=to_line, comment="", now=now
            )
        )

    async def leaves(self) -> None:
        await self.act(lambda tx, _, now: handling.release(tx, self.anna.id, now=now))

    async def due_at(self, one: Conversation) -> datetime | None:
        """When something falls due if nothing else happens, by the exact reckoning."""
        now = self.desk.clock.now()
        async with self.desk.storage.reading() as tx:
            line = await tx.lines.get(one.line_id)
            assert line is not None
            cases = await read_cases(tx, line, [one], patient_until=now, now=now)
        for case in cases:
            at = now
            while at < now + FAR:
                found = falls(case, now=at)
                if found.acts:
                    return at
                if found.next_at is None:
                    return None
                at = found.next_at
        return None


@pytest.mark.parametrize("seed", range(8))
async def test_nothing_falls_due_before_the_time_that_is_written(desk: Desk, seed: int) -> None:
    dice = random.Random(seed)
    timers(desk)
    other = await desk.line("other")
    line = await desk.line("shop", language="en", **settings(dice, other))
    anna = await desk.operator("Anna", line, here=dice.random() < 0.5)
    talk = Talk(desk, await desk.inbox(line), other, anna, dice)
    await talk.writes()
    past, foreseen = ["writes"], 0
    for _ in range(TURNS):
        past.append(await talk.happens())
        one = await desk.conversation(talk.inbox)
        due_at = await talk.due_at(one)
        if due_at is not None:
            foreseen += 1
            assert one.timer_at is not None, (seed, past, one)
            assert one.timer_at <= due_at, (seed, past, one)
    assert foreseen or line.patience_s is None
