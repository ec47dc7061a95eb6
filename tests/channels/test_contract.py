"""Every channel keeps the contract: found in the folder, tested by its recordings."""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from channels import kinds, load
from channels._account import form
from router.channel import Channel, Hook, Hooked, OutgoingMessage, Parsed
from router.errors import (
    BadCredentials,
    Malformed,
    NotFound,
    ProviderError,
    Rejected,
    Throttled,
    Unauthenticated,
    Unconfirmed,
    Unreachable,
)
from tests.channels.accounts import ACCOUNTS
from tests.channels.contract import (
    HERE,
    Handler,
    Provider,
    Received,
    Spoken,
    answering,
    damaged,
    hangs,
    hangs_up,
    is_sending,
    open_test_channel,
    playing_provider,
    received,
    says,
    says_half,
    secrets_of,
    sending,
    settings_of,
    shown,
    spoken,
    working,
)

HOOKED = [kind for kind in kinds() if issubclass(load(kind), Hooked)]
SENDING = [kind for kind in kinds() if is_sending(kind)]
RECEIVED = [one for kind in HOOKED for one in received(kind)]
SPOKEN = [one for kind in kinds() for one in spoken(kind)]
TROUBLES: dict[str, tuple[Handler, type[ProviderError]]] = {
    "503": (says(503), Unreachable),
    "500": (says(500), Unconfirmed),
    "502 with a page": (says(502, "<html>Bad gateway</html>"), Unconfirmed),
    "429": (says(429, Retry_After="7"), Throttled),
    "401": (says(401), BadCredentials),
    "refused": (says(400, '{"error": "no"}'), Rejected),
    "cut": (hangs_up, Unconfirmed),
    "cut in the middle": (says_half, Unconfirmed),
}


@pytest.fixture
async def provider(kind: str) -> AsyncIterator[Provider]:
    async with playing_provider(secrets_of(kind)) as provider:
        yield provider


# --- what there is -----------------------------------------------------------


def test_every_channel_has_an_account_and_recordings() -> None:
    assert sorted(ACCOUNTS) == list(kinds())
    assert [kind for kind in HOOKED if not received(kind)] == []
    assert [kind for kind in kinds() if not spoken(kind)] == []


@pytest.mark.parametrize("kind", kinds())
def test_folder_gives_a_channel(kind: str) -> None:
    assert isinstance(open_test_channel(kind), Channel)


def test_what_is_not_in_the_folder_is_no_channel() -> None:
    for kind in ("_webhook", "pigeon", "rest.wire", ""):
        with pytest.raises(NotFound):
            load(kind)


@pytest.mark.parametrize("kind", kinds())
def test_form_has_titles_in_both_languages(kind: str) -> None:
    told = form(kind)
    for schema in (told["account"], told["secrets"]):
        for setting in (*schema["properties"].values(), told["account"]):
            assert setting["title"]
            assert setting["title_ru"]


@pytest.mark.parametrize("kind", kinds())
def test_secrets_are_kept_apart_from_the_account(kind: str) -> None:
    fields = load(kind).secrets_type.model_fields.values()
    assert {field.annotation for field in fields} <= {SecretStr}
    settings = settings_of(kind)
    for secret in settings.secrets.values():
        assert secret not in json.dumps(settings.account)
        assert secret not in repr(settings)


# --- in ----------------------------------------------------------------------


@pytest.mark.parametrize("seen", RECEIVED, ids=str)
def test_reads_what_it_has_seen(seen: Received) -> None:
    channel = open_test_channel(seen.kind)
    try:
        channel.authenticate(seen.hook)
        assert shown(channel.parse(seen.hook)) == {"is": "Parsed", **seen.expected}
    except (Unauthenticated, Malformed) as error:
        told: dict[str, Any] = {"is": type(error).__name__}
        if isinstance(error, Malformed) and error.refuse:
            told["problems"] = error.problems
        assert told == seen.expected


@pytest.mark.parametrize("seen", RECEIVED, ids=str)
def test_refuses_forgeries(seen: Received) -> None:
    others = {name: f"another-{value}" for name, value in secrets_of(seen.kind).items()}
    none = dict.fromkeys(others, "")
    for secrets in (others, none, {}):
        with pytest.raises(Unauthenticated):
            open_test_channel(seen.kind, secrets=secrets).authenticate(seen.hook)


@pytest.mark.parametrize("kind", HOOKED)
def test_refuses_who_says_nothing(kind: str) -> None:
    for headers in ({}, {"authorization": ""}, {"authorization": "\udc80"}):
        with pytest.raises(Unauthenticated):
            open_test_channel(kind).authenticate(
                Hook("POST", HERE, "127.0.0.1", headers=headers, query={}, body=b"")
            )


@pytest.mark.parametrize("seen", RECEIVED, ids=str)
def test_survives_any_damage(seen: Received) -> None:
    channel = open_test_channel(seen.kind)
    for hook in damaged(seen.hook):
        try:
            parsed = channel.parse(hook)
        except Malformed:
            continue
        assert isinstance(parsed, Parsed)
        assert all(getattr(one, "external_id", "none") != "" for one in parsed.arrivals)


@pytest.mark.parametrize("seen", RECEIVED, ids=str)
def test_repeats_itself(seen: Received) -> None:
    def read(channel: Any) -> Any:
        try:
            return channel.parse(seen.hook)
        except Malformed as error:
            return str(error), error.problems

    channel = open_test_channel(seen.kind)
    assert read(channel) == read(channel) == read(open_test_channel(seen.kind))


# --- out ---------------------------------------------------------------------


async def outcome(channel: Channel, message: OutgoingMessage) -> dict[str, str]:
    """What comes of sending, as recordings write it."""
    try:
        return {"external_id": (await channel.send(message)).external_id}
    except ProviderError as error:
        return {"is": type(error).__name__, "code": error.code}


@pytest.mark.parametrize(("kind", "said"), [(one.kind, one) for one in SPOKEN], ids=str)
async def test_speaks_the_recorded_protocol(said: Spoken, provider: Provider) -> None:
    channel = open_test_channel(said.kind, http=provider.http, provider=provider.url)
    provider.answer = answering(said)
    assert await outcome(channel, said.message) == said.expected
    if said.request is None:
        assert provider.heard == []
        return
    (heard,) = provider.heard
    assert (heard.method, heard.path) == (said.request["method"], said.request["path"])
    assert said.request["headers"].items() <= heard.headers.items()
    is_read = isinstance(said.request["body"], dict)
    assert (heard.said() if is_read else heard.body.decode()) == said.request["body"]


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("kind", SENDING)
async def test_names_each_trouble(kind: str, trouble: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    provider.answer, expected = TROUBLES[trouble]
    with pytest.raises(ProviderError) as caught:
        await channel.send(message)
    assert type(caught.value) is expected
    if isinstance(caught.value, Throttled):
        assert caught.value.retry_after_s == 7


@pytest.mark.parametrize("kind", SENDING)
async def test_unreadable_success_is_never_a_refusal(kind: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    for body in ("", "ok", "null", "[]", "{}", '{"external_id": ""}', "[" * 100_000):
        provider.answer = says(200, body)
        with suppress(Unconfirmed):
            assert (await channel.send(message)).external_id


@pytest.mark.parametrize("kind", SENDING)
async def test_nobody_there_is_unreachable(kind: str, provider: Provider) -> None:
    _, message = sending(kind, provider)
    channel = open_test_channel(kind, http=provider.http, provider="http://127.0.0.1:1")
    with pytest.raises(Unreachable):
        await channel.send(message)


@pytest.mark.parametrize(
    "kind", [kind for kind in SENDING if load(kind).capabilities.send_is_idempotent]
)
async def test_passes_the_token_on(kind: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    message = replace(message, token="0199-made-up-token")
    await channel.send(message)
    await channel.send(message)
    first, again = (heard.everything() for heard in provider.heard)
    assert "0199-made-up-token" in first
    assert first == again


@pytest.mark.parametrize("kind", SENDING)
async def test_carries_as_much_as_it_promises(kind: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    longest = "Я" * channel.capabilities.max_text_chars
    await channel.send(replace(message, text=longest))
    (heard,) = provider.heard
    assert longest in str(heard.said())


@pytest.mark.parametrize("kind", SENDING)
async def test_keeps_secrets_to_itself(kind: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    told = [repr(channel), str(vars(channel).get("_account", ""))]
    for answer, _ in TROUBLES.values():
        provider.answer = answer
        with pytest.raises(ProviderError) as caught:
            await channel.send(message)
        told += traceback.format_exception(caught.value)
    told += map(repr, provider.wire.exchanges)
    for secret in secrets_of(kind).values():
        assert not [text for text in told if secret in text]


@pytest.mark.parametrize("kind", SENDING)
async def test_can_be_cancelled(kind: str, provider: Provider) -> None:
    channel, message = sending(kind, provider)
    provider.answer = hangs
    send = asyncio.create_task(channel.send(message))
    # A provider's library may be loaded with the first call, and take its time.
    await asyncio.wait_for(provider.called.wait(), timeout=30)
    send.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(send, timeout=1)


@pytest.mark.parametrize("kind", SENDING)
async def test_check_tells_whether_the_account_works(kind: str, provider: Provider) -> None:
    channel, _ = sending(kind, provider)
    provider.answer = working(kind)
    await channel.check()
    provider.answer = says(401)
    with pytest.raises(BadCredentials):
        await channel.check()
    provider.answer = says(503)
    with pytest.raises(Unreachable):
        await channel.check()
