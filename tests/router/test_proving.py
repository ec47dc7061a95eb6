"""Who is who, proven by a code: `router.proving`."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest

from router import identity
from router.attempting import Door
from router.channel import Capabilities
from router.codes import GOOD_FOR, MASK, MAX_AN_HOUR, MAX_TRIES, Code
from router.delivery import Outbound
from router.errors import Full, Invalid, TooLate, Unreachable
from router.guard import open_session
from router.handling import close
from router.ids import InboxId
from router.model import Author, Contact, ContactKind, DeliveryState, Inbox, Message
from router.pacing import Pacer
from router.proving import Proving, Target, ask
from router.reactions import DELIVER, PROVE
from router.steering import block
from router.storage import Transaction
from tests.desk import Desk
from tests.router.post import AT_ONCE, NoSecrets, Provider, Scripted, http_of

PHONE = Contact(ContactKind.PHONE, "+79261234567")
EMAIL = Contact(ContactKind.EMAIL, "vera@example.com")
CHAT = Capabilities(max_text_chars=4000, in_browser=True, pace=AT_ONCE)
MESSENGER = Capabilities(max_text_chars=4000, pace=AT_ONCE)
VISITOR, OLGA = "visitor-1", "olga"


class Wide(Scripted):
    capabilities = MESSENGER


def capabilities(kind: str) -> Capabilities:
    return CHAT if kind == "webchat" else MESSENGER


@dataclass
class Shop:
    """Olga's phone is known from a messenger; a visitor of the website claims it."""

    desk: Desk
    chat: Inbox
    messenger: Inbox
    sent: Provider
    shown: Provider
    doors: dict[InboxId, Door] = field(default_factory=dict)

    async def door(self, inbox_id: InboxId) -> Door | None:
        return self.doors[inbox_id]

    async def asks(self, *, who: str = VISITOR, of: str = OLGA) -> Target:
        """An operator asks the visitor for a code, and it is sent."""
        conversation = await self.desk.conversation(self.chat, who)
        other = await self.desk.customer(self.messenger, of)

        async def step(tx: Transaction) -> Target:
            return await ask(
                tx,
                conversation.id,
                other.id,
                capabilities=capabilities,
                sealing=self.desk.sealing,
                now=self.desk.clock.now(),
            )

        target = await self.desk.storage.run(step)
        await self.desk.works()
        return target

    async def asked(self) -> Code:
        thread = await self.desk.thread(self.chat)
        async with self.desk.storage.reading() as tx:
            return (await tx.codes.asked([thread.id]))[thread.id]

    @property
    def code(self) -> str:
        """What Olga reads in the messenger."""
        found = re.search(r"\d{6}", self.sent.texts[-1])
        assert found is not None
        return found[0]

    @property
    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 1_000_000:06}"

    async def types(self, text: str, *, who: str = VISITOR, id_: str | None = None) -> None:
        await self.desk.writes(text, inbox=self.chat, who=who, external_id=id_)

    async def are_one(self) -> bool:
        visitor = await self.desk.thread(self.chat)
        olga = await self.desk.thread(self.messenger, OLGA)
        return visitor.customer_id == olga.customer_id

    async def said(self, inbox: Inbox, who: str) -> list[Message]:
        thread = await self.desk.thread(inbox, who)
        async with self.desk.storage.reading() as tx:
            return await tx.messages.of_thread(thread.id)

    async def marks(self, inbox: Inbox, who: str) -> list[str | None]:
        one = await self.desk.conversation(inbox, who)
        async with self.desk.storage.reading() as tx:
            marks = await tx.record.marks([one.id], after_seq=0, up_to_seq=1000)
        return [mark.reason for mark in marks if mark.event == "CustomerProven"]

    async def confirms(self) -> None:
        olga = await self.desk.customer(self.messenger, OLGA)
        now = self.desk.clock.now()
        await self.desk.storage.run(lambda tx: identity.confirm(tx, olga.id, PHONE, now=now))


@pytest.fixture
async def shop(either_desk: Desk) -> AsyncIterator[Shop]:
    desk = either_desk
    line = await desk.line(language="en")
    chat, messenger = await desk.inbox(line, "webchat"), await desk.inbox(line, "telegram")
    shop = Shop(desk, chat, messenger, Provider(), Provider())
    outbound = Outbound(
        desk.storage,
        desk.clock,
        open_door=shop.door,
        outgoing=desk.filing.outgoing,
        pause_inbox=lambda *_: _nothing(),
        sealing=desk.sealing,
    )
    proving = Proving(desk.storage, desk.clock, capabilities=capabilities)
    desk.steps |= {DELIVER: outbound.deliver, PROVE: proving.step}
    session = open_session()
    pacer = partial(Pacer, MESSENGER.pace, clock=desk.clock)
    for inbox, provider in ((chat, shop.shown), (messenger, shop.sent)):
        channel = Wide(provider)
        shop.doors[inbox.id] = Door(inbox, channel, http_of(desk, session), NoSecrets(), pacer())
    await desk.writes("Where is my order?", inbox=messenger, who=OLGA, contacts=(PHONE,))
    await desk.writes("It is me, Olga", inbox=chat, contacts=(PHONE,))
    await shop.confirms()
    yield shop
    await session.close()


async def _nothing() -> None:
    return None


async def test_right_code_makes_them_one(shop: Shop) -> None:
    target = await shop.asks()
    assert target.identity.address == OLGA
    assert shop.sent.texts[-1].startswith(f"Your code is {shop.code}. Tell it only")
    assert shop.shown.texts[-1] == "We sent a code to Telegram. Write it here."
    await shop.types(shop.code)
    assert not await shop.are_one()
    await shop.desk.works()
    assert await shop.are_one()
    assert shop.shown.texts[-1].startswith("Thank you")
    assert await shop.marks(shop.chat, VISITOR) == ["code"]
    assert await shop.marks(shop.messenger, OLGA) == ["code"]


async def test_no_code_stands_in_what_is_kept(shop: Shop) -> None:
    await shop.asks()
    await shop.types(f"The code is {shop.code}")
    await shop.desk.works()
    kept = [*await shop.said(shop.chat, VISITOR), *await shop.said(shop.messenger, OLGA)]
    assert not any(shop.code in one.text for one in kept)
    assert f"The code is {MASK}" in [one.text for one in kept]
    conversation = await shop.desk.conversation(shop.chat)
    assert conversation.last is not None
    assert shop.code not in conversation.last.preview


async def test_wrong_codes_are_answered_and_the_fifth_makes_it_void(shop: Shop) -> None:
    await shop.asks()
    for left in range(MAX_TRIES - 1, 0, -1):
        await shop.types(shop.wrong)
        await shop.desk.works()
        assert shop.shown.texts[-1] == f"This is not the code. Tries left: {left}."
    await shop.types(shop.wrong)
    await shop.types(shop.code)
    await shop.desk.works()
    assert shop.shown.texts[-1] == "The code we sent is no longer good."
    assert not await shop.are_one()


async def test_message_that_is_delivered_again_counts_once(shop: Shop) -> None:
    await shop.asks()
    for _ in range(MAX_TRIES + 1):
        await shop.types(shop.wrong, id_="the same")
    await shop.desk.works()
    assert shop.shown.texts[-1] == "This is not the code. Tries left: 4."
    for _ in range(3):
        await shop.types(shop.code, id_="the right one")
        await shop.desk.works()
    assert await shop.are_one()
    assert len([text for text in shop.shown.texts if text.startswith("Thank you")]) == 1


async def test_what_follows_is_done_once_though_it_is_begun_twice(shop: Shop) -> None:
    await shop.asks()
    code = await shop.asked()
    await shop.types(shop.code)
    await shop.desk.works()
    async with shop.desk.storage.transaction() as tx:
        tx.lanes.wake(PROVE, code.id, shop.desk.clock.now())
    await shop.desk.works()
    assert await shop.marks(shop.chat, VISITOR) == ["code"]


async def test_code_ends_after_ten_minutes(shop: Shop) -> None:
    await shop.asks()
    await shop.desk.clock.advance(GOOD_FOR.total_seconds())
    await shop.types(shop.code)
    await shop.desk.works()
    assert shop.shown.texts[-1] == "The code we sent is no longer good."
    assert not await shop.are_one()


async def test_new_code_takes_the_place_of_the_one_before(shop: Shop) -> None:
    await shop.asks()
    before = shop.code
    await shop.asks()
    if before != shop.code:
        await shop.types(before)
        await shop.desk.works()
        assert shop.shown.texts[-1] == "This is not the code. Tries left: 4."
    await shop.types(shop.code)
    await shop.desk.works()
    assert await shop.are_one()


async def test_nobody_gets_more_than_three_codes_in_an_hour(shop: Shop) -> None:
    for _ in range(MAX_AN_HOUR):
        await shop.asks()
    with pytest.raises(Full):
        await shop.asks()
    # Neither by way of another visitor.
    await shop.desk.writes("Me too", inbox=shop.chat, who="other", contacts=(PHONE,))
    with pytest.raises(Full):
        await shop.asks(who="other")
    await shop.desk.clock.advance(3600)
    await shop.asks()


async def test_code_proves_only_who_types_it_where_it_was_asked_for(shop: Shop) -> None:
    await shop.asks()
    await shop.types(shop.code, who="other")
    await shop.desk.works()
    assert not await shop.are_one()
    other = await shop.desk.customer(shop.chat, "other")
    assert other.id != (await shop.desk.customer(shop.messenger, OLGA)).id
    # Those digits say nothing there, so they stay.
    assert (await shop.said(shop.chat, "other"))[0].text == shop.code


async def test_contact_that_nobody_proved_is_no_reason_to_write(shop: Shop) -> None:
    await shop.desk.writes("Hi", inbox=shop.messenger, who="stranger", contacts=(EMAIL,))
    await shop.desk.writes("Hi", inbox=shop.chat, who="other", contacts=(EMAIL,))
    with pytest.raises(Invalid):
        await shop.asks(who="other", of="stranger")
    # Unless it is the very address that they write from.
    await shop.desk.writes("Hi", inbox=shop.messenger, who=EMAIL.value, contacts=(EMAIL,))
    await shop.asks(who="other", of=EMAIL.value)


async def test_web_chat_is_no_place_for_a_code(shop: Shop) -> None:
    await shop.desk.writes("Me again", inbox=shop.chat, who="other", contacts=(PHONE,))
    shop.messenger = shop.chat
    with pytest.raises(Invalid):
        await shop.asks(of="other")


async def test_who_is_not_wanted_is_not_proven(shop: Shop) -> None:
    anna = await shop.desk.operator("Anna")
    await shop.asks()
    visitor, now = await shop.desk.customer(shop.chat), shop.desk.clock.now()
    await shop.types(shop.code)
    await shop.desk.storage.run(lambda tx: block(tx, visitor.id, anna.id, now=now))
    await shop.desk.works()
    assert not await shop.are_one()
    assert await shop.marks(shop.chat, VISITOR) == ["code_joined_nobody"]
    with pytest.raises(Invalid):
        await shop.asks()


async def test_closed_conversation_asks_nothing(shop: Shop) -> None:
    anna = await shop.desk.operator("Anna")
    one, now = await shop.desk.conversation(shop.chat), shop.desk.clock.now()
    await shop.desk.storage.run(lambda tx: close(tx, one.id, anna.id, reason="", now=now))
    with pytest.raises(TooLate):
        await shop.asks()


async def test_operator_takes_back_what_a_code_joined(shop: Shop) -> None:
    await shop.asks()
    await shop.types(shop.code)
    await shop.desk.works()
    thread, now = await shop.desk.thread(shop.chat), shop.desk.clock.now()
    await shop.desk.storage.run(
        lambda tx: identity.unlink(tx, thread.customer_id, thread.identity_id, now=now)
    )
    assert not await shop.are_one()


async def test_code_that_was_not_delivered_in_time_is_not_delivered(shop: Shop) -> None:
    shop.sent.script = [Unreachable("away")]
    await shop.asks()
    await shop.desk.clock.advance(GOOD_FOR.total_seconds())
    await shop.desk.works()
    assert shop.sent.texts == []
    said = (await shop.said(shop.messenger, OLGA))[-1]
    assert (said.author, said.automatic) == (Author.DESK, True)
    assert [one.state for one in said.deliveries] == [DeliveryState.FAILED]


async def test_words_are_in_the_language_of_each(shop: Shop) -> None:
    olga = await shop.desk.customer(shop.messenger, OLGA)
    async with shop.desk.storage.transaction() as tx:
        await tx.customers.save(replace(olga, language="ru-RU"))
    await shop.asks()
    assert shop.sent.texts[-1].startswith("Ваш код: ")
    assert shop.shown.texts[-1].startswith("We sent a code")
