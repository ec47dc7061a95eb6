"""How fast the way out is: `router.delivery` by the pace that a provider allows."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from math import inf
from typing import ClassVar

from router.channel import Capabilities, OutgoingMessage, Pace, Sent
from router.http import at_once
from router.model import Message
from router.reactions import DELIVER
from tests.clock import eventually
from tests.desk import Desk
from tests.router.post import LEASE, ONCE, Post, Provider, Scripted, a_post


class Paced(Scripted):
    """Takes a message a second in each thread."""

    capabilities: ClassVar[Capabilities] = replace(
        ONCE, pace=Pace(per_second=inf, thread_gap_s=1.0)
    )


class Slow(Scripted):
    """Takes a call a second from all of us; `turn` is waited for before each."""

    capabilities: ClassVar[Capabilities] = replace(ONCE, pace=Pace(per_second=1.0))

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self.turn: Callable[[], Awaitable[None]] = at_once

    async def send(self, message: OutgoingMessage) -> Sent:
        await self.turn()
        return await super().send(message)


async def test_long_queue_of_one_customer_delays_nobody_elses_first_message(
    either_desk: Desk,
) -> None:
    provider = Provider()
    async with a_post(either_desk, provider, Paced) as post:
        for number in range(3):
            await post.reply(f"Anna {number}")
        await either_desk.writes(inbox=post.inbox, who="visitor-2")
        await post.reply("Boris 0", who="visitor-2")
        await either_desk.works()
        assert sorted(provider.texts) == ["Anna 0", "Boris 0"]
        either_desk.clock.move(0.9)
        await either_desk.works()
        assert len(provider.texts) == 2
        for number in (1, 2):
            either_desk.clock.move(1)
            await either_desk.works()
            assert provider.texts[-1] == f"Anna {number}"


async def test_message_that_was_waited_for_goes_out_by_itself(desk: Desk) -> None:
    provider = Provider()
    async with a_post(desk, provider, Paced) as post:
        first, second = await post.reply("One"), await post.reply("Two")
        await desk.works()
        assert (await post.states(first), await post.states(second)) == (["sent"], ["queued"])
        desk.clock.move(1)
        await desk.works()
        assert await post.states(second) == ["sent"]


CUSTOMERS = [f"visitor-{number}" for number in range(1, 6)]


async def all_at_once(post: Post) -> tuple[list[Message], list[asyncio.Task[None]]]:
    """Everybody is answered, and each answer has a worker's slot."""
    desk, said = post.desk, []
    for who in CUSTOMERS:
        await desk.writes(inbox=post.inbox, who=who)
        said.append(await post.reply(f"To {who}", who=who))
    now = desk.clock.now()
    async with desk.storage.transaction() as tx:
        lanes = await tx.lanes.take(DELIVER, now=now, lease_until=now + LEASE, limit=10)
    assert len(lanes) == len(CUSTOMERS)
    return said, [asyncio.create_task(post.outbound.deliver(lane)) for lane in lanes]


async def works_on(desk: Desk) -> None:
    """Time goes on until nothing is to do."""
    work = asyncio.create_task(desk.works())
    while not work.done():
        await asyncio.sleep(0.01)
        await desk.clock.advance(1)
    await work


async def test_who_dies_waiting_for_its_turn_leaves_nothing_unconfirmed(either_desk: Desk) -> None:
    provider, called = Provider(), asyncio.Event()

    async def hang() -> None:
        called.set()
        await asyncio.Event().wait()

    provider.script = [hang]
    async with a_post(either_desk, provider, Slow) as post:
        assert isinstance(post.channel, Slow)
        post.channel.turn = post.pacer.call_turn
        said, workers = await all_at_once(post)
        await called.wait()
        await eventually(partial(are_waiting, post, len(CUSTOMERS) - 1))
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        either_desk.clock.move(LEASE.total_seconds() + 1)
        await works_on(either_desk)
        states = await post.states(*said)
        assert sorted(states) == ["sent"] * (len(CUSTOMERS) - 1) + ["unconfirmed"]
        assert len(set(provider.texts)) == len(provider.texts) == len(CUSTOMERS) - 1


async def test_turn_that_was_waited_for_is_not_waited_for_again(desk: Desk) -> None:
    provider = Provider()
    async with a_post(desk, provider, Slow) as post:
        assert isinstance(post.channel, Slow)
        post.channel.turn = post.pacer.call_turn
        _, workers = await all_at_once(post)
        for left in reversed(range(len(CUSTOMERS))):
            await eventually(partial(are_waiting, post, left))
            await eventually(partial(has_sent, provider, len(CUSTOMERS) - left))
            await desk.clock.advance(1)
        await asyncio.gather(*workers)


async def are_waiting(post: Post, count: int) -> bool:
    return post.pacer.waiting == count


async def has_sent(provider: Provider, count: int) -> bool:
    return len(provider.texts) == count
