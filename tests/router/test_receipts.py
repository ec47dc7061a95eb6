"""A provider's word on one message that means all before it: `router.receipts`."""

from collections.abc import AsyncIterator

import pytest

from router.channel import Edited, Receipt
from router.errors import Rejected
from router.model import DeliveryState
from tests.desk import Desk
from tests.router.post import Post, Provider, a_post


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def post(desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    async with a_post(desk, provider) as post:
        yield post


def read_up_to(external_id: str) -> Receipt:
    return Receipt(DeliveryState.READ, external_id=external_id, earlier_too=True)


async def test_who_has_read_one_message_has_read_what_came_before_it(
    post: Post, provider: Provider
) -> None:
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    third = await post.reply("three")
    for _ in range(2):
        await post.desk.inbound.receive(post.inbox, [read_up_to("p2")])
        assert await post.states(first, second, third) == ["read", "read", "queued"]
        assert (await post.desk.thread(post.inbox)).customer_seen_seq == 3
    await post.desk.works()
    assert provider.texts == ["one", "two", "three"]


async def test_what_was_not_sent_was_not_read(post: Post, provider: Provider) -> None:
    provider.script = [Rejected("too rude")]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    await post.desk.inbound.receive(post.inbox, [read_up_to("p1")])
    assert await post.states(first, second) == ["failed", "read"]


async def test_our_own_words_are_changed_by_us_only(post: Post) -> None:
    said = await post.reply("a long answer that goes out in several pieces")
    await post.desk.works()
    await post.desk.inbound.receive(post.inbox, [Edited("p1", "visitor-1", "one piece of it")])
    async with post.desk.storage.reading() as tx:
        message = await tx.messages.get(said.id)
    assert message is not None
    assert message.text == "a long answer that goes out in several pieces"
