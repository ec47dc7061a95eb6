"""Second thoughts: `router.rewording`, and what is done of them: `router.amending`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from router import rewording
from router.changes import ChangeKind, ChangeState
from router.errors import (
    Forbidden,
    Invalid,
    NotFound,
    ProviderError,
    Rejected,
    TooLate,
    Unconfirmed,
    Unreachable,
)
from router.ids import MessageId, new_id
from router.ledger import balance
from router.model import DeliveryState, Message
from router.news import ConversationNews
from router.staff import Operator
from router.storage import Transaction
from tests.desk import Desk
from tests.router.post import Post, Provider, Revised, Scripted, a_post


class Desktop:
    """Anna, who says something and thinks again."""

    def __init__(self, post: Post, channel: Revised, provider: Provider, anna: Operator) -> None:
        self.post, self.channel, self.provider, self.anna = post, channel, provider, anna

    async def says(self, text: str = "At noon") -> Message:
        said = await self.post.reply(text, author=self.anna)
        await self.post.desk.works()
        return said

    async def edits(self, said: Message, text: str, *, by: Operator | None = None) -> Message:
        async def step(tx: Transaction) -> Message:
            return await rewording.edit(
                tx,
                said.id,
                text,
                author=by or self.anna,
                capabilities=self.post.channel.capabilities,
                now=self.post.desk.clock.now(),
            )

        return await self.post.desk.storage.run(step)

    async def withdraws(self, said: Message) -> Message:
        async def step(tx: Transaction) -> Message:
            return await rewording.withdraw(
                tx,
                said.id,
                author=self.anna,
                capabilities=self.post.channel.capabilities,
                now=self.post.desk.clock.now(),
            )

        return await self.post.desk.storage.run(step)

    async def now(self, said: Message) -> Message:
        async with self.post.desk.storage.reading() as tx:
            found = await tx.messages.get(said.id)
        assert found is not None
        return found

    async def works(self) -> None:
        await self.post.desk.works()


@pytest.fixture
async def desktop(either_desk: Desk) -> AsyncIterator[Desktop]:
    provider = Provider()
    anna = await either_desk.operator("Anna")
    async with a_post(either_desk, provider, Revised) as post:
        channel = post.channel
        assert isinstance(channel, Revised)
        yield Desktop(post, channel, provider, anna)


# --- what is done --------------------------------------------------------------


async def test_an_edit_changes_it_at_the_customers_then_here(desktop: Desktop) -> None:
    said = await desktop.says("At noon")
    wished = await desktop.edits(said, "At one")
    assert (wished.text, wished.edited_at) == ("At noon", None)
    assert wished.change is not None
    assert (wished.change.kind, wished.change.text) == (ChangeKind.EDIT, "At one")
    await desktop.works()
    assert desktop.channel.edited == [("p1", "At one")]
    after = await desktop.now(said)
    assert (after.text, after.change) == ("At one", None)
    assert after.edited_at == desktop.post.desk.clock.now()
    conversation = await desktop.post.desk.conversation(desktop.post.inbox)
    assert conversation.last is not None
    assert conversation.last.preview == "At one"


async def test_a_withdrawal_takes_it_back_and_keeps_a_mark(desktop: Desktop) -> None:
    said = await desktop.says()
    await desktop.withdraws(said)
    await desktop.withdraws(said)
    await desktop.works()
    assert desktop.channel.deleted == ["p1"]
    after = await desktop.now(said)
    assert (after.deleted_at, after.change) == (desktop.post.desk.clock.now(), None)
    with pytest.raises(TooLate):
        await desktop.edits(said, "Never mind")


async def test_an_edit_goes_over_all_pieces_and_takes_back_what_is_left(desktop: Desktop) -> None:
    said = await desktop.says("one two three four five six seven")
    assert len(desktop.provider.got) == 2
    await desktop.edits(said, "one")
    await desktop.works()
    assert (desktop.channel.edited, desktop.channel.deleted) == ([("p1", "one")], ["p2"])


async def test_what_nobody_has_begun_to_send_is_never_sent(desktop: Desktop) -> None:
    said = await desktop.post.reply("Oops", author=desktop.anna)
    await desktop.withdraws(said)
    await desktop.works()
    assert (desktop.provider.got, desktop.channel.deleted) == ([], [])
    after = await desktop.now(said)
    assert after.deleted_at is not None
    with pytest.raises(TooLate):
        await desktop.post.retry(after.deliveries[0])
    async with desktop.post.desk.storage.reading() as tx:
        now = desktop.post.desk.clock.now()
        (entry,) = await balance(tx, crm_account="local", now=now)
    assert entry.differences == ()


async def test_a_change_waits_behind_what_was_said_before_it(desktop: Desktop) -> None:
    said = await desktop.says("one")
    clock = desktop.post.desk.clock
    clock.move(1)
    await desktop.post.reply("two", author=desktop.anna)
    clock.move(1)
    await desktop.edits(said, "ONE")
    clock.move(1)
    await desktop.post.reply("three", author=desktop.anna)
    order: list[str] = []

    def noting(what: str) -> Callable[[], Awaitable[None]]:
        async def note() -> None:
            order.append(what)

        return note

    desktop.provider.script = [noting("two"), noting("three")]
    desktop.channel.script = [noting("edit")]
    await desktop.works()
    assert order == ["two", "edit", "three"]


# --- what does not work ----------------------------------------------------------


@pytest.mark.parametrize("trouble", [Unreachable(), Unconfirmed()])
async def test_a_change_is_tried_again(desktop: Desktop, trouble: ProviderError) -> None:
    said = await desktop.says()
    desktop.channel.script = [trouble]
    await desktop.edits(said, "At one")
    await desktop.works()
    assert (await desktop.now(said)).text == "At noon"
    desktop.post.desk.clock.move(20)
    await desktop.works()
    assert (await desktop.now(said)).text == "At one"


async def test_a_change_that_is_refused_is_told_and_changes_nothing(desktop: Desktop) -> None:
    said = await desktop.says()
    desktop.channel.script = [Rejected("too old")]
    await desktop.withdraws(said)
    version = (await desktop.post.desk.conversation(desktop.post.inbox)).version
    await desktop.works()
    after = await desktop.now(said)
    assert after.deleted_at is None
    assert after.change is not None
    assert (after.change.state, after.change.reason) == (ChangeState.FAILED, "too old")
    told = [one for one in desktop.post.desk.news if isinstance(one, ConversationNews)]
    assert [one.change for one in told[-1].messages] == [after.change]
    assert (await desktop.post.desk.conversation(desktop.post.inbox)).version == version + 1
    await desktop.edits(said, "At two")
    await desktop.works()
    assert (await desktop.now(said)).text == "At two"


async def test_a_worker_that_died_in_the_middle_is_followed_by_another(desktop: Desktop) -> None:
    """It had changed it at the customer's; nobody here knows."""
    said = await desktop.says()
    await desktop.edits(said, "At one")

    async def dies() -> None:
        desktop.channel.edited.append(("p1", "At one"))
        raise KeyboardInterrupt

    desktop.channel.script = [dies]
    with pytest.raises(KeyboardInterrupt):
        await desktop.works()
    desktop.post.desk.clock.move(11)
    await desktop.works()
    assert desktop.channel.edited == [("p1", "At one")] * 2
    assert (await desktop.now(said)).text == "At one"


async def test_the_last_wish_holds(desktop: Desktop) -> None:
    said = await desktop.says()
    await desktop.edits(said, "At one")
    desktop.post.desk.clock.move(1)

    async def meanwhile() -> None:
        desktop.post.desk.clock.move(1)
        await desktop.edits(said, "At two")

    desktop.channel.script = [meanwhile]
    await desktop.works()
    assert [text for _, text in desktop.channel.edited] == ["At one", "At two"]
    assert (await desktop.now(said)).text == "At two"


# --- what is refused ---------------------------------------------------------------


async def test_nobody_changes_what_another_said(desktop: Desktop) -> None:
    said = await desktop.says()
    boris = await desktop.post.desk.operator("Boris")
    with pytest.raises(Forbidden):
        await desktop.edits(said, "Never", by=boris)
    hers = await desktop.post.reply("by the desk")
    with pytest.raises(Forbidden):
        await desktop.edits(hers, "Never")


async def test_what_the_customer_does_not_have_cannot_be_changed(desktop: Desktop) -> None:
    desktop.provider.script = [Rejected("too rude")]
    said = await desktop.says()
    assert [one.state for one in (await desktop.now(said)).deliveries] == [DeliveryState.FAILED]
    with pytest.raises(TooLate):
        await desktop.edits(said, "Sorry")


@pytest.mark.parametrize("text", [" ", "far too long for its one piece"])
async def test_what_does_not_fit_is_refused(desktop: Desktop, text: str) -> None:
    said = await desktop.says()
    with pytest.raises(Invalid):
        await desktop.edits(said, text)


async def test_where_nothing_can_be_changed_that_is_said(desk: Desk) -> None:
    anna = await desk.operator("Anna")
    async with a_post(desk, provider := Provider(), Scripted) as post:
        desktop = Desktop(post, Revised(provider), provider, anna)
        said = await desktop.says()
        with pytest.raises(Invalid):
            await desktop.edits(said, "At one")


async def test_what_was_never_said_is_not_found(desktop: Desktop) -> None:
    said = await desktop.says()
    nothing = replace(said, id=MessageId(new_id()))
    with pytest.raises(NotFound):
        await desktop.withdraws(nothing)
