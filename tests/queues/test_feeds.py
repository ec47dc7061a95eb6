"""A calendar's feed is read now and then: `queues.feeds`, with a server that publishes one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from queues.feeds import AGAIN, EVERY, Feeds, http_of_feeds
from router.calendars import Calendar, Interval
from router.errors import Invalid
from router.feeds import PURPOSE, Feed, address_of, host_of
from router.guard import open_session
from router.ids import CalendarId, new_id
from router.model import Line
from router.reactions import FEED
from tests.desk import Desk

DAY = (Interval(9 * 60, 18 * 60),)
STOCKTAKING = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260701T000000Z
DTSTART;VALUE=DATE:20260804
SUMMARY:Stocktaking
END:VEVENT
END:VCALENDAR
"""


@dataclass
class Published:
    """What the other side answers, and what it was asked with."""

    address: str
    status: int = 200
    body: str = STOCKTAKING
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str | None] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("If-None-Match"))
        if request.path == "/moved":
            return web.Response(status=302, headers={"Location": self.headers["Location"]})
        return web.Response(status=self.status, text=self.body, headers=self.headers)


@pytest.fixture
async def published() -> AsyncIterator[Published]:
    application = web.Application()
    port = unused_port()
    feed = Published(f"http://127.0.0.1:{port}")
    application.router.add_get("/{path:.*}", feed.answer)
    runner = web.AppRunner(application, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield feed
    await runner.cleanup()


@dataclass
class Office:
    """A line whose calendar has a feed."""

    desk: Desk
    line: Line
    calendar_id: CalendarId

    async def calendar(self) -> Calendar:
        async with self.desk.storage.reading() as tx:
            found = await tx.calendars.get(self.calendar_id)
        assert found is not None
        return found

    async def feed(self) -> Feed:
        async with self.desk.storage.reading() as tx:
            found = await tx.feeds.get(self.calendar_id)
        assert found is not None
        return found

    async def follows(self, address: str, *, free_too: bool = False) -> None:
        place = str(self.calendar_id)
        sealed = self.desk.sealing.seal(address.encode(), purpose=PURPOSE, place=place)
        async with self.desk.storage.transaction() as tx:
            await tx.feeds.put(Feed(self.calendar_id, sealed, host_of(address), free_too))
            tx.lanes.wake(FEED, self.calendar_id, self.desk.clock.now())

    async def due_in(self) -> timedelta | None:
        async with self.desk.storage.reading() as tx:
            due = (await tx.lanes.next_due([FEED])).get(FEED)
        return None if due is None else due - self.desk.clock.now()


@pytest.fixture
async def office(desk: Desk) -> AsyncIterator[Office]:
    calendar = Calendar(CalendarId(new_id()), "office", "Europe/Moscow", (DAY,) * 7)
    async with desk.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
    line = await desk.line(calendar_id=calendar.id)
    async with open_session(["127.0.0.1"]) as session:
        feeds = Feeds(desk.storage, desk.clock, desk.sealing, http_of_feeds(session, desk.clock))
        desk.steps[FEED] = feeds.step
        yield Office(desk, line, calendar.id)


async def test_days_off_of_a_feed_close_the_line(office: Office, published: Published) -> None:
    await office.follows(f"{published.address}/office.ics")
    await office.desk.works()
    calendar, feed = await office.calendar(), await office.feed()
    assert [(str(one.on), one.name) for one in calendar.off] == [("2026-08-04", "Stocktaking")]
    assert (feed.error, feed.fetched_at) == (None, office.desk.clock.now())
    assert await office.due_in() == EVERY
    async with office.desk.storage.reading() as tx:
        assert {"distribute"} <= (await tx.lanes.next_due(["distribute", "timers"])).keys()


async def test_what_did_not_change_is_not_sent_again(office: Office, published: Published) -> None:
    published.headers = {"ETag": '"1"'}
    await office.follows(published.address)
    await office.desk.works()
    before = await office.calendar()
    published.status, published.body = 304, ""
    office.desk.clock.move(EVERY.total_seconds())
    await office.desk.works()
    assert published.asked == [None, '"1"']
    assert (await office.calendar(), (await office.feed()).error) == (before, None)
    # In another month the feed is read whole again: its days reach only so far ahead.
    published.status, published.body = 200, STOCKTAKING
    office.desk.clock.move(31 * 86_400)
    await office.desk.works()
    assert published.asked == [None, '"1"', None]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, "", "the feed is not there"),
        (403, "", "the provider refused it"),
        (500, "", "the provider failed"),
        (200, "<html>sign in</html>", "is no calendar feed"),
        (200, "x" * 1_000_001, "the answer is too large"),
    ],
)
async def test_feed_that_cannot_be_read_leaves_the_last_good_one(
    office: Office, published: Published, status: int, body: str, error: str
) -> None:
    await office.follows(published.address)
    await office.desk.works()
    before, read_at = await office.calendar(), office.desk.clock.now()
    published.status, published.body = status, body
    for wait in (AGAIN, AGAIN * 2, AGAIN * 4):
        office.desk.clock.move(EVERY.total_seconds())
        await office.desk.works()
        assert await office.due_in() == wait
    feed = await office.feed()
    assert (feed.error, feed.fetched_at, feed.failures) == (error, read_at, 3)
    assert await office.calendar() == before
    published.status, published.body = 200, STOCKTAKING.replace("20260804", "20260805")
    office.desk.clock.move(EVERY.total_seconds())
    await office.desk.works()
    assert (await office.feed()).error is None
    assert [str(one.on) for one in (await office.calendar()).off] == ["2026-08-05"]


async def test_feed_may_move_but_not_to_another_scheme(
    office: Office, published: Published
) -> None:
    published.headers = {"Location": "/office.ics"}
    await office.follows(f"{published.address}/moved")
    await office.desk.works()
    assert ((await office.feed()).error, len((await office.calendar()).off)) == (None, 1)
    published.headers = {"Location": "ftp://127.0.0.1/office.ics"}
    office.desk.clock.move(EVERY.total_seconds())
    await office.desk.works()
    assert (await office.feed()).error == "the feed leads somewhere else"


async def test_feed_of_a_private_network_is_not_asked(office: Office, published: Published) -> None:
    async with open_session() as session:
        http = http_of_feeds(session, office.desk.clock)
        office.desk.steps[FEED] = Feeds(
            office.desk.storage, office.desk.clock, office.desk.sealing, http
        ).step
        await office.follows(published.address)
        await office.desk.works()
    assert ((await office.feed()).error, published.asked) == ("the address is private", [])


async def test_calendar_without_a_feed_is_left_alone(office: Office) -> None:
    await office.follows("https://calendar.example/x.ics")
    async with office.desk.storage.transaction() as tx:
        await tx.feeds.delete(office.calendar_id)
    await office.desk.works()
    assert await office.due_in() is None


def test_an_address_begins_with_https() -> None:
    assert address_of(" webcal://calendar.example/a.ics ") == "https://calendar.example/a.ics"
    assert host_of(address_of("https://calendar.example:8443/a?key=1")) == "calendar.example"
    for wrong in (
        "http://calendar.example/a.ics", "file:///etc/passwd", "calendar.example", "https://",
        "https://user:pass@calendar.example/", "https://a.example/ b", "https://a/" + "x" * 2000, "https://[",
    ):  # fmt: skip
        with pytest.raises(Invalid):
            address_of(wrong)
