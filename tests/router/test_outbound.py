"""What is queued for a customer, and a person's word on it: `router.outbound`."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from router import handling
from router.errors import Invalid, MovedOn, NotFound, TooLate
from router.ids import DeliveryId, FileId, MessageId, OperatorId
from router.model import Author, Delivery, DeliveryState, File
from tests.desk import Desk
from tests.router.post import Post, Provider, a_post


@pytest.fixture
async def post(either_desk: Desk) -> AsyncIterator[Post]:
    async with a_post(either_desk, Provider()) as post:
        yield post


async def upload(post: Post, name: str, uploader: object) -> FileId:
    async def body() -> AsyncIterator[bytes]:
        yield b"seen"

    file: File = await post.desk.filing.take_in(name, body(), uploader=str(uploader), max_bytes=100)
    return file.id


async def test_an_answer_stands_in_the_thread_at_once(post: Post) -> None:
    anna = await post.desk.operator("Anna")
    said = await post.reply("It is on its way\0", author=anna)
    conversation = await post.desk.conversation(post.inbox)
    assert (said.seq, said.text, said.author) == (2, "It is on its way", Author.OPERATOR)
    assert (await post.desk.thread(post.inbox)).last_seq == 2
    assert (conversation.last_seq, conversation.seen_seq) == (2, 2)
    assert conversation.unanswered_since is None
    assert conversation.first_reply_at == post.desk.clock.now()


async def test_a_robots_answer_leaves_the_customer_unanswered(post: Post) -> None:
    said = await post.reply("We open at nine")
    conversation = await post.desk.conversation(post.inbox)
    assert (said.author, said.automatic) == (Author.DESK, True)
    assert conversation.unanswered_since is not None
    assert conversation.first_reply_at is None


async def test_the_same_id_again_is_the_same_answer(post: Post) -> None:
    first = await post.reply("one")
    again = await post.reply("one", message_id=first.id)
    assert (again.id, again.seq) == (first.id, first.seq)
    assert (await post.desk.thread(post.inbox)).last_seq == 2
    await post.desk.writes("me too", inbox=post.inbox, who="v2")
    with pytest.raises(Invalid):
        await post.reply("one", message_id=first.id, who="v2")


async def test_a_customer_who_wrote_meanwhile_is_read_first(post: Post) -> None:
    anna = await post.desk.operator("Anna")
    await post.desk.writes("never mind", inbox=post.inbox)
    with pytest.raises(MovedOn):
        await post.reply("Sure", author=anna, seen_seq=1)
    await post.reply("Sure", author=anna, seen_seq=2)
    # What a colleague said meanwhile is no reason to stop.
    await post.reply("As well", author=anna, seen_seq=2)


async def test_a_customer_is_not_overlooked_behind_many_answers(post: Post) -> None:
    anna = await post.desk.operator("Anna")
    await post.desk.writes("never mind", inbox=post.inbox)
    for number in range(25):
        await post.reply(f"Answer {number}", author=anna)
    with pytest.raises(MovedOn):
        await post.reply("Sure", author=anna, seen_seq=1)


async def test_in_what_is_closed_only_the_desk_has_a_last_word(post: Post) -> None:
    anna = await post.desk.operator("Anna")
    conversation = await post.desk.conversation(post.inbox)
    now = post.desk.clock.now()
    await post.desk.storage.run(
        lambda tx: handling.close(tx, conversation.id, None, reason="", now=now)
    )
    with pytest.raises(TooLate):
        await post.reply("Hello?", author=anna)
    assert (await post.reply("Goodbye")).text == "Goodbye"


async def test_an_answer_says_something(post: Post) -> None:
    with pytest.raises(Invalid):
        await post.reply(" \n\0")


async def test_a_file_is_sent_by_its_uploader_and_once(post: Post) -> None:
    anna, boris = await post.desk.operator("Anna"), await post.desk.operator("Boris")
    file_id = await upload(post, "a.txt", anna.id)
    with pytest.raises(Invalid):
        await post.reply("mine", author=boris, file_ids=[file_id])
    said = await post.reply("", author=anna, file_ids=[file_id])
    assert [file.name for file in said.files] == ["a.txt"]
    with pytest.raises(Invalid):
        await post.reply("again", author=anna, file_ids=[file_id])
    with pytest.raises(Invalid):
        await post.reply("none", author=anna, file_ids=[FileId(uuid4())])


async def test_the_desk_itself_has_no_files_to_send(post: Post) -> None:
    file_id = await upload(post, "a.txt", OperatorId(uuid4()))
    with pytest.raises(Invalid):
        await post.reply("", file_ids=[file_id])


async def test_only_what_failed_is_sent_again(post: Post) -> None:
    said = await post.reply()
    (delivery,) = await post.deliveries(said)
    with pytest.raises(TooLate):
        await post.retry(delivery)
    with pytest.raises(TooLate):
        await post.settle(delivery, arrived=True)
    unknown = Delivery(
        DeliveryId(uuid4()), said.id, said.thread_id, piece=0, state=DeliveryState.FAILED
    )
    with pytest.raises(NotFound):
        await post.retry(unknown)


async def test_an_id_of_a_message_is_used_by_nobody_else(post: Post) -> None:
    thread = await post.desk.thread(post.inbox)
    async with post.desk.storage.reading() as tx:
        (theirs,) = await tx.messages.of_thread(thread.id)
    with pytest.raises(Invalid):
        await post.reply("not mine", message_id=MessageId(theirs.id))
