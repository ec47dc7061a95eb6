"""Threads that everybody may read: who is answered there, how, and what is never said."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import ClassVar

import pytest

from router import merging, proving
from router.buttons import choices
from router.channel import (
    Arrival,
    Capabilities,
    Deleted,
    Edited,
    OutsideReply,
    Sender,
)
from router.errors import Invalid, RecipientGone
from router.model import Contact, ContactKind, Message
from router.staff import Operator
from router.steering import thread_alone
from tests.desk import Desk
from tests.router.post import REPEATABLE, Post, Provider, Scripted, a_post

POST = "wall:12:vera"
PHONE = Contact(ContactKind.PHONE, "+79261234567")


class Wall(Scripted):
    """A provider with threads for everybody: less fits into them."""

    capabilities: ClassVar[Capabilities] = replace(
        REPEATABLE, in_public=replace(REPEATABLE, max_text_chars=10, max_buttons=0)
    )


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def post(either_desk: Desk, provider: Provider) -> AsyncIterator[Post]:
    async with a_post(either_desk, provider, Wall) as post:
        yield post


async def anna_of(post: Post) -> Operator:
    line = await post.desk.directory.line(post.inbox.line_id)
    assert line is not None
    return await post.desk.operator("Anna", line)


async def comments(post: Post, text: str, id_: str) -> None:
    """Vera writes under a post."""
    await post.desk.writes(
        text, inbox=post.inbox, who="vera", thread_key=POST, external_id=id_, public=True
    )


async def tells(post: Post, *arrivals: Arrival) -> None:
    await post.desk.inbound.receive(post.inbox, arrivals)


async def said(post: Post, key: str = POST) -> list[Message]:
    thread = await post.desk.thread(post.inbox, key)
    async with post.desk.storage.reading() as tx:
        return await tx.messages.of_thread(thread.id)


async def test_answer_names_the_last_comment_before_it_in_every_piece(
    post: Post, provider: Provider
) -> None:
    anna = await anna_of(post)
    await comments(post, "In green?", "wall:1")
    first = await post.reply("Yes, in green too", who=POST, author=anna)
    await comments(post, "And in blue?", "wall:2")
    await post.reply("No", who=POST, author=anna, in_reply_to=(await said(post))[0].id)
    await post.desk.works()
    assert [(one.text, one.in_reply_to) for one in provider.got] == [
        ("Yes, in", "wall:1"), ("green too", "wall:1"), ("No", "wall:1"),
    ]  # fmt: skip
    assert await post.states(first) == ["sent", "sent"]
    assert (await post.desk.conversation(post.inbox, POST)).public
    assert not (await post.desk.conversation(post.inbox)).public


async def test_choices_stand_in_the_words_there(post: Post, provider: Provider) -> None:
    anna = await anna_of(post)
    await comments(post, "Hi", "wall:1")
    await post.reply("Which?", who=POST, author=anna, buttons=choices(["A", "B"]))
    await post.desk.works()
    assert [one.buttons for one in provider.got] == [()] * len(provider.got)
    assert "B" in provider.got[-1].text


async def test_desk_says_nothing_by_itself_there(post: Post, provider: Provider) -> None:
    await comments(post, "Hi", "wall:1")
    with pytest.raises(Invalid):
        await post.reply("All are busy", who=POST)
    await post.desk.works()
    assert provider.got == []


async def test_no_code_is_asked_for_there(post: Post) -> None:
    desk = post.desk
    await desk.writes(
        "it is me", inbox=post.inbox, who="olga", contacts=(replace(PHONE, proven=True),)
    )
    await desk.writes(
        "me too", inbox=post.inbox, who="vera", contacts=(PHONE,), thread_key=POST, public=True
    )
    asking, other = (
        await desk.conversation(post.inbox, POST),
        await desk.customer(post.inbox, "olga"),
    )
    async with desk.storage.transaction() as tx:
        await tx.customers.add_contacts(
            other.id, [replace(PHONE, proven=True)], at=desk.clock.now()
        )
    with pytest.raises(Invalid, match="everybody"):
        await desk.storage.run(
            lambda tx: proving.ask(
                tx,
                asking.id,
                other.id,
                capabilities=lambda _: Wall.capabilities,
                sealing=desk.sealing,
                now=desk.clock.now(),
            )
        )


async def test_who_let_us_not_write_alone_is_still_answered_in_public(
    post: Post, provider: Provider
) -> None:
    anna = await anna_of(post)
    await comments(post, "Hi", "wall:1")
    await post.desk.writes("alone", inbox=post.inbox, who="vera")
    provider.script = [RecipientGone("blocked us")]
    alone = await post.reply("Hello", who="vera", author=anna)
    await post.desk.works()
    await comments(post, "Anybody?", "wall:2")
    public = await post.reply("Here", who=POST, author=anna)
    await post.desk.works()
    again = await post.reply("And?", who="vera", author=anna)
    await post.desk.works()
    assert await post.states(alone, public, again) == ["failed", "sent", "failed"]


async def test_deleted_comment_is_found_by_its_name_and_may_come_back(post: Post) -> None:
    await comments(post, "In green?", "wall:1")
    await tells(post, Deleted("wall:1", thread_key=None))
    assert [one.deleted_at is not None for one in await said(post)] == [True]
    await tells(post, Edited("wall:1", POST, "In blue?"))
    assert [one.text for one in await said(post)] == ["In green?"]
    await tells(post, Edited("wall:1", POST, "In blue?", restored=True))
    (back,) = await said(post)
    assert (back.text, back.deleted_at, back.edited_at) == ("In blue?", None, None)


async def test_what_is_changed_at_the_provider_is_changed_here(post: Post) -> None:
    anna = await anna_of(post)
    await comments(post, "In green?", "wall:1")
    short = await post.reply("Yes", who=POST, author=anna)
    long = await post.reply("Yes, in green too", who=POST, author=anna)
    await post.desk.works()
    (one,), (piece, _) = await post.deliveries(short), await post.deliveries(long)
    await tells(post, Edited(str(one.external_id), POST, "No"))
    await tells(post, Edited(str(piece.external_id), POST, "No"))
    assert [said.text for said in await said(post)] == ["In green?", "No", "Yes, in green too"]
    await tells(post, Deleted(str(one.external_id), thread_key=None))
    assert (await said(post))[1].deleted_at is not None


async def test_our_side_writes_there_first_and_in_between(post: Post, provider: Provider) -> None:
    await tells(
        post, OutsideReply("wall:5", POST, "Yes, we have it", to=Sender("vera"), public=True)
    )
    conversation = await post.desk.conversation(post.inbox, POST)
    assert (conversation.public, conversation.state.value) == (True, "closed")
    # Our own comment comes back while it is being sent, and once more later.
    anna = await anna_of(post)
    await comments(post, "And in blue?", "wall:6")

    async def echo() -> None:
        with pytest.raises(Exception, match="being sent"):
            await tells(post, OutsideReply("p1", POST, "No", to=Sender("vera"), public=True))

    provider.script = [echo]
    await post.reply("No", who=POST, author=anna)
    await post.desk.works()
    await tells(post, OutsideReply("p1", POST, "No", to=Sender("vera"), public=True))
    assert [one.text for one in await said(post)] == ["Yes, we have it", "And in blue?", "No"]


async def test_public_and_private_are_not_merged(post: Post) -> None:
    await comments(post, "Hi", "wall:1")
    await post.desk.writes("alone", inbox=post.inbox, who="vera")
    public = await post.desk.conversation(post.inbox, POST)
    private = await post.desk.conversation(post.inbox, "vera")
    anna = await anna_of(post)
    with pytest.raises(Invalid, match="public"):
        await post.desk.storage.run(
            lambda tx: merging.merge(tx, public.id, private.id, anna.id, now=post.desk.clock.now())
        )


async def test_who_is_known_from_public_gets_a_thread_alone(post: Post) -> None:
    await comments(post, "Hi", "wall:1")
    async with post.desk.storage.transaction() as tx:
        public = await tx.threads.by_key(post.inbox.id, POST)
        assert public is not None
        known = await tx.identities.get(public.identity_id)
        assert known is not None
        await tx.identities.retire(known.id)
        made = await thread_alone(tx, post.inbox.id, known, "vera", now=post.desk.clock.now())
        alone, known = await tx.threads.get(made), await tx.identities.get(known.id)
    assert alone is not None
    assert known is not None
    assert (alone.public, alone.customer_id, known.active) == (False, public.customer_id, True)
