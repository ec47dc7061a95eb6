"""Reactions of customers and of operators: `router.reacting`, carried out by `router.amending`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest

from router import handling, reacting
from router.changes import ChangeState
from router.channel import Capabilities, Deleted, Edited, Stored
from router.emoji import Reacted, Tally, tallied
from router.errors import Busy, Invalid, ProviderError, Rejected, TooLate, Unconfirmed, Unreachable
from router.ids import MessageId
from router.ledger import balance
from router.model import Conversation, Message
from router.news import ConversationNews
from router.staff import Operator
from router.storage import Transaction
from tests.desk import Desk
from tests.router.post import ONCE, Post, Provider, Revised, Scripted, a_post


class Reactive(Revised):
    """A provider that takes reactions."""

    capabilities: ClassVar[Capabilities] = replace(ONCE, edits=True, reactions=("👍", "❤"))

    def __init__(self, provider: Provider) -> None:
        super().__init__(provider)
        self.reactions: list[tuple[str, str]] = []

    async def react(self, external_id: str, emoji: str) -> None:
        await self._as_scripted()
        self.reactions.append((external_id, emoji))


class Corner:
    """A customer who has asked, and Anna."""

    def __init__(self, post: Post, anna: Operator) -> None:
        assert isinstance(post.channel, Reactive)
        self.post, self.desk, self.anna, self.channel = post, post.desk, anna, post.channel

    async def messages(self) -> list[Message]:
        thread = await self.desk.thread(self.post.inbox)
        async with self.desk.storage.reading() as tx:
            return list(await tx.messages.of_thread(thread.id))

    async def asked(self) -> Message:
        return (await self.messages())[0]

    async def conversation(self) -> Conversation:
        return await self.desk.conversation(self.post.inbox)

    async def their(self, id_: str, *emoji: str, at_s: float = 0, order: int = 0) -> Stored:
        at = self.desk.clock.now() + timedelta(seconds=at_s)
        reacted = Reacted(id_, by="visitor-1", emoji=emoji, at=at, order=order)
        (stored,) = await self.desk.inbound.receive(self.post.inbox, [reacted])
        return stored

    async def reacts(self, emoji: str, message: Message | None = None) -> Message:
        id_ = (message or await self.asked()).id

        async def step(tx: Transaction) -> Message:
            return await reacting.react(
                tx,
                id_,
                emoji,
                operator_id=self.anna.id,
                capabilities=self.channel.capabilities,
                now=self.desk.clock.now(),
            )

        return await self.desk.storage.run(step)

    async def name(self) -> str:
        async with self.desk.storage.reading() as tx:
            named = await tx.messages.external_id((await self.asked()).id)
        assert named is not None
        return named


@pytest.fixture
async def corner(either_desk: Desk) -> AsyncIterator[Corner]:
    anna = await either_desk.operator("Anna")
    async with a_post(either_desk, Provider(), Reactive) as post:
        yield Corner(post, anna)


# --- theirs --------------------------------------------------------------------


async def test_a_reaction_is_shown_and_changes_nothing_else(corner: Corner) -> None:
    said = await corner.post.reply("At noon")
    await corner.desk.works()
    before = await corner.conversation()
    corner.desk.clock.move(60)
    stored = await corner.their("p1", "👍")
    assert stored.new
    assert stored.message_id == str(said.id)
    assert tallied((await corner.messages())[1].reactions) == [Tally("👍", 1)]
    assert await corner.conversation() == replace(before, version=before.version + 1)
    news = [one for one in corner.desk.news if isinstance(one, ConversationNews)]
    assert news[-1].event == "MessageReacted"
    assert [tallied(one.reactions) for one in news[-1].messages] == [[Tally("👍", 1)]]
    async with corner.desk.storage.reading() as tx:
        now = corner.desk.clock.now()
        (entry,) = await balance(tx, crm_account="local", now=now)
    assert entry.differences == ()


async def test_again_or_too_late_a_reaction_says_nothing(corner: Corner) -> None:
    name = await corner.name()
    await corner.their(name, "❤", at_s=-1, order=2)
    version = (await corner.conversation()).version
    assert not (await corner.their(name, "❤", at_s=-1, order=2)).new
    assert not (await corner.their(name, "👍", at_s=-1, order=1)).new
    assert not (await corner.their(name, "🔥", at_s=-60)).new
    assert (await corner.conversation()).version == version
    await corner.their(name, at_s=-1, order=3)
    assert tallied((await corner.asked()).reactions) == []


async def test_a_reaction_to_what_nobody_stored_is_left_out(corner: Corner) -> None:
    assert await corner.their("elsewhere", "👍") == Stored(new=False)


async def test_a_reaction_to_what_is_just_being_sent_is_asked_to_come_again(
    corner: Corner,
) -> None:
    said = await corner.post.reply("At noon")

    async def meanwhile() -> None:
        with pytest.raises(Busy):
            await corner.their("p1", "👍")

    corner.post.channel._provider.script = [meanwhile]
    await corner.desk.works()
    assert (await corner.their("p1", "👍")).message_id == str(said.id)


async def test_a_reaction_does_not_wake_a_closed_conversation(corner: Corner) -> None:
    before = await corner.conversation()

    async def close(tx: Transaction) -> None:
        await handling.close(
            tx, before.id, corner.anna.id, reason="", seen_seq=1, now=corner.desk.clock.now()
        )

    await corner.desk.storage.run(close)
    before = await corner.conversation()
    await corner.their(await corner.name(), "👍")
    assert await corner.conversation() == replace(before, version=before.version + 1)


# --- ours ----------------------------------------------------------------------


async def test_an_operators_reaction_goes_to_the_customer_is_changed_and_taken_back(
    corner: Corner,
) -> None:
    name, asked = await corner.name(), (await corner.conversation()).unanswered_since
    wished = await corner.reacts("👍")
    assert wished.reactions == ()
    assert wished.change is not None
    await corner.reacts("👍")
    await corner.desk.works()
    after = await corner.asked()
    assert (after.change, tallied(after.reactions)) == (None, [Tally("👍", 1, corner.anna.id)])
    for emoji in ("👍", "❤", ""):
        corner.desk.clock.move(2)
        await corner.reacts(emoji)
        await corner.desk.works()
    assert corner.channel.reactions == [(name, "👍"), (name, "❤"), (name, "")]
    assert tallied((await corner.asked()).reactions) == []
    # A sign is no answer.
    assert (await corner.conversation()).unanswered_since == asked


async def test_what_customers_do_meanwhile_stays(corner: Corner) -> None:
    name = await corner.name()

    async def meanwhile() -> None:
        await corner.their(name, "❤")
        said = Edited(name, "visitor-1", "HELP!")
        await corner.desk.inbound.receive(corner.post.inbox, [said])

    corner.channel.script = [meanwhile]
    await corner.reacts("👍")
    await corner.desk.works()
    after = await corner.asked()
    assert after.text == "HELP!"
    assert tallied(after.reactions) == [Tally("❤", 1), Tally("👍", 1, corner.anna.id)]


async def test_the_last_wish_holds(corner: Corner) -> None:
    async def meanwhile() -> None:
        corner.desk.clock.move(1)
        await corner.reacts("❤")

    corner.channel.script = [meanwhile]
    await corner.reacts("👍")
    await corner.desk.works()
    assert [emoji for _, emoji in corner.channel.reactions] == ["👍", "❤"]
    assert tallied((await corner.asked()).reactions) == [Tally("❤", 1, corner.anna.id)]


@pytest.mark.parametrize("trouble", [Unreachable(), Unconfirmed()])
async def test_a_reaction_is_tried_again(corner: Corner, trouble: ProviderError) -> None:
    corner.channel.script = [trouble]
    await corner.reacts("👍")
    await corner.desk.works()
    assert corner.channel.reactions == []
    corner.desk.clock.move(20)
    await corner.desk.works()
    assert tallied((await corner.asked()).reactions) == [Tally("👍", 1, corner.anna.id)]


async def test_a_refused_reaction_is_told_then_tried_again_or_forgotten(corner: Corner) -> None:
    corner.channel.script = [Rejected("not here")]
    await corner.reacts("👍")
    await corner.desk.works()
    failed = (await corner.asked()).change
    assert failed is not None
    assert (failed.state, failed.reason) == (ChangeState.FAILED, "not here")
    assert (await corner.reacts("")).change is None
    corner.desk.clock.move(2)
    await corner.reacts("👍")
    await corner.desk.works()
    assert len(corner.channel.reactions) == 1


async def test_what_they_take_back_meanwhile_needs_no_sign(corner: Corner) -> None:
    name = await corner.name()

    async def meanwhile() -> None:
        await corner.desk.inbound.receive(corner.post.inbox, [Deleted(name, "visitor-1")])
        raise Rejected("gone")

    corner.channel.script = [meanwhile]
    await corner.reacts("👍")
    await corner.desk.works()
    after = await corner.asked()
    assert (after.change, after.deleted_at) == (None, corner.desk.clock.now())
    with pytest.raises(TooLate):
        await corner.reacts("👍")


async def test_only_what_the_channel_has_and_only_to_customers(corner: Corner) -> None:
    with pytest.raises(Invalid):
        await corner.reacts("🦄")
    said = await corner.post.reply("At noon", author=corner.anna)
    with pytest.raises(Invalid):
        await corner.reacts("👍", said)


async def test_where_nobody_reacts_that_is_said(desk: Desk) -> None:
    anna = await desk.operator("Anna")
    async with a_post(desk, Provider(), Scripted) as post:
        thread = await desk.thread(post.inbox)
        async with desk.storage.reading() as tx:
            (asked,) = await tx.messages.of_thread(thread.id)
        with pytest.raises(Invalid):
            await desk.storage.run(
                lambda tx: reacting.react(
                    tx, MessageId(asked.id), "👍", operator_id=anna.id,
                    capabilities=post.channel.capabilities, now=desk.clock.now(),
                )
            )  # fmt: skip
