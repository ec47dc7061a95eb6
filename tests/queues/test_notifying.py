"""Notices reach the devices of operators: `queues.notifying`, with a push service of the tests."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from queues.notifying import PURPOSE
from router.calendars import Calendar
from router.handling import accept, see, take
from router.ids import CalendarId, ConversationId, LeaveId, new_id
from router.merging import merge
from router.queueing import Shift
from router.reactions import NOTIFY
from router.sealing import Sealing
from router.staff import ClockKind, Leave, Presence, Role, Status
from router.storage.lanes import LostLease
from router.webpush import public_key
from tests.desk import Desk
from tests.queues.devices import OFFERS, PUSH, Devices, devices_on


@pytest.fixture
async def devices(desk: Desk) -> AsyncIterator[Devices]:
    """On a line that asks."""
    async with devices_on(desk, OFFERS) as one:
        yield one


@pytest.fixture
async def each_devices(either_desk: Desk) -> AsyncIterator[Devices]:
    async with devices_on(either_desk, OFFERS) as one:
        yield one


@pytest.fixture
async def pushing(desk: Desk) -> AsyncIterator[Devices]:
    """On a line that gives without asking."""
    async with devices_on(desk, PUSH) as one:
        yield one


# --- what is told -----------------------------------------------------------------


async def test_offer_reaches_every_device_once(each_devices: Devices) -> None:
    devices = each_devices
    anna = await devices.operator()
    phone, laptop = await devices.device(anna), await devices.device(anna)
    await devices.writes("Is it open on Sunday?")
    await devices.goes_on(26)
    await devices.goes_on(5)
    [shown] = phone.shown
    assert laptop.titles == ["Take the conversation: Olga"]
    assert shown.letter["body"] == "Is it open on Sunday?"
    assert (shown.ttl_s, shown.urgency) == (34, "high")
    assert UUID(shown.topic) == UUID(shown.letter["tag"])


async def test_what_is_said_beside_is_told_once_to_who_has_the_one_it_goes_on_in(
    each_devices: Devices,
) -> None:
    devices, desk = each_devices, each_devices.desk
    anna = await devices.operator()
    phone = await devices.device(anna)

    async def writes(text: str, key: str) -> ConversationId:
        await desk.writes(text, inbox=devices.inbox, who="Olga", name="Olga", thread_key=key)
        return (await desk.conversation(devices.inbox, key)).id

    async def act(act: Callable[..., Awaitable[Any]], *given: Any, **named: Any) -> None:
        await desk.storage.run(lambda tx: act(tx, *given, **named, now=desk.clock.now()))

    into, merged = await writes("Hello", "orders"), await writes("Also", "bills")
    await act(take, into, anna)
    await act(merge, merged, into, anna.id)
    for id_ in (into, merged):
        await act(see, id_, anna.id, seq=9)
    await devices.goes_on(30)
    assert phone.titles == []
    for text in ("And?", "And this?"):
        await writes(text, "bills")
        await devices.goes_on(30)
    [shown] = phone.shown
    assert (shown.letter["title"], shown.letter["body"]) == ("Olga", "And?")
    assert shown.letter["path"] == f"conversations/mine/{into}"


async def test_offer_that_was_accepted_is_the_customers_message(devices: Devices) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    id_ = await devices.writes()

    await devices.desk.storage.run(
        lambda tx: accept(tx, id_, anna.id, now=devices.desk.clock.now())
    )
    await devices.goes_on()
    assert phone.titles == ["Olga"]


async def test_ten_messages_in_a_row_are_one_notice_until_they_are_looked_at(
    pushing: Devices,
) -> None:
    anna = await pushing.operator()
    phone = await pushing.device(anna)
    id_ = await pushing.writes("One")
    await pushing.goes_on()
    for text in ("Two", "Three"):
        await pushing.writes(text)
        await pushing.goes_on(60)
    assert [one.letter["body"] for one in phone.shown] == ["One"]
    await pushing.desk.storage.run(
        lambda tx: see(tx, id_, anna.id, seq=3, now=pushing.desk.clock.now())
    )
    await pushing.writes("Four")
    await pushing.goes_on()
    assert [one.letter["body"] for one in phone.shown] == ["One", "Four"]
    assert phone.shown[-1].letter["path"] == f"conversations/mine/{id_}"


async def test_after_the_shift_customers_wait_for_the_next(pushing: Devices) -> None:
    anna = await pushing.operator()
    phone = await pushing.device(anna)
    id_ = await pushing.writes("One")
    await pushing.goes_on()
    storage, clock = pushing.desk.storage, pushing.desk.clock
    await storage.run(lambda tx: see(tx, id_, anna.id, seq=1, now=clock.now()))
    async with storage.transaction() as tx:
        await tx.operators.save(replace(anna, shift=Shift.CLOCK))
    await pushing.writes("Two")
    await pushing.goes_on(60)
    assert [one.letter["body"] for one in phone.shown] == ["One"]
    async with storage.transaction() as tx:
        await tx.clock.start(anna.id, ClockKind.WORK, at=clock.now())
    await pushing.goes_on()
    assert [one.letter["body"] for one in phone.shown] == ["One", "Two"]


async def test_notice_is_in_the_operators_language(devices: Devices) -> None:
    anna = await devices.operator(language="ru")
    phone = await devices.device(anna)
    await devices.writes()
    await devices.goes_on()
    assert phone.titles == ["Примите диалог: Olga"]
    assert phone.shown[0].letter["language"] == "ru"


async def test_longest_texts_fit(devices: Devices) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    await devices.writes("😀" * 4000, who="👩‍👩‍👧" * 80)
    await devices.goes_on()
    assert len(phone.shown) == 1


# --- who supervises ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "in_queue", "is_told"),
    [
        (Role.SUPERVISOR, True, True),
        (Role.SUPERVISOR, False, False),
        (Role.ADMINISTRATOR, False, True),
        (Role.OPERATOR, True, False),
    ],
)
async def test_who_supervises_is_told_of_a_late_line_once_in_five_minutes(
    each_devices: Devices, role: Role, *, in_queue: bool, is_told: bool
) -> None:
    devices = each_devices
    lines = (devices.line,) if in_queue else ()
    vera = await devices.desk.operator("Vera", *lines, role=role, status=Status.BUSY)
    phone = await devices.device(vera)
    for name in ("Olga", "Boris"):
        await devices.becomes_late(await devices.writes(who=name))
    await devices.goes_on(20)
    await devices.becomes_late(await devices.writes(who="Pavel"))
    await devices.goes_on(279)
    told = [(one.letter["title"], one.letter["body"]) for one in phone.shown]
    late = ("Отвечают с опозданием: Shop", "Обещанное время вышло, опаздывают: 2.")
    assert told == ([late] if is_told else [])
    await devices.goes_on(21)
    assert len(phone.shown) == (2 if is_told else 0)
    if is_told:
        assert phone.shown[-1].letter["path"] == "load"


# --- who can be reached nowhere ------------------------------------------------------


async def test_who_is_called_and_shows_it_is_offered_what_waits(each_devices: Devices) -> None:
    devices = each_devices
    anna = await devices.operator(reachable=False)
    phone = await devices.device(anna)
    id_ = await devices.writes()
    await devices.goes_on()
    assert phone.titles == ["Somebody waits in the queue: Shop"]
    assert not await devices.reachable(anna)
    await devices.shows(phone)
    await devices.desk.works()
    assert (await devices.desk.again(id_)).offered_to == anna.id
    await devices.goes_on()
    assert phone.titles[1:] == ["Take the conversation: Olga"]
    await devices.goes_on(15 * 60)
    assert not await devices.reachable(anna)


async def test_queue_calls_again_for_another_after_five_minutes(devices: Devices) -> None:
    anna = await devices.operator(reachable=False)
    phone = await devices.device(anna)
    await devices.writes()
    await devices.goes_on()
    await devices.writes(who="Boris")
    await devices.goes_on(299)
    assert len(phone.shown) == 1
    await devices.goes_on(1)
    assert len(phone.shown) == 2
    await devices.goes_on(600)
    assert len(phone.shown) == 2


@pytest.mark.parametrize("status", [Status.AWAY, Status.BUSY, Status.OFF])
async def test_who_is_not_available_is_not_called(devices: Devices, status: Status) -> None:
    anna = await devices.operator(reachable=False)
    phone = await devices.device(anna)
    async with devices.desk.storage.transaction() as tx:
        await tx.presence.put(Presence(anna.id, status, devices.desk.clock.now()))
    await devices.writes()
    await devices.goes_on()
    assert phone.shown == []


@pytest.mark.parametrize("why", ["on leave", "off shift", "on a break"])
async def test_who_is_not_at_work_is_not_called(devices: Devices, why: str) -> None:
    anna = await devices.operator(reachable=False)
    phone = await devices.device(anna)
    now = devices.desk.clock.now()
    async with devices.desk.storage.transaction() as tx:
        match why:
            case "on leave":
                await tx.leaves.insert(Leave(LeaveId(new_id()), anna.id, now))
            case "off shift":
                await tx.operators.save(replace(anna, shift=Shift.CLOCK))
            case _:
                await tx.clock.start(anna.id, ClockKind.BREAK, at=now)
    await devices.writes()
    await devices.goes_on()
    assert phone.shown == []


async def test_nobody_is_called_outside_the_lines_hours(devices: Devices) -> None:
    anna = await devices.operator(reachable=False)
    phone = await devices.device(anna)
    never = Calendar(CalendarId(new_id()), "never", "UTC", ((),) * 7)
    async with devices.desk.storage.transaction() as tx:
        await tx.calendars.insert(never)
        await tx.lines.save(replace(devices.line, calendar_id=never.id))
    await devices.writes()
    await devices.goes_on()
    assert phone.shown == []


# --- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
async def test_device_that_is_gone_is_forgotten(devices: Devices, status: int) -> None:
    anna = await devices.operator()
    await devices.device(anna)
    devices.service.answers.append((status, {}))
    await devices.writes()
    await devices.goes_on()
    assert await devices.count(anna) == 0


@pytest.mark.parametrize(
    ("status", "headers", "wait_s"),
    [(429, {"Retry-After": "45"}, 45), (429, {}, 30), (503, {}, 30), (500, {}, 30), (403, {}, 30)],
)
async def test_push_service_in_trouble_is_left_alone_and_asked_again(
    devices: Devices, status: int, headers: dict[str, str], wait_s: int
) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    devices.service.answers.append((status, headers))
    await devices.writes()
    await devices.goes_on()
    await devices.goes_on(wait_s - 1)
    assert phone.shown == []
    await devices.goes_on(1)
    assert phone.titles == ["Take the conversation: Olga"]


async def test_other_device_is_told_though_one_fails(devices: Devices) -> None:
    anna = await devices.operator()
    phones = [await devices.device(anna), await devices.device(anna)]
    devices.service.answers.append((503, {}))
    await devices.writes()
    await devices.goes_on()
    assert sorted(len(one.shown) for one in phones) == [0, 1]


async def test_step_whose_lease_was_lost_shows_the_same_notice_again_in_its_place(
    devices: Devices,
) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    await devices.writes()
    await devices.notices.look()
    now = devices.desk.clock.now()
    async with devices.desk.storage.transaction() as tx:
        [lane] = await tx.lanes.take(NOTIFY, now=now, lease_until=now, limit=1)
    with pytest.raises(LostLease):
        await devices.notices.step(replace(lane, fence=lane.fence - 1))
    await devices.goes_on(1)
    assert [one.letter["tag"] for one in phone.shown] == [phone.shown[0].letter["tag"]] * 2
    assert {one.topic for one in phone.shown} == {phone.shown[0].topic}


async def test_device_of_another_secret_key_is_forgotten(devices: Devices) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    other = public_key(Sealing(["another key of the tests, as long as the first"]))
    async with devices.desk.storage.transaction() as tx:
        [device] = await tx.notices.devices(anna.id, now=devices.desk.clock.now())
        await tx.notices.add(replace(device, server_key=other))
    await devices.writes()
    await devices.goes_on()
    assert (phone.shown, await devices.count(anna)) == ([], 0)


async def test_devices_end_with_their_session(each_devices: Devices) -> None:
    devices = each_devices
    anna = await devices.operator()
    await devices.device(anna)
    async with devices.desk.storage.transaction() as tx:
        await tx.access.end_all(anna.id)
    assert await devices.count(anna) == 0


async def test_receipt_of_nothing_moves_nobody(devices: Devices) -> None:
    anna = await devices.operator(reachable=False)
    await devices.device(anna)
    until = devices.desk.clock.now() + timedelta(hours=1)
    sign = devices.desk.sealing.sign
    for receipt in (
        "",
        "nonsense",
        sign(str(new_id()), purpose=PURPOSE, until=until),
        sign(str(anna.id), purpose="another", until=until),
    ):
        await devices.notices.shown(receipt)
    assert not await devices.reachable(anna)


async def test_late_receipt_of_a_day_ago_says_nothing_of_now(devices: Devices) -> None:
    anna = await devices.operator()
    phone = await devices.device(anna)
    await devices.writes()
    await devices.goes_on()
    await devices.desk.clock.advance(24 * 3600)
    await devices.shows(phone)
    assert not await devices.reachable(anna)


async def test_nobody_without_devices_costs_a_lane(devices: Devices) -> None:
    await devices.operator()
    await devices.writes()
    await devices.notices.look()
    async with devices.desk.storage.reading() as tx:
        assert NOTIFY not in await tx.lanes.next_due([NOTIFY])
