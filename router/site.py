"""The web server's application: health, hooks, chats, files, the console."""

from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CollectorRegistry

from channels import kinds, load
from channels._webhook import hook_routes
from console.desk import Desk
from console.page_of_ratings import RatingPage
from console.pages import build_id
from console.passwords import Passwords
from console.server import Console
from console.sessions import Sessions
from queues.auditor import Finding, last_findings
from queues.hours import hours_at
from queues.presence import Reachability
from router.app import CRM_ACCOUNT, App, accounts_of, crm_of
from router.bus import RedisBus
from router.doors import Reception
from router.errors import Busy
from router.fronts import KindFronts, VisitorParts
from router.health import Check, Numbers, Polled
from router.health import routes as health_routes
from router.model import Health, Inbox
from router.proxies import believing, has_left
from router.standings import held_by_providers
from router.storage import Conflict
from router.visitor import Serving
from router.visitors import Followers

MAX_REQUEST_BYTES = 20_000_000


def site_of(app: App) -> web.Application:
    """The server's application: health, hooks, chats, files, console."""
    middlewares: list[Middleware] = [excuse]
    if app.settings.proxies:
        middlewares.insert(0, believing(app.settings.proxies))
    site = web.Application(client_max_size=MAX_REQUEST_BYTES, middlewares=middlewares)
    registry = CollectorRegistry()
    numbers = Numbers(_polled(app), registry, clock=app.clock)
    site.add_routes(health_routes(lambda: _checks(app), registry, clock=app.clock, numbers=numbers))
    reception = Reception(app.doors, app.inbound, app.unread, app.directory)
    site.add_routes(hook_routes(reception, origin=app.settings.address))
    site.add_routes(app.filing.routes())
    _serve_customers(app, site)
    site.add_routes(RatingPage(app.storage, app.clock).routes())
    desk = Desk(
        storage=app.storage,
        clock=app.clock,
        bus=app.bus,
        sessions=Sessions(app.storage, app.clock, Passwords()),
        reachability=Reachability(app.storage, app.clock),
        crm=crm_of(app),
        crm_account=CRM_ACCOUNT,
        accounts=accounts_of(app),
        filing=app.filing,
        unread=app.unread,
        read_again=reception.read_again,
        address=app.settings.address,
        build=build_id(),
        sealing=app.sealing,
        signals=app.signals,
        notices=app.notices,
    )
    Console(desk).setup(site)
    site.on_shutdown.append(lambda _: _close_served(app))
    return site


@web.middleware
async def excuse(request: web.Request, handler: Handler) -> web.StreamResponse:
    """While the database is away, every door says 503: browsers and proxies come back. Who left
    before they were heard is no trouble of ours.
    """
    try:
        return await handler(request)
    except (Busy, Conflict):
        return web.Response(status=503, text="come back soon", headers={"Retry-After": "2"})
    except ConnectionResetError:
        # Of those who break off in the middle of a request; a connection of ours is another matter.
        if not has_left(request):
            raise
        return web.Response(status=400)


async def _close_served(app: App) -> None:
    for served in app.served:
        await served.close()


def _serve_customers(app: App, site: web.Application) -> None:
    """The doors of every channel that talks to its customers' own clients."""
    followers = Followers(app.storage, app.directory, app.filing, app.bus)
    site.on_shutdown.append(lambda _: followers.close())
    parts = VisitorParts(
        storage=app.storage,
        clock=app.clock,
        inbound=app.inbound,
        directory=app.directory,
        filing=app.filing,
        followers=followers,
        bus=app.bus,
        hours_at=hours_at,
    )
    for kind in kinds():
        serving: Any = load(kind)
        if not isinstance(serving, Serving):
            continue
        fronts = KindFronts(kind, parts, app.doors, origin=app.settings.address)
        app.bus.listen(fronts.hear)
        keys = app.sealing.keys(f"visitors/{kind}")
        served = serving.serve(fronts, signing_keys=keys, clock=app.clock)
        site.add_routes(served.routes())
        app.served.append(served)


def _checks(app: App) -> list[Check]:
    async def database() -> None:
        async with app.storage.reading() as tx:
            await tx.lines.all()

    async def live() -> None:
        if isinstance(app.bus, RedisBus) and not app.bus.connected:
            raise ConnectionError

    async def invariants() -> None:
        if await _findings(app):
            raise InvariantBroken

    checks = [Check("database", database), Check("bus", live, required=False)]
    checks.append(Check("invariants", invariants, required=False))
    return checks + [_inbox_check(inbox) for inbox in app.directory.known_inboxes()]


async def _findings(app: App) -> list[Finding]:
    """The audit may be another process's: its last word is in the database."""
    async with app.storage.reading() as tx:
        return await last_findings(tx, now=app.clock.now(), asking_since=app.started_at)


class InvariantBroken(Exception):
    """The last audit found something; the log says what."""


class InboxFailing(Exception):
    """The inbox's provider does not answer as it should."""


class InboxPaused(Exception):
    """The inbox's provider refuses its account: only a person can mend that."""


def _inbox_check(inbox: Inbox) -> Check:
    async def works() -> None:
        if inbox.active and inbox.health is Health.PAUSED:
            raise InboxPaused
        if inbox.active and inbox.health is not Health.WORKING:
            raise InboxFailing

    return Check(f"inbox {inbox.id}", works, required=False)


def _polled(app: App) -> list[Polled]:
    async def depth() -> dict[tuple[str, ...], float]:
        async with app.storage.reading() as tx:
            found = await tx.lanes.depth(app.clock.now())
        return {(kind,): float(count) for kind, count in found.items()}

    async def received() -> dict[tuple[str, ...], float]:
        return {
            ("new",): float(app.inbound.accepted),
            ("duplicate",): float(app.inbound.duplicates),
            ("refused",): float(app.inbound.refused),
        }

    async def breaches() -> dict[tuple[str, ...], float]:
        return {(one.breach.value,): float(one.count) for one in await _findings(app)}

    async def held() -> dict[tuple[str, ...], float]:
        async with app.storage.reading() as tx:
            waiting = held_by_providers(await tx.inboxes.standings())
        return {(str(inbox_id),): float(count) for inbox_id, count in waiting.items()}

    async def working() -> dict[tuple[str, ...], float]:
        return {
            (str(one.id), one.kind): float(one.health is Health.WORKING)
            for one in await app.directory.inboxes()
            if one.active
        }

    return [
        Polled("inbox_working", "Whether an inbox works: 1 or 0", working, ("inbox", "kind")),
        Polled("held_by_providers", "Updates that wait at providers", held, ("inbox",)),
        Polled("lanes_due", "Lanes of work that are due", depth, ("kind",)),
        Polled("arrivals", "Arrivals since the start", received, ("outcome",)),
        Polled("breaches", "Broken invariants, by the last audit", breaches, ("breach",)),
    ]
