"""Operators under load: each at one tab of the console, by its API and its feed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import orjson
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.journeys.load import LOST, PASSWORD, Clients, Said, read

LOOK_EVERY_S = 0.15
CLOSED_SHARE = 0.06
GIVEN_SHARE = 0.03
SEEN_SHARE = 0.3
BACK_AFTER_S = (0.05, 0.8)
FORBIDDEN = 403
CONFLICT = 409


class Sorter(Protocol):
    """What a clerk does besides, between two looks."""

    async def sort(self, clerk: "Clerk") -> None: ...


class Clerk:
    """Answers every conversation they have, accepts every offer, closes and gives on a few."""

    def __init__(self, id_: str, name: str, clients: Clients, session: ClientSession) -> None:
        self.id = id_
        self.name = name
        self.said: list[tuple[str, Said]] = []
        self.snapshots = 0
        self.closed_with: list[int | None] = []
        self.colleagues: Sequence[str] = ()
        self.is_idle = False
        self.sorter: Sorter | None = None
        self._clients = clients
        self._session = session
        self._csrf = ""
        self._held: dict[str, Mapping[str, Any]] = {}
        self._answered: dict[str, int] = {}

    # --- coming in ------------------------------------------------------------

    async def sign_in(self, email: str, password: str) -> None:
        status, session = await self.ask("POST", "/session", email=email, password=password)
        assert status == 200, session
        self._csrf = session["csrf_token"]
        status, session = await self.ask("PUT", "/session/password", current=password, new=PASSWORD)
        assert status == 200, session
        self._csrf = session["csrf_token"]
        await self.ask("PUT", "/session/status", status="available")

    async def ask(
        self, method: str, path: str, said: Said | None = None, **body: Any
    ) -> tuple[int, Any]:
        """The same request until it is answered."""
        url = f"{self._clients.address}/api/v1{path}"

        async def ask() -> tuple[int, Any]:
            headers = {"X-CSRF-Token": self._csrf}
            async with self._session.request(method, url, json=body, headers=headers) as response:
                return await read(response)

        return await self._clients.told(ask, said)

    # --- the feed -------------------------------------------------------------

    async def follow(self) -> None:
        """Keep one tab open until cancelled."""
        url = f"{self._clients.address}/api/v1/feed"
        while True:
            try:
                async with self._session.ws_connect(url, heartbeat=25) as ws:
                    await self._read(ws)
            except LOST:
                pass
            await asyncio.sleep(self._clients.random.uniform(*BACK_AFTER_S))

    async def _read(self, ws: ClientWebSocketResponse) -> None:
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    said = orjson.loads(message.data)
                    for frame in said if isinstance(said, list) else [said]:
                        await self._heard(frame, ws)
        finally:
            self.closed_with.append(ws.close_code)
            if ws.close_code == 4401:
                self._clients.surprise(f"{self.name} was signed out")

    async def _heard(self, frame: Mapping[str, Any], ws: ClientWebSocketResponse) -> None:
        match frame["type"]:
            case "snapshot":
                self.snapshots += 1
                lists = (
                    frame["mine"],
                    frame["merged"],
                    *(frame[one]["items"] for one in ("waiting", "all")),
                )
                self._held = {one["id"]: one for some in lists for one in some}
                for one in self._held.values():
                    await self._received(one, ws)
            case "conversation":
                one = frame["conversation"]
                if one["version"] > self._held.get(one["id"], one | {"version": 0})["version"]:
                    self._held[one["id"]] = one
                    await self._received(one, ws)
            case "hidden":
                self._held.pop(frame["conversation_id"], None)
            case "counts":
                mine = frame["highest_version"].get("mine")
                if mine is not None and mine != sum(one["version"] for one in self.mine()):
                    await ws.send_json({"type": "again"})
            case _:
                pass

    async def _received(self, one: Mapping[str, Any], ws: ClientWebSocketResponse) -> None:
        word = {"type": "received", "thread_id": one["thread_id"], "seq": one["last_seq"]}
        await ws.send_json(word)

    def mine(self) -> list[Mapping[str, Any]]:
        return [
            one
            for one in self._held.values()
            if self.id in (one["owner_id"], one["offered_to"]) and one["state"] != "closed"
        ]

    # --- working --------------------------------------------------------------

    async def work(self) -> None:
        """Accept and answer until cancelled."""
        while True:
            todo = [one for one in self.mine() if self._concerns(one)]
            self.is_idle = not todo
            for one in todo:
                if one["offered_to"] == self.id:
                    await self._act(one, "accept")
                else:
                    await self._answer(one)
            if self.sorter is not None and not self._clients.stopped.is_set():
                await self.sorter.sort(self)
            await asyncio.sleep(LOOK_EVERY_S)

    def _concerns(self, one: Mapping[str, Any]) -> bool:
        if one["offered_to"] == self.id:
            return True
        unanswered = one["unanswered_since"] is not None
        return unanswered and bool(one["version"] > self._answered.get(one["id"], 0))

    async def _answer(self, one: Mapping[str, Any]) -> None:
        said = Said(f"{self.name} answers {len(self.said) + 1}")
        self.said.append((one["thread_id"], said))
        path, seen = f"/conversations/{one['id']}/messages", one["last_seq"]
        status, item = await self.ask("POST", path, said, id=said.id, text=said.text, seen_seq=seen)
        if status == CONFLICT and item["code"] == "moved_on":
            status, item = await self.ask("POST", path, said, id=said.id, text=said.text)
        if status == CONFLICT and self.sorter is not None:
            # It was split, and its earlier half is closed.
            self.said.remove((one["thread_id"], said))
            return
        if status != 202:
            self._clients.surprise(f"{self.name} could not answer: {status} {item}")
            return
        said.seq, said.acknowledged = item["seq"], True
        self._answered[one["id"]] = one["version"]
        await self._afterwards(one)

    async def _afterwards(self, one: Mapping[str, Any]) -> None:
        random = self._clients.random
        if self._clients.stopped.is_set():
            return
        if random.random() < SEEN_SHARE:
            await self.ask("PUT", f"/conversations/{one['id']}/seen", seq=one["last_seq"])
        chance = random.random()
        if chance < CLOSED_SHARE:
            # What was written since is answered first: 409 leaves it as it is.
            await self._act(one, "close", seen_seq=one["last_seq"])
        elif chance < CLOSED_SHARE + GIVEN_SHARE and self.colleagues:
            await self._act(one, "transfer", operator_id=random.choice(self.colleagues))

    async def _act(self, one: Mapping[str, Any], act: str, **body: Any) -> None:
        asked = Said(act)
        status, answer = await self.ask("POST", f"/conversations/{one['id']}/{act}", asked, **body)
        # Once it was done and only the answer was lost, it may be somebody else's by now.
        again = status == FORBIDDEN and asked.attempts > 1
        if status not in (200, CONFLICT) and not again:
            self._clients.surprise(f"{self.name} could not {act}: {status} {answer}")
        if status == 200:
            self.know(answer)

    def know(self, one: Mapping[str, Any]) -> None:
        """A conversation as it is now, whether the feed has told of it or not."""
        known = self._held.get(one["id"])
        if known is None or one["version"] > known["version"]:
            self._held[one["id"]] = one
