"""The visitor's side: the shop's page and the chat in its corner, as people see them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import FrameLocator, Locator, Page, expect


@dataclass(eq=False)
class Chat:
    """One tab of the demo shop. Words are those of an English browser."""

    page: Page

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("liniya-chat iframe")

    @property
    def button(self) -> Locator:
        return self.page.locator("liniya-chat button")

    @property
    def log(self) -> Locator:
        return self.frame.get_by_role("log")

    @property
    def field(self) -> Locator:
        return self.frame.get_by_role("textbox", name="Message")

    @property
    def form(self) -> Locator:
        return self.frame.get_by_role("form", name="How can we reach you?")

    async def open(self) -> None:
        await self.button.click()
        await expect(self.field).to_be_visible()

    async def write(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def attach(self, path: Path) -> None:
        await self.frame.locator("input[type=file]").set_input_files(path)
        uploads = self.frame.get_by_role("listitem").filter(has_text=path.name)
        await expect(uploads.get_by_text(re.compile(r"^\d\S* K?B$"))).to_be_visible()

    async def send(self) -> None:
        await self.frame.get_by_role("button", name="Send").click()

    async def leave_contact(self, *, name: str = "", phone: str = "", email: str = "") -> None:
        """Fill in the form and save it."""
        given = {"Name": name, "Phone": phone, "E-mail": email}
        for label, value in given.items():
            if value:
                await self.form.get_by_label(label).fill(value)
        await self.form.get_by_role("button", name="Save").click()
        await expect(self.frame.get_by_text("Thank you, we have your contact")).to_be_visible()

    def bubble(self, text: str) -> Locator:
        return self.log.locator(".row").filter(has_text=text)

    async def said(self) -> Sequence[str]:
        """Every text in the conversation, oldest first; the greeting is the first."""
        return await self.log.locator("p.text").all_inner_texts()

    async def sees(self, *texts: str) -> None:
        """Each of these stands there exactly once."""
        for text in texts:
            await expect(self.log.get_by_text(text, exact=True)).to_have_count(1)
