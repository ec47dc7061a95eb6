"""Customers out of a script say the same whenever they are asked again."""

from typing import Any

from channels.simulator import Account, Simulator
from router.channel import IncomingMessage, OutgoingMessage
from tests.channels.contract import TestSecrets

SCRIPT = Account.model_validate(
    {
        "customers": [{"key": "anna", "name": "Anna"}],
        "messages": [
            {"customer": "anna", "text": "Hello"},
            {"customer": "boris", "text": "Hi", "delay_s": 0.01},
        ],
        "answers": ["Thanks", "Bye"],
        "rounds": 2,
    }
)


def simulator(account: Account = SCRIPT) -> Simulator:
    http: Any = None
    return Simulator(account, http, TestSecrets({}))


async def told(channel: Simulator) -> list[IncomingMessage]:
    """Everything the script has, asked for until nothing comes."""
    found: list[IncomingMessage] = []
    cursor = None
    while True:
        polled = await channel.poll(cursor)
        found += [one for one in polled.arrivals if isinstance(one, IncomingMessage)]
        if polled.cursor == cursor:
            return found
        cursor = polled.cursor


async def test_script_is_played_in_order_and_ends() -> None:
    said = await told(simulator())
    assert [(one.sender.name or one.sender.address, one.text) for one in said] == [
        ("Anna", "Hello"), ("boris", "Hi"), ("Anna", "Hello"), ("boris", "Hi"),
    ]  # fmt: skip
    assert len({one.external_id for one in said}) == 4


async def test_same_cursor_brings_the_same_message() -> None:
    channel = simulator()
    assert await channel.poll("1") == await channel.poll("1") == await simulator().poll("1")


async def test_customer_answers_each_operator_in_turn() -> None:
    channel = simulator(SCRIPT.model_copy(update={"rounds": 0}))
    for token in ("a", "b", "c"):
        await channel.send(OutgoingMessage(token, "anna", "anna", "How are you?"))
    answers = await channel.poll(None)
    assert [one.text for one in answers.arrivals if isinstance(one, IncomingMessage)] == [
        "Thanks", "Bye", "Thanks",
    ]  # fmt: skip


async def test_message_that_is_sent_twice_is_answered_once() -> None:
    channel = simulator(SCRIPT.model_copy(update={"rounds": 0}))
    for _ in range(2):
        await channel.send(OutgoingMessage("a", "anna", "anna", "How are you?"))
    polled = await channel.poll(None)
    assert (
        len({one.external_id for one in polled.arrivals if isinstance(one, IncomingMessage)}) == 1
    )


async def test_answer_comes_again_until_it_is_stored() -> None:
    channel = simulator(SCRIPT.model_copy(update={"messages": SCRIPT.messages[:1], "rounds": 1}))
    after = (await channel.poll(None)).cursor
    await channel.send(OutgoingMessage("a", "anna", "anna", "How are you?"))
    first = await channel.poll(after)
    assert await channel.poll(after) == first
    assert len(first.arrivals) == 1
    assert (await channel.poll(first.cursor)).arrivals == ()
    await channel.send(OutgoingMessage("b", "anna", "anna", "Well?"))
    assert len((await channel.poll(first.cursor)).arrivals) == 1
