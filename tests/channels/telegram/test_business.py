"""An account that the bot answers for: `channels.telegram.business`, at the fake Telegram and on a desk."""

import json
from itertools import permutations

import pytest

from channels.telegram.business import MAY_NOT, NO_REACTIONS, NOT_CONNECTED, TOO_LATE
from channels.telegram.reading import arrivals_of
from router.buttons import Button
from router.channel import (
    Action,
    Deleted,
    Edited,
    IncomingMessage,
    OutgoingMessage,
    OutsideReply,
    Sender,
)
from router.delegations import Delegation
from router.errors import Malformed, RecipientGone, Rejected, WindowClosed
from router.model import Author, Inbox
from tests.channels.telegram.bots import Bot, a_file
from tests.channels.telegram.test_on_the_desk import UPDATES, bots, comes, said
from tests.desk import Desk
from tests.fakes.telegram import FakeTelegram, refuses

ANNAS = "business:bc1:7000000007"
KEY = "business:bc1:7"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


def words(text: str) -> OutgoingMessage:
    return OutgoingMessage("token-1", thread_key=KEY, to="7", text=text)


async def test_everything_we_say_is_said_in_the_owners_name(
    telegram: FakeTelegram, bot: Bot
) -> None:
    account = telegram.business(55, "Olga")
    anna = account.chat(7, "Anna")
    asked = account.hears(anna, "Where is it?")
    file = a_file("a.png", "image/png", PNG)
    reply_to = f"{KEY}:{asked['message_id']}"
    first = await bot.says(anna, "**Here**", thread_key=KEY, in_reply_to=reply_to)
    await bot.says(anna, "Photo", thread_key=KEY, files=(file,))
    await bot.says(anna, "Both", thread_key=KEY, files=(file, file))
    await bot.says(anna, "Well?", thread_key=KEY, buttons=(Button("Yes", value="yes"),))
    await bot.channel.signal(KEY, Action.TYPING)
    ours = [one for one in anna.messages.values() if "sender_business_bot" in one]
    assert [one.get("text", one.get("caption")) for one in ours] == [
        "Here", "Photo", "Both", None, "Well?",
    ]  # fmt: skip
    assert all(one["from"]["id"] == 55 for one in ours)
    assert ours[0]["reply_to_message"]["message_id"] == asked["message_id"]
    assert first == f"{KEY}:{ours[0]['message_id']}"
    assert anna.actions == ["typing"]
    assert telegram.world.chats == {}


async def test_phone_is_not_asked_for_where_there_is_no_keyboard(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.business(55, "Olga").chat(7, "Anna")
    await bot.says(
        anna, "Your number?", thread_key=KEY, buttons=(Button("Share", asks_phone=True),)
    )
    (message,) = anna.messages.values()
    assert "reply_markup" not in message


async def test_what_we_said_is_changed_and_withdrawn(telegram: FakeTelegram, bot: Bot) -> None:
    anna = telegram.business(55, "Olga").chat(7, "Anna")
    name = await bot.says(anna, "Tomorow", thread_key=KEY)
    await bot.channel.edit(name, words("Tomorrow"))
    assert [one["text"] for one in anna.messages.values()] == ["Tomorrow"]
    await bot.channel.delete(name)
    await bot.channel.delete(name)
    assert anna.messages == {}


async def test_refusals_say_what_the_owner_has_to_do(telegram: FakeTelegram, bot: Bot) -> None:
    account = telegram.business(55, "Olga")
    anna = account.chat(7, "Anna")
    name = await bot.says(anna, "One", thread_key=KEY)
    account.can_delete = False
    with pytest.raises(Rejected, match=MAY_NOT):
        await bot.channel.delete(name)
    account.can_reply = False
    with pytest.raises(Rejected, match=MAY_NOT) as refused:
        await bot.says(anna, "Two", thread_key=KEY)
    assert not isinstance(refused.value, RecipientGone)
    with pytest.raises(Rejected, match=MAY_NOT):
        await bot.channel.edit(name, words("Three"))
    account.can_reply, account.silent = True, {7}
    with pytest.raises(WindowClosed, match=TOO_LATE):
        await bot.says(anna, "Two", thread_key=KEY)
    account.enabled = False
    with pytest.raises(Rejected, match=NOT_CONNECTED):
        await bot.says(anna, "Two", thread_key=KEY)
    del telegram.methods.accounts["bc1"]
    with pytest.raises(Rejected, match=NOT_CONNECTED):
        await bot.says(anna, "Two", thread_key=KEY)
    with pytest.raises(Rejected, match=NO_REACTIONS):
        await bot.channel.react(name, "👍")


async def test_customer_whom_the_account_cannot_reach_is_not_retired(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.business(55, "Olga").chat(7, "Anna")
    telegram.next("sendMessage", refuses(403, "Forbidden: user is deactivated"))
    with pytest.raises(Rejected) as refused:
        await bot.says(anna, "Hello", thread_key=KEY)
    assert not isinstance(refused.value, RecipientGone)


async def test_both_sides_of_the_chat_come_and_ours_does_not_come_again(
    telegram: FakeTelegram, bot: Bot
) -> None:
    account = telegram.business(55, "Olga")
    anna = account.chat(7, "Anna")
    asked = account.hears(anna, "Where is it?")
    await bot.says(anna, "We look", thread_key=KEY)
    account.echoes(anna, list(anna.messages.values())[-1])
    answered = account.answers(anna, "On its way")
    account.edits(anna, answered, "On its way, wait")
    account.deletes(anna, asked)
    heard = (await bot.channel.poll(None)).arrivals
    assert [type(one) for one in heard] == [IncomingMessage, OutsideReply, Edited, Deleted]
    question, answer, edited, deleted = heard
    assert isinstance(question, IncomingMessage)
    assert isinstance(answer, OutsideReply)
    assert isinstance(edited, Edited)
    assert isinstance(deleted, Deleted)
    assert {one.thread_key for one in (question, answer, edited, deleted)} == {KEY}
    assert (answer.external_id, deleted.external_id) == (edited.external_id, question.external_id)
    assert (answer.to and answer.to.address, question.sender.address) == ("7", "7")


async def test_owners_answers_stand_beside_the_customers_questions(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    names = ("business-message", "business-owner-answers", "business-echo", "business-reply")
    await comes(either_desk, bot, *names, *names)
    await comes(either_desk, bot, "edited-business-message", "edited-business-answer")
    await comes(either_desk, bot, "edited-business-echo")
    messages = await said(either_desk, bot, ANNAS)
    assert [(one.author, one.text) for one in messages] == [
        (Author.CUSTOMER, "Личное, исправлено"),
        (Author.OPERATOR, "Ваш заказ у курьера, ждите"),
        (Author.CUSTOMER, "> Этот?\nДа, этот"),
    ]
    await comes(either_desk, bot, *["deleted-business-messages"] * 2)
    gone = [one.deleted_at is not None for one in await said(either_desk, bot, ANNAS)]
    assert gone == [True, True, False]


async def test_chat_is_one_thread_whatever_comes_first(desk: Desk) -> None:
    names = ("business-connection", "business-message", "business-owner-answers")
    for order in permutations(names):
        line = await desk.line("-".join(order))
        bot = await desk.inbox(line, "telegram")
        await comes(desk, bot, *order)
        assert {one.author for one in await said(desk, bot, ANNAS)} == {
            Author.CUSTOMER, Author.OPERATOR,
        }  # fmt: skip


async def test_who_blocks_the_bot_still_writes_to_the_account(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "text", "business-message", "blocked")
    own, account = await desk.thread(bot, "7000000007"), await desk.thread(bot, ANNAS)
    assert own.id != account.id
    async with desk.storage.reading() as tx:
        blocked = await tx.identities.get(own.identity_id)
        alive = await tx.identities.get(account.identity_id)
    assert blocked is not None
    assert alive is not None
    assert (blocked.active, alive.active) == (False, True)


async def test_account_that_is_connected_anew_goes_on_in_its_threads(either_desk: Desk) -> None:
    bot, other = await bots(either_desk, 2)
    await comes(either_desk, bot, "business-connection", "business-message", "business-reply")
    await comes(either_desk, other, "business-connection", "business-message")
    await comes(either_desk, bot, "business-connected-anew")
    anew = json.loads(json.dumps(UPDATES["business-owner-answers"]))
    anew["business_message"]["business_connection_id"] = "bc2"
    await either_desk.inbound.receive(bot, arrivals_of(json.dumps(anew).encode()))
    again = await said(either_desk, bot, ANNAS.replace("bc1", "bc2"))
    assert [one.author for one in again] == [Author.CUSTOMER, Author.CUSTOMER, Author.OPERATOR]
    assert [one.author for one in await said(either_desk, other, ANNAS)] == [Author.CUSTOMER]


async def test_thread_that_began_before_the_account_was_connected_anew_is_not_moved_onto(
    either_desk: Desk,
) -> None:
    (bot,) = await bots(either_desk)
    await comes(either_desk, bot, "business-connection", "business-message")
    early = json.loads(json.dumps(UPDATES["business-reply"]))
    early["business_message"]["business_connection_id"] = "bc2"
    await either_desk.inbound.receive(bot, arrivals_of(json.dumps(early).encode()))
    await comes(either_desk, bot, "business-connected-anew")
    assert len(await said(either_desk, bot, ANNAS)) == 1
    assert len(await said(either_desk, bot, ANNAS.replace("bc1", "bc2"))) == 1


async def test_last_word_on_an_account_counts_whatever_order_they_come_in(desk: Desk) -> None:
    names = (
        "business-connection", "business-reading-only", "business-disconnected",
        "business-connected-anew",
    )  # fmt: skip
    for order in permutations(names):
        line = await desk.line("-".join(order))
        bot = await desk.inbox(line, "telegram")
        await comes(desk, bot, *order, *order)
        (account,) = await accounts(desk, bot)
        assert (account.keys, account.enabled, account.may_reply) == ("business:bc2:", True, True)


async def test_numbers_that_begin_anew_after_a_quiet_week_are_later_ones(desk: Desk) -> None:
    (bot,) = await bots(desk)
    await comes(desk, bot, "business-connected-anew")
    removed = json.loads(json.dumps(UPDATES["business-disconnected"]))
    for days, is_enabled in ((0, True), (8, False)):
        desk.clock.move(86_400 * days)
        await desk.inbound.receive(bot, arrivals_of(json.dumps(removed).encode()))
        (account,) = await accounts(desk, bot)
        assert (account.enabled, account.keys) == (is_enabled, "business:bc2:")


async def test_ids_that_look_alike_are_other_accounts(either_desk: Desk) -> None:
    (bot,) = await bots(either_desk)
    for number, (owner, id_) in enumerate([("1", "b_c"), ("2", "bXc"), ("3", "b%"), ("1", "anew")]):
        told = Delegation(owner, f"business:{id_}:", enabled=True, may_reply=True, order=number)
        asked = IncomingMessage(
            f"m{number}", f"business:{id_}:7", Sender("7", scope="business"), "Hi"
        )
        await either_desk.inbound.receive(bot, [asked] if id_ != "anew" else [told])
        await either_desk.inbound.receive(bot, [told])
    found = [await said(either_desk, bot, f"business:{id_}:7") for id_ in ("anew", "bXc", "b%")]
    assert [len(messages) for messages in found] == [1, 1, 1]


async def accounts(desk: Desk, bot: Inbox) -> list[Delegation]:
    async with desk.storage.reading() as tx:
        return (await tx.delegations.all())[bot.id]


def test_id_of_a_connection_never_hides_a_chat() -> None:
    """A connection's id is Telegram's: what would be read as another chat is kept and not taken."""
    update = json.loads(json.dumps(UPDATES["business-message"]))
    update["business_message"]["business_connection_id"] = "bc1:8"
    with pytest.raises(Malformed):
        arrivals_of(json.dumps(update).encode())
