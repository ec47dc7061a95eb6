"""Notices on a device whose console is closed.

The browser's own push service is out of reach: `PushManager.subscribe` gives what the push service
of the tests gave, and what that was sent is delivered to the service worker as the browser does.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import BrowserContext, CDPSession, Page, expect

from router.clock import SystemClock
from tests.clock import eventually
from tests.fakes.push import Browser, PushService, push_service
from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)

SUBSCRIBING = """
const given = %s
let held = null
const subscription = (key) => ({
  endpoint: given.endpoint,
  options: { applicationServerKey: key },
  toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }),
  unsubscribe: async () => { held = null; return true },
})
const bytesOf = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0)).buffer
PushManager.prototype.getSubscription = async () => held
PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey }) => {
  if (!userVisibleOnly) throw new DOMException("silent", "NotAllowedError")
  window.subscribedWith = applicationServerKey
  return (held = subscription(bytesOf(applicationServerKey)))
}
"""


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with push_service(SystemClock()) as service:
        yield service
        assert service.refused == []


@dataclass
class Phone:
    """A telephone whose browser may show notices."""

    context: BrowserContext
    browser: Browser
    page: Page
    protocol: CDPSession
    registrations: list[dict[str, Any]]

    @classmethod
    async def of(cls, stage: Stage, service: PushService) -> "Phone":
        context = await stage.context(phone=True)
        await context.grant_permissions(["notifications"])
        browser = service.browser("")
        await context.add_init_script(SUBSCRIBING % json.dumps(browser.subscription))
        page = await context.new_page()
        # A page of the same origin that is no console: the browser's own side.
        await page.goto("/demo?lang=en")
        protocol = await context.new_cdp_session(page)
        phone = cls(context, browser, page, protocol, [])
        protocol.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda said: phone.registrations.extend(said["registrations"]),
        )
        await protocol.send("ServiceWorker.enable")
        return phone

    async def gets(self, number: int) -> dict[str, str]:
        """Its push service hands it the notice of that number, and it shows it."""

        async def sent() -> bool:
            return len(self.browser.shown) >= number

        await eventually(sent, within_s=60)
        letter = self.browser.shown[number - 1].letter
        registration = next(one for one in self.registrations if "/console/" in one["scopeURL"])
        origin = self.page.url.partition("/demo")[0]
        await self.protocol.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": origin,
                "registrationId": registration["registrationId"],
                "data": json.dumps(letter),
            },
        )
        return letter

    async def shows(self) -> list[dict[str, str]]:
        """The notices that stand on its screen."""
        shown: list[dict[str, str]] = await self.page.evaluate(
            """async () => {
              const registration = await navigator.serviceWorker.getRegistration("/console/")
              const shown = await registration.getNotifications()
              return shown.map(({ title, body, tag }) => ({ title, body, tag }))
            }"""
        )
        return shown

    async def stands(self, body: str) -> bool:
        return body in [one["body"] for one in await self.shows()]

    async def taps(self) -> None:
        [worker] = self.context.service_workers
        await worker.evaluate(
            """async () => {
              const [notification] = await self.registration.getNotifications()
              self.dispatchEvent(new NotificationEvent("notificationclick", { notification }))
            }"""
        )


async def test_operator_is_told_on_a_phone_whose_console_is_closed(
    small_stage: Stage, service: PushService
) -> None:
    staff = await staffed(small_stage)
    await staff.set_line(auto_accept=True)
    phone = await Phone.of(small_stage, service)
    anna = await staff.seat("Anna", context=phone.context)

    await anna.page.goto("/console/settings/profile")
    await anna.page.get_by_role("switch", name="Notices on this device").click()
    await expect(anna.page.get_by_role("switch", name="Notices on this device")).to_be_checked()
    phone.browser.server_key = await anna.page.evaluate("window.subscribedWith")
    await anna.page.get_by_role("button", name="Try it on my devices").click()
    await expect(anna.notice("Sent to 1 device")).to_be_visible()
    await phone.gets(1)
    await anna.page.close()

    # Nobody has the console open; whoever is given to Anna is told to her phone.
    customer = await small_stage.chat()
    await customer.open()
    await customer.write("Do you deliver on Sunday?")
    letter = await phone.gets(2)
    assert letter["body"] == "Do you deliver on Sunday?"
    await eventually(lambda: phone.stands(letter["body"]))

    again = await small_stage.console(phone.context)
    await expect(again.my_status).to_be_visible()
    await phone.taps()
    await expect(again.page).to_have_url(f"{small_stage.shape.address}/console/{letter['path']}")
    await expect(again.page.get_by_text("Do you deliver on Sunday?").last).to_be_visible()
    await again.answer("Yes, we do")
    await customer.sees("Yes, we do")
