"""Who an account is, and whether it works, before it is stored: `router.trials`."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel

from router.abilities import Introduction, Subscription
from router.channel import Capabilities, OutgoingMessage, Secrets, Sent
from router.errors import BadCredentials, Rejected, Unreachable
from router.guard import open_session
from router.http import Http
from router.ids import InboxId, LineId, new_id
from router.model import Inbox
from router.trials import NO_PUBLIC_ADDRESS, Trial, Trials
from tests.clock import FakeClock

TOKEN = "a-token-that-nobody-may-read"
INBOX = Inbox(InboxId(new_id()), LineId(new_id()), "bot", "Bot")
KNOWN = Introduction("Shop", username="shop_bot", link="https://chat.example/shop_bot")


class Nothing(BaseModel):
    pass


class Bot:
    """A channel that asks `GET /me` who it is."""

    capabilities: ClassVar[Capabilities] = Capabilities(max_text_chars=100)
    account_type: ClassVar[type[BaseModel]] = Nothing
    secrets_type: ClassVar[type[BaseModel]] = Nothing
    url: ClassVar[str] = ""

    def __init__(self, account: Any, http: Http, secrets: Secrets) -> None:
        self.http, self.secrets = http, secrets

    async def send(self, message: OutgoingMessage) -> Sent:
        raise Rejected("a trial sends nothing")

    async def check(self) -> None:
        await self.introduce()

    async def introduce(self) -> Introduction:
        reply = await self.http.call("GET", f"{self.url}/me/{self.secrets.get('token')}")
        if reply.status == 404:
            raise BadCredentials(f"nobody has {self.secrets.get('token')}")
        return KNOWN


class Called(Bot):
    """One that is called by its provider."""

    async def subscribe(self, url: str) -> None: ...

    async def subscription(self, url: str) -> Subscription:
        return Subscription(ok=True)


class Asking(Called):
    """One that could be called, and asks."""

    polls = True

    async def poll(self, cursor: str | None) -> Any:
        raise Unreachable("a trial asks for nothing")


class Renewing(Bot):
    async def introduce(self) -> Introduction:
        async def renew(values: Any) -> Any:
            raise AssertionError("a token that can be renewed once was spent on a trial")

        await self.secrets.refresh(renew)
        return KNOWN


@pytest.fixture
async def provider() -> AsyncIterator[TestServer]:
    async def me(request: web.Request) -> web.Response:
        match request.match_info["token"]:
            case "wrong":
                raise web.HTTPNotFound
            case "down":
                raise web.HTTPServiceUnavailable
            case _:
                return web.json_response({})

    app = web.Application()
    app.router.add_get("/me/{token}", me)
    server = TestServer(app)
    await server.start_server()
    yield server
    await server.close()


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with open_session(["127.0.0.1"]) as session:
        yield session


async def trial(
    channel: type[Bot],
    provider: TestServer,
    session: ClientSession,
    *,
    token: str = TOKEN,
    address: str = "https://desk.example",
) -> Trial:
    class Placed(channel):  # type: ignore[misc, valid-type]
        url = str(provider.make_url("")).rstrip("/")

    trials = Trials(
        FakeClock(),
        session,
        open_channel=lambda _, http, secrets: Placed(None, http, secrets),
        address=address,
    )
    return await trials.of(INBOX, {"token": token})


async def test_an_account_that_works_says_who_it_is(
    provider: TestServer, session: ClientSession
) -> None:
    assert await trial(Bot, provider, session) == Trial(introduction=KNOWN)


async def test_why_an_account_does_not_work_is_an_answer_without_its_token(
    provider: TestServer, session: ClientSession
) -> None:
    refused = await trial(Bot, provider, session, token="wrong")
    assert refused.introduction is None
    assert refused.reason is not None
    assert refused.reason.startswith("nobody has")
    assert "wrong" not in refused.reason
    down = await trial(Bot, provider, session, token="down")
    assert (down.reason, down.introduction) == ("the provider is unavailable", None)


async def test_who_is_called_by_its_provider_is_told_that_nobody_can_call_it(
    provider: TestServer, session: ClientSession
) -> None:
    for channel, address, warned in (
        (Called, "http://127.0.0.1:8080", (NO_PUBLIC_ADDRESS,)),
        (Called, "https://desk.example", ()),
        (Asking, "http://127.0.0.1:8080", ()),
        (Bot, "http://127.0.0.1:8080", ()),
    ):
        tried = await trial(channel, provider, session, address=address)
        assert (channel, tried.reason, tried.warnings) == (channel, None, warned)


async def test_a_trial_spends_no_token_that_is_renewed_once(
    provider: TestServer, session: ClientSession
) -> None:
    tried = await trial(Renewing, provider, session)
    assert tried.reason == "the token is too old to be tried"
