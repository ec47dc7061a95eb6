"""The way out: `router.delivery`, to a provider that does as a script says."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator
from types import coroutine
from typing import Any

import pytest

from router.channel import Action, CustomerAction, OutsideReply, Receipt, Sender
from router.errors import (
    BadCredentials,
    Busy,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
    WindowClosed,
)
from router.model import DeliveryState, Health
from router.retry import GONE
from router.storage import LostLease
from tests.desk import Desk
from tests.router.post import Post, Provider, Repeatable, a_post

DAY_S = 86_400


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def post(desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    """Where a repeat is a second message."""
    async with a_post(desk, provider) as post:
        yield post


@pytest.fixture
async def repeatable(desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    """Where a repeat is recognised."""
    async with a_post(desk, provider, Repeatable) as post:
        yield post


# --- what arrives ------------------------------------------------------------


async def test_a_queued_answer_is_sent(post: Post, provider: Provider) -> None:
    said = await post.reply("Hello")
    await post.desk.works()
    (sent,) = provider.got
    assert (sent.text, sent.to, sent.thread_key) == ("Hello", "visitor-1", "visitor-1")
    assert await post.states(said) == ["sent"]
    (delivery,) = await post.deliveries(said)
    assert (delivery.external_id, sent.token) == ("p1", str(delivery.id))


async def test_a_long_answer_arrives_in_pieces_and_in_order(post: Post, provider: Provider) -> None:
    first = await post.reply("one two three four five six seven")
    second = await post.reply("eight")
    await post.desk.works()
    assert " ".join(provider.texts) == "one two three four five six seven eight"
    assert all(len(text) <= 20 for text in provider.texts)
    assert await post.states(first, second) == ["sent"] * len(provider.got)


# --- what does not -----------------------------------------------------------


@pytest.mark.parametrize("trouble", [Unreachable("down"), Throttled("slow", retry_after_s=5)])
async def test_who_cannot_be_reached_is_tried_again_and_later_ones_wait_behind(
    post: Post, provider: Provider, trouble: Exception
) -> None:
    provider.script = [trouble, trouble]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert (provider.texts, await post.states(first, second)) == ([], ["queued", "queued"])
    post.desk.clock.move(8)
    await post.desk.works()
    assert provider.texts == []
    post.desk.clock.move(16)
    await post.desk.works()
    assert provider.texts == ["one", "two"]
    (delivery,) = await post.deliveries(first)
    assert delivery.attempts == 3


async def test_who_cannot_be_reached_for_a_day_is_given_up(post: Post, provider: Provider) -> None:
    provider.script = [Unreachable()] * 1000
    said = await post.reply()
    for _ in range(110):
        post.desk.clock.move(1400)
        await post.desk.works()
    assert await post.states(said) == ["failed"]
    provider.script = []
    (delivery,) = await post.deliveries(said)
    await post.retry(delivery)
    await post.desk.works()
    assert await post.states(said) == ["sent"]


@pytest.mark.parametrize("trouble", [Rejected("too rude"), WindowClosed()])
async def test_a_refusal_is_final_and_holds_nobody_up(
    post: Post, provider: Provider, trouble: Exception
) -> None:
    provider.script = [trouble]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert await post.states(first, second) == ["failed", "sent"]
    (delivery,) = await post.deliveries(first)
    assert delivery.reason


async def test_a_lost_answer_asks_the_operator(post: Post, provider: Provider) -> None:
    provider.answer_lost = True
    said = await post.reply()
    await post.desk.works()
    assert (provider.texts, await post.states(said)) == (["Hello"], ["unconfirmed"])
    (delivery,) = await post.deliveries(said)
    await post.settle(delivery, arrived=True)
    await post.desk.works()
    assert (provider.texts, await post.states(said)) == (["Hello"], ["sent"])


async def test_an_operator_may_say_that_it_did_not_arrive(post: Post, provider: Provider) -> None:
    provider.script = [Unconfirmed("cut")]
    said = await post.reply()
    await post.desk.works()
    (delivery,) = await post.deliveries(said)
    await post.settle(delivery, arrived=False)
    await post.desk.works()
    assert (provider.texts, await post.states(said)) == (["Hello"], ["sent"])


async def test_a_lost_answer_is_repeated_where_repeats_are_recognised(
    repeatable: Post, provider: Provider
) -> None:
    provider.answer_lost = True
    said = await repeatable.reply()
    await repeatable.desk.works()
    assert await repeatable.states(said) == ["queued"]
    repeatable.desk.clock.move(8)
    await repeatable.desk.works()
    assert (provider.texts, await repeatable.states(said)) == (["Hello"], ["sent"])


async def test_refused_credentials_pause_the_inbox_and_nothing_is_lost(
    post: Post, provider: Provider
) -> None:
    provider.script = [BadCredentials("revoked")]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert post.paused == ["revoked"]
    post.desk.clock.move(3600)
    await post.desk.works()
    assert (provider.texts, await post.states(first, second)) == ([], ["queued", "queued"])
    await post.set_health(Health.WORKING)
    post.desk.clock.move(60)
    await post.desk.works()
    assert provider.texts == ["one", "two"]


async def test_what_waited_behind_a_closed_door_for_a_day_is_not_sent_late(
    post: Post, provider: Provider
) -> None:
    post.open = False
    said = await post.reply()
    await post.desk.works()
    post.desk.clock.move(DAY_S + 60)
    await post.desk.works()
    assert await post.states(said) == ["failed"]
    post.open = True
    await post.desk.works()
    assert provider.got == []


async def test_nobody_writes_to_a_customer_who_is_gone_until_they_write(
    post: Post, provider: Provider
) -> None:
    provider.script = [RecipientGone("blocked")]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert (provider.got, await post.states(first, second)) == ([], ["failed", "failed"])
    await post.desk.writes("here again", inbox=post.inbox)
    third = await post.reply("three")
    await post.desk.works()
    assert await post.states(third) == ["sent"]


async def test_no_words_make_a_customer_gone(post: Post, provider: Provider) -> None:
    provider.script = [Rejected(GONE)]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert await post.states(first, second) == ["failed", "sent"]


async def test_a_customer_who_blocks_and_unblocks_is_believed(
    post: Post, provider: Provider
) -> None:
    for action, state in ((Action.BLOCKED, "failed"), (Action.UNBLOCKED, "sent")):
        event = CustomerAction(Sender("visitor-1"), "visitor-1", action)
        await post.desk.inbound.receive(post.inbox, [event])
        said = await post.reply()
        await post.desk.works()
        assert await post.states(said) == [state]


# --- receipts ----------------------------------------------------------------


async def test_receipts_move_forward_and_never_back(post: Post) -> None:
    said = await post.reply()
    await post.desk.works()
    for state, expected in (
        (DeliveryState.READ, "read"),
        (DeliveryState.DELIVERED, "read"),
        (DeliveryState.FAILED, "read"),
    ):
        await post.desk.inbound.receive(post.inbox, [Receipt(state, external_id="p1")])
        assert await post.states(said) == [expected]


async def test_a_client_of_ours_may_have_it_before_it_is_sent(
    post: Post, provider: Provider
) -> None:
    async def read() -> None:
        seen = Receipt(DeliveryState.READ, thread_key="visitor-1", up_to_seq=2)
        await post.desk.inbound.receive(post.inbox, [seen])

    provider.script = [read]
    said = await post.reply()
    await post.desk.works()
    assert await post.states(said) == ["read"]
    (delivery,) = await post.deliveries(said)
    assert delivery.external_id == "p1"
    assert (await post.desk.thread(post.inbox)).customer_seen_seq == 2


async def test_a_receipt_that_overtakes_the_answer_is_asked_to_come_again(
    post: Post, provider: Provider
) -> None:
    receipt = Receipt(DeliveryState.DELIVERED, external_id="p1")

    async def overtake() -> None:
        with pytest.raises(Busy):
            await post.desk.inbound.receive(post.inbox, [receipt])

    provider.script = [overtake]
    said = await post.reply()
    await post.desk.works()
    await post.desk.inbound.receive(post.inbox, [receipt])
    assert await post.states(said) == ["delivered"]


async def test_a_receipt_of_what_we_never_sent_is_not_put_off_for_ever(
    post: Post, provider: Provider
) -> None:
    receipt = Receipt(DeliveryState.DELIVERED, external_id="theirs", at=post.desk.clock.now())

    async def report() -> None:
        await post.desk.inbound.receive(post.inbox, [receipt])

    provider.script = [report]
    post.desk.clock.move(61)
    said = await post.reply()
    await post.desk.works()
    assert await post.states(said) == ["sent"]


async def test_an_echo_that_overtakes_the_answer_is_not_a_second_message(
    post: Post, provider: Provider
) -> None:
    echo = OutsideReply("p1", "visitor-1", "Hello")

    async def overtake() -> None:
        with pytest.raises(Busy):
            await post.desk.inbound.receive(post.inbox, [echo])

    provider.script = [overtake]
    await post.reply("Hello")
    await post.desk.works()
    await post.desk.inbound.receive(post.inbox, [echo])
    assert (await post.desk.thread(post.inbox)).last_seq == 2
    other = OutsideReply("elsewhere", "visitor-1", "from the app")
    await post.desk.inbound.receive(post.inbox, [other])
    assert (await post.desk.thread(post.inbox)).last_seq == 3


async def test_a_receipt_beyond_the_end_counts_to_the_end(post: Post) -> None:
    await post.reply()
    seen = Receipt(DeliveryState.READ, thread_key="visitor-1", up_to_seq=99)
    await post.desk.inbound.receive(post.inbox, [seen])
    assert (await post.desk.thread(post.inbox)).customer_seen_seq == 2


# --- dead and slow workers ---------------------------------------------------


@coroutine
def killed(step: Coroutine[Any, Any, None], *, at: int) -> Generator[Any, None, bool]:
    """Run a step and cancel it where it waits for the `at`th time; False if it ended before."""
    waits = 0
    while True:
        try:
            waiting = step.throw(asyncio.CancelledError) if waits == at else step.send(None)
        except (StopIteration, asyncio.CancelledError):
            return waits >= at
        waits += 1
        yield waiting


async def test_a_lease_that_was_lost_sends_nothing(post: Post, provider: Provider) -> None:
    said = await post.reply()
    slow = await post.take()
    post.desk.clock.move(11)
    await post.desk.works()
    await post.reply("two")
    with pytest.raises(LostLease):
        await post.outbound.deliver(slow)
    await post.desk.works()
    assert (provider.texts, await post.states(said)) == (["Hello", "two"], ["sent"])


async def test_what_a_slow_worker_knows_settles_what_nobody_knew(
    post: Post, provider: Provider
) -> None:
    called, sending = asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        called.set()
        await sending.wait()

    provider.script = [stall]
    said = await post.reply()
    slow = asyncio.create_task(post.outbound.deliver(await post.take()))
    await called.wait()
    post.desk.clock.move(11)
    await post.desk.works()
    assert await post.states(said) == ["unconfirmed"]
    sending.set()
    with pytest.raises(LostLease):
        await slow
    assert (provider.texts, await post.states(said)) == (["Hello"], ["sent"])


async def test_a_crash_anywhere_never_doubles_and_never_loses_silently(
    post: Post, provider: Provider
) -> None:
    at, seen = 1, set()
    while True:
        await post.desk.writes("help!", inbox=post.inbox, who=f"v{at}")
        said = await post.reply(f"v{at}", who=f"v{at}")
        died = await killed(post.outbound.deliver(await post.take()), at=at)
        post.desk.clock.move(11)
        await post.desk.works()
        (state,) = await post.states(said)
        arrived = provider.texts.count(f"v{at}")
        assert state in ("sent", "unconfirmed")
        assert arrived == 1 or (state, arrived) == ("unconfirmed", 0)
        seen.add((state, arrived))
        if not died:
            break
        at += 1
    assert at > 10
    assert ("sent", 1) in seen
    assert ("unconfirmed", 1) in seen


async def test_a_crash_anywhere_is_made_good_where_repeats_are_recognised(
    repeatable: Post, provider: Provider
) -> None:
    post, at = repeatable, 1
    while True:
        await post.desk.writes("help!", inbox=post.inbox, who=f"v{at}")
        said = await post.reply(f"v{at}", who=f"v{at}")
        died = await killed(post.outbound.deliver(await post.take()), at=at)
        post.desk.clock.move(11)
        await post.desk.works()
        assert await post.states(said) == ["sent"]
        assert provider.texts.count(f"v{at}") == 1
        if not died:
            break
        at += 1
    assert at > 10


async def test_a_repeated_message_has_the_token_it_had(
    repeatable: Post, provider: Provider
) -> None:
    provider.script = [Unreachable()]
    said = await repeatable.reply()
    await repeatable.desk.works()
    repeatable.desk.clock.move(8)
    await repeatable.desk.works()
    (delivery,) = await repeatable.deliveries(said)
    assert provider.got[0].token == str(delivery.id)
