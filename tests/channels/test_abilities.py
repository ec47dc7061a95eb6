"""What a channel can do beside its contract keeps to the same rules: `router.abilities`."""

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from channels import kinds, load
from router.channel import Action, CustomerAction, OutgoingMessage
from router.errors import ProviderError, Unreachable
from tests.channels.contract import (
    HERE,
    Handler,
    Provider,
    is_sending,
    open_test_channel,
    playing_provider,
    received,
    says,
    secrets_of,
    sending,
    spoken,
)

Use = Callable[[Any, OutgoingMessage, str], Awaitable[object]]
URL = f"{HERE}/hooks/made-up"
# How the desk uses each method; the last argument is the provider's name of a message we sent.
USES: dict[str, Use] = {
    "subscribe": lambda channel, _m, _i: channel.subscribe(URL),
    "subscription": lambda channel, _m, _i: channel.subscription(URL),
    "backlog": lambda channel, _m, _i: channel.backlog(),
    "signal": lambda channel, message, _i: channel.signal(message.thread_key, Action.TYPING),
    "edit": lambda channel, message, id_: channel.edit(id_, message),
    "delete": lambda channel, _m, id_: channel.delete(id_),
    "react": lambda channel, _m, id_: channel.react(id_, channel.capabilities.reactions[0]),
    "profiles": lambda channel, message, _i: channel.profiles([message.to]),
    "introduce": lambda channel, _m, _i: channel.introduce(),
}
ABLE = [
    (kind, method)
    for kind in kinds()
    if is_sending(kind)
    for method in USES
    if hasattr(load(kind), method)
]
ACKNOWLEDGING = [kind for kind in kinds() if hasattr(load(kind), "acknowledge")]
ODD = ("", "ok", "null", "[]", "{}", '{"ok": true, "result": true}', '{"response": 1}')


@pytest.fixture
async def provider(kind: str) -> AsyncIterator[Provider]:
    async with playing_provider(secrets_of(kind)) as playing:
        yield playing


def known_message(kind: str) -> str:
    """What the provider called a message of ours, in a recording."""
    return next(
        str(one.expected["external_id"]) for one in spoken(kind) if "external_id" in one.expected
    )


def used(kind: str, method: str, provider: Provider, answer: Handler) -> Awaitable[object]:
    """Use an ability once, of a provider that answers so."""
    channel, message = sending(kind, provider)
    provider.answer = answer
    return USES[method](channel, message, known_message(kind))


@pytest.mark.parametrize("kind", kinds())
def test_what_is_promised_as_data_is_there(kind: str) -> None:
    channel, can = load(kind), load(kind).capabilities
    assert can.edits == (hasattr(channel, "edit") and hasattr(channel, "delete"))
    assert bool(can.reactions) == hasattr(channel, "react")
    assert not hasattr(channel, "signal") or can.typing
    assert not can.can_ask_phone or can.max_buttons > 0


@pytest.mark.parametrize(("kind", "method"), ABLE)
async def test_who_is_away_is_named(kind: str, method: str, provider: Provider) -> None:
    with pytest.raises(Unreachable):
        await used(kind, method, provider, says(503))
    assert provider.heard


@pytest.mark.parametrize(("kind", "method"), ABLE)
async def test_odd_answers_raise_only_what_is_drawn(
    kind: str, method: str, provider: Provider
) -> None:
    for body in ODD:
        with suppress(ProviderError):
            await used(kind, method, provider, says(200, body))


@pytest.mark.parametrize(("kind", "method"), ABLE)
async def test_secrets_are_told_nobody(kind: str, method: str, provider: Provider) -> None:
    told: list[str] = []
    for answer in (says(503), says(401, "{}"), says(200, "null")):
        try:
            await used(kind, method, provider, answer)
        except ProviderError as error:
            told += traceback.format_exception(error)
    told += map(repr, provider.wire.exchanges)
    for secret in secrets_of(kind).values():
        assert not [text for text in told if secret in text]


@pytest.mark.parametrize("kind", ACKNOWLEDGING)
async def test_a_press_that_was_seen_can_be_acknowledged(kind: str, provider: Provider) -> None:
    channel: Any = open_test_channel(kind, http=provider.http, provider=provider.url)
    presses = [
        arrival
        for seen in received(kind)
        if "is" not in seen.expected
        for arrival in channel.parse(seen.hook).arrivals
        if isinstance(arrival, CustomerAction) and arrival.reply_token
    ]
    assert presses
    provider.answer = says(503)
    for press in presses:
        with pytest.raises(Unreachable):
            await channel.acknowledge(press.reply_token)
