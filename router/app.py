"""The wiring: builds each part once, in the order in which they lean on each other.

Who reacts durably to what stands in `router/reactions.py`, who hears live news here: in the order
of their `bus.listen`, so that caches are dropped before anybody looks into them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

import structlog
from aiohttp import ClientSession
from redis.asyncio import Redis

from channels import load
from channels._account import open_channel
from channels._poller import keep_polling
from config.settings import Settings
from crm_sync.local import LocalCrm
from crm_sync.sync import Sync
from queues.attendance import Attendance
from queues.auditor import audit, set_right, write_down
from queues.distributor import Distributor
from queues.feeds import Feeds, http_of_feeds
from queues.notifying import Notices
from queues.presence import excuse_absence
from queues.simulator.work import Simulations
from queues.timers import Timers, wake_timers
from router.accounts import ChannelAccounts
from router.blobs import DiskBlobs
from router.bus import Bus, LocalBus, RedisBus
from router.clock import Clock, SystemClock
from router.delivery import Outbound
from router.directory import Directory
from router.doors import Doors
from router.errors import Busy
from router.filing import Filing
from router.guard import open_session
from router.inbound import Inbound
from router.indexing import index
from router.news import DeskNews, News, WorkNews
from router.polling import PollRounds
from router.profiling import Profiling
from router.proving import Proving
from router.reactions import (
    ATTEND,
    CRM,
    DELIVER,
    DISTRIBUTE,
    FEED,
    FETCH,
    NOTIFY,
    PROVE,
    SIMULATE,
    TIMERS,
    reactions,
)
from router.sealing import Sealing
from router.signalling import Signals
from router.standings import Standings
from router.storage import Conflict, Storage
from router.trials import Trials
from router.turns import SharedTurns
from router.unread import Unread
from router.vault import Vault
from router.visitor import Served
from router.webpush import WebPush
from router.wirelog import WireLog
from router.work import Kind, Worker

CRM_ACCOUNT = "local"
AUDIT_EVERY_S = 30.0
FOLD_EVERY_S = 10.0
INDEX_EVERY_S = 1.0
TIDY_EVERY_S = 3600.0
NOTICE_EVERY_S = 1.0
NEIGHBOUR_EVERY_S = 1.0
START_AGAIN_S = 1.0
MAX_REQUEST_BYTES = 20_000_000

log = structlog.get_logger(__name__)


class Part(StrEnum):
    """What a process does. `all` is every one of them."""

    WEB = "web"
    WORKER = "worker"
    POLLER = "poller"


EVERY_PART = frozenset(Part)


@dataclass
class App:
    """A process's parts. `running` are its tasks; the first that ends ends the process."""

    settings: Settings
    parts: frozenset[Part]
    clock: Clock
    storage: Storage
    bus: Bus
    directory: Directory
    sealing: Sealing
    vault: Vault
    blobs: DiskBlobs
    filing: Filing
    wirelog: WireLog
    unread: Unread
    doors: Doors
    trials: Trials
    inbound: Inbound
    feeds: Feeds
    signals: Signals
    standings: Standings
    notices: Notices
    started_at: datetime
    served: list[Served] = field(default_factory=list)
    running: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.running.append(asyncio.create_task(work, name=name))


@asynccontextmanager
async def opened(settings: Settings, parts: frozenset[Part]) -> AsyncIterator[App]:
    """Build the parts of a process; what was opened is closed in the opposite order."""
    async with AsyncExitStack() as stack:
        clock = SystemClock()
        redis = _redis(settings)
        bus: Bus = LocalBus() if redis is None else RedisBus(redis, clock)
        if redis is not None:
            stack.push_async_callback(redis.aclose)
        storage = Storage.open(settings.database, on_commit=bus.publish, reactions=reactions)
        stack.push_async_callback(storage.close)
        session = open_session(settings.private_hosts)
        stack.push_async_callback(session.close)
        turns = None if redis is None else SharedTurns(redis, clock)
        app = _app(settings, parts, clock, storage, bus, session, turns)
        try:
            yield app
        finally:
            for task in app.running:
                task.cancel()
            await asyncio.gather(*app.running, return_exceptions=True)
            await app.signals.close()


def _redis(settings: Settings) -> "Redis | None":
    if settings.redis_url is None:
        return None
    client: Redis = Redis.from_url(
        settings.redis_url.get_secret_value(), socket_connect_timeout=5, health_check_interval=15
    )
    return client


def _app(
    settings: Settings, parts: frozenset[Part], clock: Clock, storage: Storage, bus: Bus,
    session: ClientSession, turns: SharedTurns | None,
) -> App:  # fmt: skip
    sealing = Sealing(settings.secret_keys)
    directory, vault = Directory(storage), Vault(storage, sealing)
    bus.listen(directory.hear)
    blobs, wirelog = DiskBlobs(settings.data_dir / "blobs"), WireLog(storage, clock)
    doors = Doors(
        storage, clock, directory, vault, wirelog, session, open_channel=open_channel, turns=turns
    )
    bus.listen(doors.hear)
    signals = Signals(storage, clock, doors.door)
    push = WebPush(session, sealing, address=settings.address, clock=clock)
    writers = 1 if storage.engine.dialect == "sqlite" else 2
    inbound = Inbound(
        storage, clock, directory, blobs, writers=writers, acknowledge=signals.acknowledge
    )
    return App(
        settings=settings,
        parts=parts,
        clock=clock,
        started_at=clock.now(),
        storage=storage,
        bus=bus,
        directory=directory,
        sealing=sealing,
        vault=vault,
        blobs=blobs,
        filing=Filing(storage, clock, blobs, sealing, origin=settings.address),
        wirelog=wirelog,
        unread=Unread(storage, sealing, clock),
        doors=doors,
        trials=Trials(clock, session, open_channel=open_channel, address=settings.address),
        feeds=Feeds(storage, clock, sealing, http_of_feeds(session, clock)),
        inbound=inbound,
        signals=signals,
        standings=Standings(storage, clock, directory, doors, address=settings.address),
        notices=Notices(storage, clock, sealing, push),
    )


def accounts_of(app: App) -> ChannelAccounts:
    return ChannelAccounts(
        app.vault, app.doors, app.trials, app.standings, address=app.settings.address
    )


def crm_of(app: App) -> LocalCrm:
    return LocalCrm(app.storage, app.clock, console_url=f"{app.settings.address}/console")


def run_parts(app: App) -> None:
    """Start the tasks of the process."""
    if isinstance(app.bus, RedisBus):
        app.start("bus", app.bus.run())
    app.start("inbound", app.inbound.run())
    app.start("wirelog", app.wirelog.run())
    if app.storage.engine.dialect == "sqlite":
        app.start("neighbour", _heed_neighbours(app))
    if Part.WORKER in app.parts:
        app.start("worker", _work(app))
    elif Part.WEB in app.parts:
        app.start("excuse", _excuse_our_start(app))
    if Part.POLLER in app.parts:
        app.start("poller", _poll(app))
        app.start("standings", app.standings.run())


# --- workers -----------------------------------------------------------------


async def _work(app: App) -> None:
    """The worker and its upkeep, as soon as the database can be asked; until cancelled."""
    patient_until, started_at = await _excused(app), app.clock.now()
    steps = await _steps(app, patient_until=patient_until)
    worker = Worker(app.storage, app.clock, steps, alone=app.storage.engine.dialect == "sqlite")
    app.bus.listen(worker.hear)
    await asyncio.gather(
        worker.run(),
        app.wirelog.forget(),
        _each(app, AUDIT_EVERY_S, lambda: _audit(app, working_since=started_at)),
        _each(app, FOLD_EVERY_S, lambda: _fold(app)),
        _each(app, INDEX_EVERY_S, lambda: index(app.storage)),
        _each(app, NOTICE_EVERY_S, app.notices.look),
        _each(app, TIDY_EVERY_S, lambda: _tidy(app)),
        Profiling(app.storage, app.clock, app.directory, app.doors, app.blobs).run(),
    )


async def _steps(app: App, *, patient_until: datetime) -> Mapping[str, Kind]:
    """Who works the lanes of which kind."""
    distributor = Distributor(app.storage, app.clock, patient_until=patient_until, asks_crm=True)
    timers = await _timers(app, patient_until=patient_until)
    outbound = Outbound(
        app.storage,
        app.clock,
        open_door=app.doors.door,
        outgoing=app.filing.outgoing,
        pause_inbox=app.doors.pause,
        sealing=app.sealing,
    )
    proving = Proving(
        app.storage, app.clock, capabilities=cache(lambda kind: load(kind).capabilities)
    )
    sync = Sync(app.storage, app.clock, crm_of(app), account=CRM_ACCOUNT)
    simulations = Simulations(app.storage, app.clock, database=app.settings.database)
    return {
        DISTRIBUTE: Kind(distributor.distribute, slots=4),
        TIMERS: Kind(timers.step, slots=4),
        ATTEND: Kind(Attendance(app.storage, app.clock).attend, slots=2),
        DELIVER: Kind(outbound.deliver, slots=32),
        CRM: Kind(sync.step, slots=8),
        FETCH: Kind(app.filing.fetcher(app.doors.any_door), slots=4),
        PROVE: Kind(proving.step, slots=2),
        FEED: Kind(app.feeds.step, slots=2),
        NOTIFY: Kind(app.notices.step, slots=8),
        SIMULATE: Kind(simulations.step, slots=1, is_long=True),
    }


async def _timers(app: App, *, patient_until: datetime) -> Timers:
    with suppress(Busy, Conflict):
        # A line without a lane of timers got its first settings from an older desk, or beside us.
        await wake_timers(app.storage, now=app.clock.now())
    return Timers(
        app.storage,
        app.clock,
        capabilities=cache(lambda kind: load(kind).capabilities),
        patient_until=patient_until,
        address=app.settings.address,
    )


async def _excused(app: App) -> datetime:
    """Excuse everybody's absence; a database that is away at our start is waited for."""
    while True:
        try:
            return await excuse_absence(app.storage, now=app.clock.now())
        except (Busy, Conflict) as error:
            log.warning("worker_waits", reason=type(error).__name__)
            await app.clock.sleep(START_AGAIN_S)


async def _excuse_our_start(app: App) -> None:
    """The consoles' sockets ended with the process before this one."""
    await _excused(app)
    await asyncio.Event().wait()


async def _each(app: App, every_s: float, step: Callable[[], Awaitable[object]]) -> None:
    """Do something now and then; what the database cannot take now is done the next time."""
    while True:
        await app.clock.sleep(every_s)
        with suppress(Busy, Conflict):
            await step()


async def _audit(app: App, *, working_since: datetime) -> None:
    async with app.storage.reading() as tx:
        findings = await audit(tx, now=app.clock.now(), working_since=working_since)
    await app.storage.run(lambda tx: write_down(tx, findings, now=app.clock.now()))
    for finding in findings:
        log.error("invariant_broken", breach=finding.breach, count=finding.count)
    await set_right(app.storage, findings)


async def _tidy(app: App) -> None:
    """Delete uploads that no message took, what broken uploads and dead writers left behind, and
    what was told long ago.
    """
    await app.filing.forget_unused()
    await app.filing.forget_orphans()
    await app.notices.forget()
    await app.blobs.sweep(older_than_s=TIDY_EVERY_S)


async def _fold(app: App) -> None:
    async with app.storage.transaction() as tx:
        while await tx.record.fold_counters():
            pass


async def _heed_neighbours(app: App) -> None:
    """On SQLite the command line may have written beside us: look again, and work."""
    version = await app.storage.engine.version()
    while True:
        await app.clock.sleep(NEIGHBOUR_EVERY_S)
        with suppress(Busy):
            now = await app.storage.engine.version()
            if now != version:
                version = now
                kinds = frozenset(
                    (DISTRIBUTE, TIMERS, ATTEND, DELIVER, CRM, FETCH, PROVE, FEED, SIMULATE, NOTIFY)
                )
                news: list[News] = [WorkNews(kinds), DeskNews()]
                app.bus.publish(news)


# --- pollers -----------------------------------------------------------------


async def _poll(app: App) -> None:
    """Keep asking for each active inbox that has to ask; look each second which those are."""
    rounds = PollRounds(app.storage, app.clock, app.doors, app.inbound, app.unread)
    asking: dict[object, asyncio.Task[None]] = {}
    try:
        with suppress(Busy, Conflict):
            await rounds.begin()
        while True:
            with suppress(Busy):
                wanted = {
                    (inbox.id, id(channel)): (inbox, channel)
                    for inbox, channel in await rounds.polling(await app.directory.inboxes())
                }
                for place, task in tuple(asking.items()):
                    if task.done():
                        # It never ends by itself: a bug of ours must not silence an inbox.
                        log.error("poller_died", error=type(task.exception()).__name__)
                        del asking[place]
                    elif place not in wanted:
                        asking.pop(place).cancel()
                for place in wanted.keys() - asking.keys():
                    inbox, channel = wanted[place]
                    work = keep_polling(inbox, channel, rounds, clock=app.clock)
                    asking[place] = asyncio.create_task(work, name=f"poll/{inbox.id}")
            await app.clock.sleep(1.0)
    finally:
        for task in asking.values():
            task.cancel()
        await asyncio.gather(*asking.values(), return_exceptions=True)
        with suppress(Busy, Conflict):
            await rounds.leave()
