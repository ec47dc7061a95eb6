"""A desk that is staffed without a click, for stories that begin later in the day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import APIRequestContext, BrowserContext, expect

from tests.journeys.console_screen import PASSWORD, Console
from tests.journeys.stage import Stage

API = "/api/v1"


@dataclass(eq=False)
class Staff:
    """The administrator's script, and the people it seats. `line_id` is the line `shop`."""

    stage: Stage
    request: APIRequestContext
    token: str
    line_id: str = ""
    people: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.request.fetch(API + path, method=method, data=body, headers=headers)
        assert answer.ok, f"{method} {path}: {answer.status} {await answer.text()}"
        return await answer.json()

    async def set_line(self, **settings: Any) -> None:
        await self.ask("PATCH", f"/lines/{self.line_id}", settings)

    async def seat(
        self,
        name: str,
        *,
        role: str = "operator",
        context: BrowserContext | None = None,
        language: str = "en",
    ) -> Console:
        """Somebody new in the queue, signed in, before an open console."""
        email = f"operator-{len(self.people) + 1}@example.com"
        body = {"email": email, "name": name, "role": role, "line_ids": [self.line_id]}
        made = await self.ask("POST", "/operators", body)
        self.people[name] = made["operator"]["id"]
        context = context or await self.stage.context()
        entered = await context.request.post(
            f"{API}/session", data={"email": email, "password": made["one_time_password"]}
        )
        csrf = (await entered.json())["csrf_token"]
        changed = await context.request.put(
            f"{API}/session/password",
            data={"current": made["one_time_password"], "new": PASSWORD},
            headers={"X-CSRF-Token": csrf, "Accept-Language": language},
        )
        assert changed.ok, await changed.text()
        console = await self.stage.console(context)
        await expect(console.my_status).to_be_visible()
        return console


async def staffed(stage: Stage) -> Staff:
    """A script of the administrator's, and the line `shop` with its website chat."""
    token = await stage.shape.token("a journey")
    staff = Staff(stage, (await stage.context()).request, token)
    lines = {line["key"]: line["id"] for line in await staff.ask("GET", "/lines")}
    if "shop" not in lines:
        made = await staff.ask("POST", "/lines", {"key": "shop", "name": "Shop"})
        lines["shop"] = made["id"]
        inbox = {"line_id": made["id"], "kind": "webchat", "name": "Website chat", "settings": {}}
        await staff.ask("POST", "/inboxes", inbox)
    staff.line_id = lines["shop"]
    return staff
