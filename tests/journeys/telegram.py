"""A desk with a bot in a Telegram of its own: for stories of messengers."""

from typing import Any

from aiohttp import ClientSession

from tests.fakes.telegram import FakeTelegram
from tests.journeys.load import Clients, read
from tests.journeys.shapes import Shape

SECRET = "made-up-webhook-secret-of-the-journeys"


class Desk:
    """What a program of an administrator's does by the API."""

    def __init__(
        self, shape: Shape, clients: Clients, session: ClientSession, *, token: str
    ) -> None:
        self.shape = shape
        self._clients = clients
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """Ask until an answer comes."""

        async def ask() -> tuple[int, Any]:
            url = f"{self.shape.address}/api/v1{path}"
            async with self._session.request(
                method, url, json=body or None, headers=self._headers
            ) as response:
                return await read(response)

        status, answer = await self._clients.told(ask)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    async def line(self, **settings: Any) -> str:
        """The line `shop`, set so; made where the first start makes none."""
        lines = {one["key"]: one["id"] for one in await self.ask("GET", "/lines")}
        if "shop" not in lines:
            lines["shop"] = (await self.ask("POST", "/lines", key="shop", name="Shop"))["id"]
        if settings:
            await self.ask("PATCH", f"/lines/{lines['shop']}", **settings)
        return str(lines["shop"])

    async def connect(self, telegram: FakeTelegram, line_id: str, **settings: Any) -> str:
        """Connect the bot to the line; gives the address of its hook."""
        given = {"token": telegram.token, "api_url": telegram.url, "webhook_secret": SECRET}
        inbox = await self.ask(
            "POST", "/inboxes", line_id=line_id, kind="telegram", name="Bot",
            settings=given | settings,
        )  # fmt: skip
        return f"{self.shape.address}/hooks/{inbox['id']}"

    # --- what stands in the threads -------------------------------------------

    async def conversations(self) -> list[str]:
        return [one["id"] for one in (await self.ask("GET", "/conversations?limit=200"))["items"]]

    async def said(self, conversation_id: str) -> list[Any]:
        """The messages of a thread, in order."""
        path = f"/conversations/{conversation_id}/thread?limit=200"
        items = (await self.ask("GET", path))["items"]
        return [one for one in items if one["type"] == "message"]
