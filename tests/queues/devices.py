"""A desk whose operators have devices, before a push service of the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from queues.distributor import Distributor
from queues.notifying import Notices
from queues.presence import is_reachable
from router.guard import open_session
from router.holding import lock
from router.ids import ConversationId, new_id
from router.model import Inbox, Line
from router.queueing import Queueing
from router.reactions import DISTRIBUTE, NOTIFY
from router.staff import Operator
from router.states import touched
from router.storage.access import Session
from router.storage.notices import Device
from router.webpush import WebPush, public_key
from tests.desk import Desk
from tests.fakes.push import Browser, PushService, push_service

PUSH = Queueing(auto_accept=True)
OFFERS = Queueing(auto_accept=False, offer_timeout_s=60)
GONE = timedelta(seconds=60)


@dataclass
class Devices:
    """A desk whose operators have devices, and go away from their consoles."""

    desk: Desk
    service: PushService
    notices: Notices
    line: Line
    inbox: Inbox

    # --- who is there -----------------------------------------------------------

    async def operator(self, *, reachable: bool = True, language: str = "en") -> Operator:
        """Her console was closed a moment ago; or long ago."""
        anna = await self.desk.operator(f"anna{new_id().hex}", self.line, here=False)
        anna = replace(anna, language=language)
        async with self.desk.storage.transaction() as tx:
            await tx.operators.save(anna)
            if reachable:
                await tx.presence.reach([anna.id], self.desk.clock.now() + GONE)
        return anna

    async def device(self, operator: Operator) -> Browser:
        """One more on which they are signed in."""
        now = self.desk.clock.now()
        browser = self.service.browser(public_key(self.desk.sealing))
        session = Session(new_id().bytes * 2, operator.id, now, now, now + timedelta(days=30))
        given = browser.subscription
        device = Device(
            new_id(), operator.id, session.hash, given["endpoint"], given["p256dh"], given["auth"],
            browser.server_key, now,
        )  # fmt: skip
        async with self.desk.storage.transaction() as tx:
            await tx.access.begin(session)
            await tx.notices.add(device)
        return browser

    async def count(self, operator: Operator) -> int:
        async with self.desk.storage.reading() as tx:
            return await tx.notices.count(operator.id)

    async def reachable(self, operator: Operator) -> bool:
        async with self.desk.storage.reading() as tx:
            presence = await tx.presence.get(operator.id)
        return is_reachable(presence, now=self.desk.clock.now())

    # --- what happens -------------------------------------------------------------

    async def writes(self, text: str = "Hello", who: str = "Olga") -> ConversationId:
        await self.desk.writes(text, inbox=self.inbox, who=who, name=who)
        await self.desk.works()
        return (await self.desk.conversation(self.inbox, who)).id

    async def becomes_late(self, id_: ConversationId) -> None:
        now = self.desk.clock.now()
        async with self.desk.storage.transaction() as tx:
            _, before = await lock(tx, id_)
            await tx.change(before, touched(before, warned_at=now, breached_at=now))

    async def goes_on(self, seconds: float = 0) -> None:
        """Time goes on, and whoever is to be told is."""
        await self.desk.clock.advance(seconds)
        await self.notices.look()
        await self.desk.works()

    async def shows(self, browser: Browser) -> None:
        """The device says that it showed the last notice."""
        await self.notices.shown(browser.shown[-1].letter["receipt"])


@asynccontextmanager
async def devices_on(desk: Desk, queueing: Queueing) -> AsyncIterator[Devices]:
    async with push_service(desk.clock) as service, open_session(["127.0.0.1"]) as session:
        push = WebPush(session, desk.sealing, address="https://desk.test", clock=desk.clock)
        notices = Notices(desk.storage, desk.clock, desk.sealing, push)
        distributor = Distributor(desk.storage, desk.clock, patient_until=desk.clock.now())
        desk.steps |= {NOTIFY: notices.step, DISTRIBUTE: distributor.distribute}
        line = await desk.line(queueing=queueing)
        yield Devices(desk, service, notices, line, await desk.inbox(line))
        assert service.refused == []
