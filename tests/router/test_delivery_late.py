"""What the desk says by itself is not said hours later: `router.delivery`."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.desk import Desk
from tests.router.post import Post, Provider, a_post


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def post(desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    async with a_post(desk, provider) as post:
        yield post


async def says_soon_or_never(post: Post) -> None:
    async with post.desk.storage.transaction() as tx:
        line = await tx.lines.get(post.inbox.line_id)
        assert line is not None
        await tx.lines.save(replace(line, stale_after_s=600))


async def test_automatic_reply_that_waited_behind_a_closed_door_is_not_said_hours_later(
    post: Post, provider: Provider
) -> None:
    await says_soon_or_never(post)
    anna = await post.desk.operator("Anna")
    post.open = False
    greeting = await post.reply("We are closed")
    answer = await post.reply("Hello", author=anna)
    await post.desk.works()
    post.desk.clock.move(601)
    post.open = True
    await post.desk.works()
    assert (provider.texts, await post.states(greeting, answer)) == (["Hello"], ["failed", "sent"])
    (delivery,) = await post.deliveries(greeting)
    assert delivery.reason == "it was too late to say it by itself"


async def test_automatic_reply_that_is_only_a_little_late_is_said(
    post: Post, provider: Provider
) -> None:
    await says_soon_or_never(post)
    post.open = False
    greeting = await post.reply("We are closed")
    await post.desk.works()
    post.desk.clock.move(500)
    post.open = True
    await post.desk.works()
    assert (provider.texts, await post.states(greeting)) == (["We are closed"], ["sent"])
