"""What a provider says of our own messages, and threads that it moves: `router.updates`, `router.delivery`."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from router.attempting import ELSEWHERE
from router.channel import OutsideReply, Receipt
from router.errors import Moved
from router.model import Delivery, DeliveryState
from tests.desk import Desk
from tests.router.post import Post, Provider, a_post
from tests.router.scene import a_scene
from tests.router.test_merging_races import hush


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def post(either_desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    async with a_post(either_desk, provider) as post:
        yield post


# --- echoes that name what they are of --------------------------------------------


def echo_of(delivery: Delivery, id_: str = "p1", *, text: str = "Hello") -> OutsideReply:
    return OutsideReply(id_, "visitor-1", text, token=str(delivery.id))


async def said_in(post: Post) -> list[str]:
    thread = await post.desk.thread(post.inbox)
    async with post.desk.storage.reading() as tx:
        return [one.text for one in await tx.messages.of_thread(thread.id)]


async def test_an_echo_that_is_faster_than_the_answer_is_recognised(
    post: Post, provider: Provider
) -> None:
    said = await post.reply("Hello")
    (delivery,) = await post.deliveries(said)

    async def echoes() -> None:
        stored = await post.desk.inbound.receive(post.inbox, [echo_of(delivery)])
        assert [one.new for one in stored] == [False]

    provider.script = [echoes]
    await post.desk.works()
    assert await said_in(post) == ["help!", "Hello"]
    assert await post.states(said) == ["sent"]
    (delivery,) = await post.deliveries(said)
    assert delivery.external_id == "p1"


async def test_an_echo_settles_what_nobody_knew(post: Post, provider: Provider) -> None:
    provider.answer_lost = True
    said = await post.reply("Hello")
    await post.desk.works()
    assert await post.states(said) == ["unconfirmed"]
    (delivery,) = await post.deliveries(said)
    for _ in range(2):
        await post.desk.inbound.receive(post.inbox, [echo_of(delivery)])
    assert await post.states(said) == ["sent"]
    assert await said_in(post) == ["help!", "Hello"]
    delivered = Receipt(DeliveryState.DELIVERED, external_id="p1")
    await post.desk.inbound.receive(post.inbox, [delivered])
    assert await post.states(said) == ["delivered"]


@pytest.mark.parametrize("token", ["not ours", "00000000-0000-7000-8000-000000000001"])
async def test_what_another_program_sent_stands_in_the_thread(
    post: Post, provider: Provider, token: str
) -> None:
    other = OutsideReply("elsewhere", "visitor-1", "from the app", token=token)
    stored = await post.desk.inbound.receive(post.inbox, [other])
    assert [one.new for one in stored] == [True]
    assert await said_in(post) == ["help!", "from the app"]


async def test_an_answer_written_elsewhere_takes_its_owners_room_again(either_desk: Desk) -> None:
    scene = await a_scene(either_desk)
    id_ = await scene.held(scene.anna)
    await scene.act(hush, id_)
    reply = OutsideReply(external_id="theirs", thread_key="visitor-1", text="Paid")
    await scene.desk.inbound.receive(scene.inbox, [reply])
    assert not (await scene.desk.again(id_)).silent
    await scene.sound()


async def test_an_echo_of_another_thread_settles_nothing(post: Post, provider: Provider) -> None:
    provider.answer_lost = True
    said = await post.reply("Hello")
    await post.desk.works()
    await post.desk.writes("me too", inbox=post.inbox, who="v2")
    (delivery,) = await post.deliveries(said)
    forged = replace(echo_of(delivery), thread_key="v2")
    await post.desk.inbound.receive(post.inbox, [forged])
    assert await post.states(said) == ["unconfirmed"]


# --- threads that moved -------------------------------------------------------------


async def test_a_thread_that_moved_is_followed(post: Post, provider: Provider) -> None:
    provider.script = [Moved("-100")]
    first, second = await post.reply("one"), await post.reply("two")
    await post.desk.works()
    assert [(one.thread_key, one.text) for one in provider.got] == [
        ("-100", "one"),
        ("-100", "two"),
    ]
    assert await post.states(first, second) == ["sent", "sent"]
    assert (await post.desk.thread(post.inbox, "-100")).last_seq == 3


async def test_a_thread_that_goes_on_elsewhere_is_not_sent_to(
    post: Post, provider: Provider
) -> None:
    await post.desk.writes("here now", inbox=post.inbox, who="v2", thread_key="-100")
    provider.script = [Moved("-100")]
    said = await post.reply("one")
    await post.desk.works()
    assert await post.states(said) == ["failed"]
    (delivery,) = await post.deliveries(said)
    assert delivery.reason == ELSEWHERE


async def test_a_thread_that_moves_in_circles_is_given_up(post: Post, provider: Provider) -> None:
    provider.script = [Moved("a"), Moved("b")] * 10
    said = await post.reply("one")
    await post.desk.works()
    assert (await post.states(said), provider.got) == (["failed"], [])


# --- what is answered to ------------------------------------------------------------


async def test_an_answer_to_our_own_words_names_their_first_piece(
    post: Post, provider: Provider
) -> None:
    first = await post.reply("one two three four five six seven")
    await post.desk.works()
    await post.reply("as I said", in_reply_to=first.id)
    await post.desk.works()
    assert [one.in_reply_to for one in provider.got] == [None, None, "p1"]
