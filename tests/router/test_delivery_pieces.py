"""A message is cut once: what its channel learns meanwhile neither doubles nor loses a piece."""

from dataclasses import replace
from typing import ClassVar

import pytest

from router.channel import Capabilities
from router.errors import Unreachable
from router.shaping import cut
from tests.desk import Desk
from tests.router.post import ONCE, Provider, Scripted, a_post

WORDS = "one two three four five six seven eight nine"


@pytest.mark.parametrize("max_text_chars", [9000, 8])
async def test_rest_of_a_message_is_cut_as_its_beginning_was(
    either_desk: Desk, max_text_chars: int
) -> None:
    class Learning(Scripted):
        """A channel whose next release takes more in a piece, or less."""

        capabilities: ClassVar[Capabilities] = ONCE

    provider = Provider(script=[None, Unreachable("down")])
    async with a_post(either_desk, provider, Learning) as post:
        await post.reply(WORDS)
        await post.desk.works()
        Learning.capabilities = replace(ONCE, max_text_chars=max_text_chars)
        post.desk.clock.move(10)
        await post.desk.works()
        assert provider.texts == list(cut(WORDS, max_chars=ONCE.max_text_chars))
        # What is said from now on is cut by what it can now.
        again = await post.reply(WORDS)
        now = cut(WORDS, max_chars=max_text_chars)
        assert len(await post.deliveries(again)) == len(now)
