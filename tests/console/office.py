"""The console's server over a desk of the tests, and people who sit before it."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from pydantic import TypeAdapter

from channels._account import form, settle
from console.api.shapes import FeedFrame
from console.desk import Desk as Parts
from console.pages import Pages
from console.passwords import Passwords
from console.server import Console
from console.sessions import Sessions, make_token
from crm_sync.local import LocalCrm
from crm_sync.sync import Sync
from queues.distributor import Distributor
from queues.notifying import Notices
from queues.presence import Reachability
from router.abilities import Introduction
from router.channel import Capabilities, Hook
from router.errors import Invalid, Rejected
from router.guard import Network, open_session
from router.ids import InboxId
from router.model import Inbox, Line
from router.proxies import believing
from router.signalling import Signals
from router.staff import Operator, Role, Status
from router.trials import Trial
from router.unread import Unread
from router.vault import Vault
from router.webpush import WebPush
from tests.desk import Desk

PASSWORD = "a password of the tests"
ADDRESS = "http://desk.example"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(40)

frame_of = TypeAdapter[Any](FeedFrame).validate_json


class RestAccounts:
    """The administrators' side of the one channel that needs no provider."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self.broken: set[InboxId] = set()
        self.registered: list[InboxId] = []
        self.can_start = True

    def forms(self) -> Sequence[Mapping[str, Any]]:
        return [form("rest")]

    def settled(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> tuple[Mapping[str, Any], bytes]:
        before = {} if sealed is None else self._vault.opened(inbox_id, sealed)
        settings = settle(kind, {**(account or {}), **before, **given})
        return settings.account, self._vault.sealed(inbox_id, settings.secrets)

    def made(
        self, inbox_id: InboxId, sealed: bytes, *, given: Collection[str]
    ) -> Mapping[str, str]:
        secrets = self._vault.opened(inbox_id, sealed)
        return {name: value for name, value in secrets.items() if value and name not in given}

    def capabilities(self, kind: str) -> Capabilities:
        able = kind == "simulator"
        in_public = Capabilities(max_text_chars=3000, aside=True)
        return Capabilities(
            max_text_chars=4000,
            can_start=self.can_start,
            edits=able,
            reactions=("👍", "❤") if able else (),
            in_public=in_public,
        )

    def hook_url(self, inbox: Inbox) -> str | None:
        return f"{ADDRESS}/hooks/{inbox.id}"

    async def tried(
        self,
        inbox_id: InboxId,
        kind: str,
        given: Mapping[str, Any],
        *,
        account: Mapping[str, Any] | None = None,
        sealed: bytes | None = None,
    ) -> Trial:
        """Its program is called as the last part of its address, if it can be reached at all."""
        before = {} if sealed is None else self._vault.opened(inbox_id, sealed)
        settings = settle(kind, {**(account or {}), **before, **given})
        name = str(settings.account["callback_url"]).rpartition("/")[2]
        if name == "down":
            return Trial(reason="the provider is unavailable")
        return Trial(introduction=Introduction(name, picture=PICTURE), warnings=("a_warning",))

    async def approach(self, inbox_id: InboxId, address: str) -> str:
        if inbox_id in self.broken:
            raise Invalid("the customer has not allowed the community to write")
        return f"alone/{address}"

    async def register(self, inbox_id: InboxId) -> None:
        self.registered.append(inbox_id)

    async def check(self, inbox_id: InboxId) -> None:
        if inbox_id in self.broken:
            raise Rejected("the account is closed")


class Tab:
    """An open feed."""

    def __init__(self, ws: ClientWebSocketResponse) -> None:
        self.ws = ws
        self._heard: deque[dict[str, Any]] = deque()

    async def frame(self, *, wait_s: float = 5.0) -> dict[str, Any]:
        """The next frame, as JSON; every frame is one of the contract's."""
        if not self._heard:
            said = orjson.loads(await self.ws.receive_str(timeout=wait_s))
            together = said if isinstance(said, list) else [said]
            for one in together:
                frame_of(orjson.dumps(one))
            self._heard.extend(together)
        return self._heard.popleft()

    async def until(self, type_: str) -> dict[str, Any]:
        """The next frame of that type; those before it are dropped."""
        while (frame := await self.frame())["type"] != type_:
            pass
        return frame

    async def drained(self, *, quiet_s: float = 0.1) -> list[dict[str, Any]]:
        """All frames that come before it is quiet for so long."""
        found = []
        while True:
            try:
                found.append(await self.frame(wait_s=quiet_s))
            except TimeoutError:
                return found

    async def says(self, word: Mapping[str, Any]) -> None:
        await self.ws.send_str(orjson.dumps(dict(word)).decode())


@dataclass(eq=False)
class Seat:
    """One browser: its cookies, its CSRF token."""

    client: TestClient[web.Request, web.Application]
    operator: Operator | None = None
    csrf: str = ""
    token: str = ""
    tabs: list[Tab] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, json: Any = None, *, csrf: bool = True, **more: Any
    ) -> ClientResponse:
        headers = dict(more.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        elif csrf and method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        body = {"json": json} if json is not None else {}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **body, **more)

    async def gets(self, path: str, **query: Any) -> Any:
        params = {name: str(value) for name, value in query.items()}
        return await self._told(await self.ask("GET", path, params=params), 200)

    async def does(self, method: str, path: str, json: Any = None, *, status: int = 200) -> Any:
        return await self._told(await self.ask(method, path, json), status)

    async def refused(self, method: str, path: str, json: Any = None, *, status: int) -> str:
        """The problem's code."""
        problem = await self._told(await self.ask(method, path, json), status)
        assert set(problem) == {"code", "detail", "fields"}
        code: str = problem["code"]
        return code

    async def _told(self, answer: ClientResponse, status: int) -> Any:
        text = await answer.text()
        assert answer.status == status, f"{answer.status}: {text}"
        return orjson.loads(text) if text else None

    async def sign_in(self, email: str, password: str = PASSWORD) -> None:
        answer = await self.ask(
            "POST", "/session", {"email": email, "password": password}, csrf=False
        )
        self.csrf = (await self._told(answer, 200))["csrf_token"]

    async def opens(self) -> Tab:
        tab = Tab(await self.client.ws_connect("/api/v1/feed"))
        self.tabs.append(tab)
        return tab


@dataclass(eq=False)
class Office:
    """A desk with its console, and whoever works there."""

    desk: Desk
    console: Console
    parts: Parts
    server: TestServer
    accounts: RestAccounts
    passwords: Passwords
    session: ClientSession
    seats: list[Seat] = field(default_factory=list)

    async def seat(self) -> Seat:
        seat = Seat(TestClient(self.server))
        self.seats.append(seat)
        return seat

    async def works(
        self,
        name: str,
        *lines: Line,
        role: Role = Role.OPERATOR,
        max_conversations: int = 5,
        status: Status = Status.AVAILABLE,
    ) -> Seat:
        """An operator, signed in."""
        operator = await self.desk.operator(
            name, *lines, role=role, max_conversations=max_conversations, status=status
        )
        hash_ = await self.passwords.hashed(PASSWORD)
        async with self.desk.storage.transaction() as tx:
            await tx.operators.set_password(operator.id, hash_, must_change=False)
        seat = await self.seat()
        await seat.sign_in(operator.email)
        seat.operator = operator
        return seat

    async def script(self, role: Role = Role.ADMINISTRATOR) -> Seat:
        seat = await self.seat()
        seat.token = await make_token(
            self.desk.storage, self.desk.clock, role=role, name="a script"
        )
        return seat

    async def moment(self, seconds: float = 0.3) -> None:
        """Let what follows from a change be read and told."""
        await asyncio.sleep(0.02)
        await self.desk.clock.advance(seconds)
        await asyncio.sleep(0.02)


async def no_door(_: InboxId) -> None:
    """Nothing is shown to anybody."""


async def open_office(
    desk: Desk, *, pages: Pages | None = None, proxies: Collection[Network] = ()
) -> Office:
    crm = LocalCrm(desk.storage, desk.clock, console_url=f"{ADDRESS}/console")
    desk.steps["crm"] = Sync(desk.storage, desk.clock, crm, account="local").step
    distributor = Distributor(desk.storage, desk.clock, patient_until=desk.clock.now())
    desk.steps["distribute"] = distributor.distribute
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    accounts = RestAccounts(Vault(desk.storage, desk.sealing))

    async def read_again(inbox_id: InboxId, hook: Hook) -> object:
        inbox = await desk.directory.inbox(inbox_id)
        assert inbox is not None
        return UUID(int=0)

    session = open_session(["127.0.0.1"])
    parts = Parts(
        storage=desk.storage,
        clock=desk.clock,
        bus=desk.bus,
        sessions=Sessions(desk.storage, desk.clock, passwords),
        reachability=Reachability(desk.storage, desk.clock),
        crm=crm,
        crm_account="local",
        accounts=accounts,
        filing=desk.filing,
        unread=Unread(desk.storage, desk.sealing, desk.clock),
        read_again=read_again,
        address=ADDRESS,
        build="a build of the tests",
        sealing=desk.sealing,
        signals=Signals(desk.storage, desk.clock, no_door),
        notices=_notices(desk, session),
    )
    console = Console(parts, pages=pages)
    app = web.Application(middlewares=[believing(proxies)])
    console.setup(app)
    server = TestServer(app)
    await server.start_server()
    return Office(desk, console, parts, server, accounts, passwords, session)


def _notices(desk: Desk, session: ClientSession) -> Notices:
    push = WebPush(session, desk.sealing, address=ADDRESS, clock=desk.clock)
    return Notices(desk.storage, desk.clock, desk.sealing, push)


async def close_office(office: Office) -> None:
    for seat in office.seats:
        for tab in seat.tabs:
            await tab.ws.close()
    await office.server.close()
    for seat in office.seats:
        await seat.client.close()
    await office.session.close()
    office.passwords.close()
