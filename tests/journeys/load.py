"""A desk under load: what is meant to be said, by whom, and what became of it.

Everybody here does what a real client does when an answer is lost: the same again, under the same
id, until it is answered. Nobody else repeats anything, so whatever stands twice was doubled by
the desk, and whatever is missing was lost by it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, CookieJar

PASSWORD = "a password of the journeys"
ANSWER_TIMEOUT = ClientTimeout(total=10)
AGAIN_AFTER_S = (0.1, 0.6)
# What a client of ours may meet while a process or its database is away.
AWAY = (429, 500, 502, 503, 504)
LOST = (ClientError, OSError, TimeoutError)


@dataclass(eq=False)
class Said:
    """One thing that somebody means to say, once. `seq` is known when the desk has it."""

    text: str
    id: str = field(default_factory=lambda: str(uuid4()))
    file: bytes | None = None
    attempts: int = 0
    seq: int | None = None
    acknowledged: bool = False


@dataclass(eq=False)
class Clients:
    """What all the clients of a journey share; `stopped` is set when nobody says more."""

    address: str
    random: Random
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    surprises: list[str] = field(default_factory=list)
    lost_answers: int = 0
    refused_answers: int = 0

    def surprise(self, what: str) -> None:
        """Something that no client should ever meet."""
        self.surprises.append(what)

    async def pause(self, mean_s: float) -> None:
        """Wait about so long, or until everything stops."""
        try:
            async with asyncio.timeout(self.random.uniform(0.2, 1.8) * mean_s):
                await self.stopped.wait()
        except TimeoutError:
            return

    async def again(self) -> None:
        await asyncio.sleep(self.random.uniform(*AGAIN_AFTER_S))

    async def told(
        self, ask: Callable[[], Awaitable[tuple[int, Any]]], said: Said | None = None
    ) -> tuple[int, Any]:
        """Ask until an answer comes; gives its status and its body."""
        while True:
            if said is not None:
                said.attempts += 1
            try:
                status, body = await ask()
            except LOST:
                self.lost_answers += 1
            else:
                if status not in AWAY:
                    return status, body
                self.refused_answers += 1
            await self.again()


def browser() -> ClientSession:
    """One person's: its cookies are its own, also those of a bare address."""
    return ClientSession(cookie_jar=CookieJar(unsafe=True), timeout=ANSWER_TIMEOUT)


async def read(response: ClientResponse) -> tuple[int, Any]:
    """An answer as status and JSON. Raises like a lost one if it is cut."""
    is_json = response.content_type == "application/json"
    return response.status, await response.json() if is_json else await response.text()


class Script:
    """The administrator, who sets the desk up before anything befalls it."""

    def __init__(self, clients: Clients, session: ClientSession) -> None:
        self._clients = clients
        self._session = session
        self._headers: dict[str, str] = {}

    async def sign_in(self, email: str, password: str) -> None:
        """With a one-time password, which becomes `PASSWORD`."""
        session = await self.ask("POST", "/session", {"email": email, "password": password})
        self._headers["X-CSRF-Token"] = session["csrf_token"]
        changed = {"current": password, "new": PASSWORD}
        session = await self.ask("PUT", "/session/password", changed)
        self._headers["X-CSRF-Token"] = session["csrf_token"]

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        url = f"{self._clients.address}/api/v1{path}"
        async with self._session.request(method, url, json=body, headers=self._headers) as response:
            status, answer = await read(response)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    async def line(self, key: str, **settings: Any) -> str:
        """A line of that key, made if it is not there; gives its id."""
        lines = {line["key"]: line["id"] for line in await self.ask("GET", "/lines")}
        if key not in lines:
            made = await self.ask("POST", "/lines", {"key": key, "name": key.title()})
            lines[key] = made["id"]
        await self.ask("PATCH", f"/lines/{lines[key]}", settings)
        return str(lines[key])

    async def inbox(self, line_id: str, kind: str, **settings: str) -> str:
        """An inbox of that kind on that line, made if it is not there; gives its id."""
        for inbox in await self.ask("GET", "/inboxes"):
            if (inbox["line_id"], inbox["kind"]) == (line_id, kind):
                return str(inbox["id"])
        body = {"line_id": line_id, "kind": kind, "name": kind, "settings": settings}
        return str((await self.ask("POST", "/inboxes", body))["id"])

    async def operator(self, name: str, line_ids: list[str], *, most: int) -> tuple[str, str, str]:
        """An operator in these queues; gives their id, e-mail and one-time password."""
        email = f"{name.lower()}@example.com"
        body = {
            "email": email, "name": name, "max_conversations": most, "line_ids": line_ids,
        }  # fmt: skip
        made = await self.ask("POST", "/operators", body)
        return made["operator"]["id"], email, made["one_time_password"]
