"""The operator's side: the console's screens, as people see and use them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

PASSWORD = "a password of the journeys"
SIZE = re.compile("(byte|kB|MB)$")
ON_ITS_WAY = re.compile("^(Queued|Sent|Delivered|Read)$")


@dataclass(eq=False)
class Console:
    """One tab of the console. Words are English."""

    page: Page

    # --- coming in ------------------------------------------------------------

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(password)
        await self.page.get_by_role("button", name="Sign in").click()

    async def begin(self, email: str, one_time: str) -> None:
        """Sign in for the first time and choose a password: `PASSWORD`."""
        await self.sign_in(email, one_time)
        await self.choose_password(one_time)

    async def choose_password(self, one_time: str) -> None:
        await self.page.get_by_label("One-time password").fill(one_time)
        await self.page.get_by_label("New password").fill(PASSWORD)
        await self.page.get_by_label("The new one again").fill(PASSWORD)
        await self.page.get_by_role("button", name="Save the password").click()
        await expect(self.list).to_be_visible()

    async def sign_out(self) -> None:
        await self.my_status.click()
        await self.page.get_by_role("menuitem", name="Sign out").click()
        await expect(self.page.get_by_role("heading", name="Sign in")).to_be_visible()

    async def set_status(self, name: str) -> None:
        await self.my_status.click()
        await self.page.get_by_role("menuitem", name=name).first.click()

    @property
    def my_status(self) -> Locator:
        return self.page.get_by_role("button", name=re.compile("My status|Мой статус"))

    # --- lists ----------------------------------------------------------------

    @property
    def list(self) -> Locator:
        return self.page.get_by_role("region", name="Conversations")

    async def show(self, tab: str) -> None:
        await self.list.get_by_role("link", name=tab).first.click()

    def row(self, text: str) -> Locator:
        """The conversation whose row shows this name or these last words."""
        rows = self.list.get_by_role("navigation", name="Conversations", exact=True)
        return rows.get_by_role("link").filter(has_text=text)

    async def open(self, text: str) -> None:
        await self.row(text).click()
        await expect(self.thread).to_be_visible()

    @property
    def offer(self) -> Locator:
        return self.list.get_by_role("article", name="New conversation for you")

    async def decline(self, reason: str) -> None:
        """The offer in the list."""
        await self.offer.get_by_role("button", name="Decline").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("Reason").fill(reason)
        await dialog.get_by_role("button", name="Decline").click()

    # --- the conversation -----------------------------------------------------

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    @property
    def card(self) -> Locator:
        return self.page.get_by_role("complementary", name="Customer")

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write an answer…")

    def line(self, text: str) -> Locator:
        """The message, note or mark with these words."""
        return self.thread.get_by_role("article").filter(has_text=text)

    async def sees(self, *texts: str) -> None:
        """Each of these stands in the thread exactly once."""
        for text in texts:
            await expect(self.thread.get_by_text(text, exact=True)).to_have_count(1)

    async def said(self) -> Sequence[str]:
        """The texts that are on the screen, oldest first."""
        return await self.thread.get_by_role("article").all_inner_texts()

    async def answer(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def insist(self, *answers: str) -> None:
        """Send these although the customer has written since, if the console asks."""
        for text in answers:
            line = self.thread.get_by_role("article").filter(
                has=self.page.get_by_text(text, exact=True)
            )
            anyway = line.get_by_role("button", name="Send anyway")
            await expect(anyway.or_(line.get_by_text(ON_ITS_WAY)).first).to_be_visible()
            if await anyway.is_visible():
                await anyway.click()

    async def attach(self, path: Path) -> None:
        await self.page.locator("input[type=file]").set_input_files(path)
        uploads = self.page.get_by_role("listitem").filter(has_text=path.name)
        await expect(uploads.get_by_text(SIZE)).to_be_visible()

    async def send(self) -> None:
        await self.page.get_by_role("button", name="Send", exact=True).click()

    async def whisper(self, text: str) -> None:
        await self.page.get_by_role("button", name="Whisper").first.click()
        field = self.page.get_by_role("textbox", name="Write to colleagues…")
        await field.fill(text)
        await field.press("Enter")
        await self.page.get_by_role("button", name="Reply", exact=True).click()

    async def transfer(self, to: str, comment: str) -> None:
        await self.page.get_by_role("button", name="Transfer").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_role("option", name=to).click()
        await dialog.get_by_label("Comment").fill(comment)
        await dialog.get_by_role("button", name="Transfer").click()
        await expect(dialog).to_be_hidden()

    async def close(self, reason: str = "Answered") -> None:
        await self.page.get_by_role("button", name="Close", exact=True).click()
        await self.page.get_by_role("dialog").get_by_role("button", name=reason, exact=True).click()

    # --- elsewhere --------------------------------------------------------------

    async def go(self, place: str) -> None:
        """By the rail: Conversations, Leads, Settings."""
        rail = self.page.get_by_role("navigation", name="Main")
        await rail.get_by_role("link", name=place).click()

    def notice(self, text: str) -> Locator:
        return self.page.get_by_role("list", name="Notices").get_by_text(text)

    async def add_line(self, name: str, key: str) -> None:
        """On the lines' page."""
        await self.page.get_by_role("button", name="Add a line").first.click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill(name)
        await dialog.get_by_label("Key").fill(key)
        await dialog.get_by_role("button", name="Add").click()
        await expect(dialog).to_be_hidden()

    async def add_operator(self, name: str, email: str) -> str:
        """On the operators' page; gives their one-time password."""
        await self.page.get_by_role("button", name="Add an operator").click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_label("E-mail").fill(email)
        await dialog.get_by_label("Name").fill(name)
        await dialog.get_by_role("checkbox", name="Shop").check()
        await dialog.get_by_role("button", name="Add").click()
        password = self.page.get_by_role("status").locator("code")
        await expect(password).to_be_visible()
        return await password.inner_text()
