"""Notices on devices, over the API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from router.staff import Role
from tests.console.office import Office
from tests.fakes.push import PushService, push_service


@pytest.fixture
async def service(office: Office) -> AsyncIterator[PushService]:
    async with push_service(office.desk.clock) as service:
        yield service


async def test_browser_that_allows_notices_shows_one_and_is_reached_by_it(
    office: Office, service: PushService
) -> None:
    anna = await office.works("Anna")
    phone = service.browser((await anna.gets("/notices"))["server_key"])
    for _ in range(2):
        told = await anna.does("PUT", "/notices/device", phone.subscription)
        assert told["devices"] == 1
    assert await anna.does("POST", "/notices/try") == {"reached": 1}
    [shown] = phone.shown
    assert shown.letter["path"] == "settings/profile"
    stranger = await office.seat()
    receipt = {"receipt": shown.letter["receipt"]}
    await stranger.does("POST", "/notices/shown", receipt, status=204)
    assert anna.operator is not None
    async with office.desk.storage.reading() as tx:
        presence = await tx.presence.get(anna.operator.id)
    assert presence is not None
    assert presence.pushed_until is not None
    body = {"endpoint": phone.endpoint}
    await anna.does("POST", "/notices/device/forget", body, status=204)
    await anna.does("POST", "/notices/device/forget", body, status=204)
    assert (await anna.gets("/notices"))["devices"] == 0
    assert await anna.does("POST", "/notices/try") == {"reached": 0}


async def test_next_who_signs_in_on_a_browser_has_its_notices(
    office: Office, service: PushService
) -> None:
    anna, boris = await office.works("Anna"), await office.works("Boris")
    phone = service.browser((await anna.gets("/notices"))["server_key"])
    await anna.does("PUT", "/notices/device", phone.subscription)
    await boris.does("PUT", "/notices/device", phone.subscription)
    assert (await anna.gets("/notices"))["devices"] == 0
    body = {"endpoint": phone.endpoint}
    await anna.does("POST", "/notices/device/forget", body, status=204)
    assert (await boris.gets("/notices"))["devices"] == 1


async def test_who_signs_out_is_told_nothing_any_more(office: Office, service: PushService) -> None:
    anna = await office.works("Anna")
    phone = service.browser((await anna.gets("/notices"))["server_key"])
    await anna.does("PUT", "/notices/device", phone.subscription)
    await anna.does("DELETE", "/session", status=204)
    assert anna.operator is not None
    await anna.sign_in(anna.operator.email)
    assert (await anna.gets("/notices"))["devices"] == 0


async def test_twenty_devices_are_kept_the_newest(office: Office, service: PushService) -> None:
    anna = await office.works("Anna")
    key = (await anna.gets("/notices"))["server_key"]
    for number in range(1, 22):
        told = await anna.does("PUT", "/notices/device", service.browser(key).subscription)
        assert told["devices"] == min(number, 20)
        office.desk.clock.move(1)
    await anna.does("POST", "/notices/try")
    shown = [len(one.shown) for one in service.browsers.values()]
    assert shown == [0] + [1] * 20


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"endpoint": "ftp://push.example/1"}, "endpoint"),
        ({"endpoint": ""}, "endpoint"),
        ({"p256dh": "AAAA"}, "p256dh"),
        ({"p256dh": "не ключ"}, "p256dh"),
        ({"auth": "AAAA"}, "auth"),
        ({"auth": "!"}, "auth"),
    ],
)
async def test_what_is_no_subscription_is_refused(
    office: Office, service: PushService, change: dict[str, Any], field: str
) -> None:
    anna = await office.works("Anna")
    phone = service.browser("")
    answer = await anna.ask("PUT", "/notices/device", phone.subscription | change)
    assert answer.status == 400
    assert list((await answer.json())["fields"]) == [field]


async def test_scripts_have_no_devices(office: Office, service: PushService) -> None:
    script = await office.script(Role.ADMINISTRATOR)
    given = service.browser("").subscription
    assert await script.refused("PUT", "/notices/device", given, status=403)
