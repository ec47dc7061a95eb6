"""The step of the lane `feed/<calendar>`: its feed is read now and then, and its days off kept.

A feed that cannot be read changes nothing: what it last said holds, and the calendar says what is
wrong. No transaction is open while the feed is asked.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urljoin
from uuid import UUID

from aiohttp import ClientSession

from queues.hours import today
from queues.ical import MAX_FEED_BYTES, exceptions_of
from router.calendars import Calendar, DateException
from router.clock import Clock
from router.errors import Invalid, ProviderError, Rejected
from router.events import LineChanged
from router.feeds import PURPOSE, Feed
from router.http import Exchange, Http, Reply
from router.ids import CalendarId
from router.news import DeskNews
from router.reactions import DISTRIBUTE, TIMERS
from router.sealing import Sealing, Unsealable
from router.storage import Lane, Storage, Transaction

EVERY = timedelta(hours=6)
# A feed that fails is asked again so soon, then after twice as long each time.
AGAIN = timedelta(minutes=15)
TIMEOUT_S = 20.0
REDIRECTS = 3
MOVED = frozenset((301, 302, 303, 307, 308))
AHEAD = timedelta(days=400)
# Who keeps two days behind can still say that yesterday's night shift was off.
BEHIND = timedelta(days=2)
ETAG_CHARS = 500


class Unwritten:
    """Of feeds no exchange is kept: their addresses are keys, and their words somebody's."""

    def keep(self, exchange: Exchange) -> None:
        pass


def http_of_feeds(session: ClientSession, clock: Clock) -> Http:
    return Http(session, wire=Unwritten(), hide=str, clock=clock)


class Feeds:
    """Reads calendars' feeds."""

    def __init__(self, storage: Storage, clock: Clock, sealing: Sealing, http: Http) -> None:
        self._storage = storage
        self._clock = clock
        self._sealing = sealing
        self._http = http

    async def step(self, lane: Lane) -> None:
        """Ask for one calendar's feed, and be due again."""
        calendar_id = CalendarId(UUID(lane.key))
        async with self._storage.reading() as tx:
            feed, calendar = await tx.feeds.get(calendar_id), await tx.calendars.get(calendar_id)
        if feed is None or calendar is None:
            async with self._storage.transaction() as tx:
                tx.lanes.give_back(lane)
            return
        days, etag, error = None, feed.etag, None
        try:
            reply = await self._asked(feed)
            if reply is not None:
                since = today(calendar, self._clock.now()) - BEHIND
                # A feed at its limits takes seconds to read.
                days = await asyncio.to_thread(
                    exceptions_of, reply.body, since=since, until=since + AHEAD,
                    free_too=feed.free_too,
                )  # fmt: skip
                etag = reply.headers.get("etag", "")[:ETAG_CHARS] or None
        except ProviderError as trouble:
            error = trouble.reason or "the provider failed"
        except Invalid as trouble:
            error = trouble.fields.get("feed", "is no calendar feed")
        except Unsealable:
            error = "none of our keys opens its address"
        after = _after(feed, etag=etag, error=error, now=self._clock.now())
        await self._storage.run(lambda tx: self._keep(tx, lane, feed, after, days))

    async def _asked(self, feed: Feed) -> Reply | None:
        """The feed; None if it is as it was. Raises `ProviderError`, `Unsealable`."""
        place = str(feed.calendar_id)
        url = self._sealing.open(feed.sealed, purpose=PURPOSE, place=place).decode()
        headers = {"Accept": "text/calendar"}
        if feed.etag and _is_recent(feed, now=self._clock.now()):
            headers["If-None-Match"] = feed.etag
        for _ in range(REDIRECTS + 1):
            reply = await self._http.call(
                "GET", url, headers=headers, timeout_s=TIMEOUT_S, max_bytes=MAX_FEED_BYTES
            )
            if reply.status not in MOVED:
                return _read(reply)
            goal = urljoin(url, reply.headers.get("location", ""))
            if goal.partition(":")[0] != url.partition(":")[0]:
                break
            url = goal
        raise Rejected("the feed leads somewhere else", code="moved")

    async def _keep(
        self,
        tx: Transaction,
        lane: Lane,
        asked: Feed,
        after: Feed,
        days: Sequence[DateException] | None,
    ) -> None:
        feed = await tx.feeds.get(asked.calendar_id, lock=True)
        calendar = await tx.calendars.get(asked.calendar_id)
        if feed is None or calendar is None:
            tx.lanes.give_back(lane)
            return
        if feed.sealed != asked.sealed or feed.free_too != asked.free_too:
            # Somebody gave it another address while the old one was read.
            tx.lanes.give_back(lane, due_at=self._clock.now())
            return
        await tx.feeds.put(after)
        if days is not None:
            await set_days_off(tx, calendar, days, now=self._clock.now())
        tx.record.tell(DeskNews())
        tx.lanes.give_back(lane, due_at=_next_look(after, now=self._clock.now()))


def _is_recent(feed: Feed, *, now: datetime) -> bool:
    """In each month it is read whole once: its days reach only so far ahead."""
    last = feed.fetched_at
    return last is not None and (last.year, last.month) == (now.year, now.month)


def _read(reply: Reply) -> Reply | None:
    match reply.status:
        case 200:
            return reply
        case 304:
            return None
        case 404 | 410:
            raise Rejected("the feed is not there", code=str(reply.status))
        case status:
            raise Rejected("the provider refused it", code=str(status))


def _after(feed: Feed, *, etag: str | None, error: str | None, now: datetime) -> Feed:
    if error is not None:
        return replace(feed, tried_at=now, error=error, failures=feed.failures + 1)
    return replace(feed, etag=etag, tried_at=now, fetched_at=now, error=None, failures=0)


def _next_look(feed: Feed, *, now: datetime) -> datetime:
    if feed.failures == 0:
        return now + EVERY
    doublings = min(feed.failures - 1, 10)
    return now + min(AGAIN * (1 << doublings), EVERY)


async def set_days_off(
    tx: Transaction, calendar: Calendar, days: Sequence[DateException], *, now: datetime
) -> None:
    """These are the feed's days off; whoever keeps the calendar looks again, if they are others."""
    after = replace(calendar, off=tuple(days))
    if after != calendar:
        await tx.calendars.save(after)
        await look_again(tx, calendar.id, now=now)


async def look_again(tx: Transaction, calendar_id: CalendarId, *, now: datetime) -> None:
    """Whoever keeps these hours may be open now, or at work."""
    its_lines = await tx.calendars.lines(calendar_id)
    for line_id in its_lines:
        await tx.queues.time_again(line_id, at=now)
        tx.lanes.wake(TIMERS, line_id, now)
        tx.record.emit(LineChanged(at=now, line_id=line_id))
    for operator_id in await tx.calendars.operators(calendar_id):
        its_lines += await tx.lines.of_operator(operator_id)
    for line_id in sorted(set(its_lines)):
        tx.lanes.wake(DISTRIBUTE, line_id, now)
    tx.record.tell(DeskNews())
