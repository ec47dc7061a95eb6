"""How fast the way out is: `router.delivery` by the pace that a provider allows."""

from dataclasses import replace
from typing import ClassVar

from router.channel import Capabilities, Pace
from tests.desk import Desk
from tests.router.post import ONCE, Provider, Scripted, a_post


class Paced(Scripted):
    """Takes a message a second in each thread."""

    capabilities: ClassVar[Capabilities] = replace(ONCE, pace=Pace(thread_gap_s=1.0))


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
