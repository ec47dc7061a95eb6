"""Sealing and signing for push services: `router.webpush`, read by what browsers read it with."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp.test_utils import unused_port

from router.errors import ProviderError, Rejected, Throttled, Unreachable
from router.guard import open_session
from router.sealing import Sealing
from router.webpush import GoneDevice, Parcel, WebPush, public_key
from tests.clock import FakeClock
from tests.fakes.push import Browser, PushService, push_service

OLD, NEW = "an old key of the tests, long enough", "a new key of the tests, long enough."
PARCEL = Parcel(b'{"title":"Olga"}', "a-topic_", timedelta(minutes=5))


@dataclass
class Scene:
    service: PushService
    push: WebPush
    phone: Browser

    async def send(self, parcel: Parcel = PARCEL) -> None:
        await self.push.send(parcel, Subscribed(self.phone))


@dataclass(frozen=True)
class Subscribed:
    """A browser, as it is stored."""

    browser: Browser

    @property
    def endpoint(self) -> str:
        return self.browser.endpoint

    @property
    def p256dh(self) -> str:
        return self.browser.p256dh

    @property
    def auth(self) -> str:
        return self.browser.subscription["auth"]

    @property
    def server_key(self) -> str:
        return self.browser.server_key


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """The desk's secret key was replaced after the phone had subscribed."""
    clock = FakeClock()
    async with push_service(clock) as service, open_session(["127.0.0.1"]) as session:
        push = WebPush(session, Sealing([NEW, OLD]), address="https://desk.test", clock=clock)
        yield Scene(service, push, service.browser(public_key(Sealing([OLD]))))
        assert service.refused == []


async def test_browser_reads_what_was_sent(scene: Scene) -> None:
    await scene.send()
    [shown] = scene.phone.shown
    assert shown.letter == {"title": "Olga"}
    assert (shown.topic, shown.ttl_s, shown.urgency) == ("a-topic_", 300, "high")


async def test_key_is_the_same_at_every_start_and_another_for_another_desk() -> None:
    assert public_key(Sealing([NEW])) == public_key(Sealing([NEW, OLD]))
    assert public_key(Sealing([NEW])) != public_key(Sealing([OLD]))


async def test_key_that_was_given_up_reaches_nobody(scene: Scene) -> None:
    scene.phone.server_key = public_key(Sealing(["a key that nobody has had for long"]))
    with pytest.raises(GoneDevice):
        await scene.send()


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, GoneDevice), (410, GoneDevice), (429, Throttled), (503, Unreachable), (400, Rejected)],
)
async def test_what_the_push_service_says_is_named(
    scene: Scene, status: int, error: type[ProviderError]
) -> None:
    scene.service.answers.append((status, {}))
    with pytest.raises(error):
        await scene.send()


async def test_push_service_that_is_down_is_unreachable(scene: Scene) -> None:
    scene.phone.endpoint = f"http://127.0.0.1:{unused_port()}/push/1"
    with pytest.raises(Unreachable):
        await scene.send()


async def test_largest_parcel_fits_into_what_push_services_take(scene: Scene) -> None:
    body = b'{"title":"' + b"a" * 3888 + b'"}'
    await scene.send(Parcel(body, "", timedelta()))
    assert len(scene.phone.shown) == 1
