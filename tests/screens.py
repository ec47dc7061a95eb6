"""Take the pictures of the documentation: `make screens` fills docs/screens, in two languages."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import BrowserContext, expect

from tests.browser import launched
from tests.checkout import ROOT
from tests.journeys.chat_screen import Chat
from tests.journeys.console_screen import Console
from tests.journeys.shapes import one_process
from tests.journeys.staff import Staff, staffed
from tests.journeys.stage import Stage, on_stage

SCREENS = ROOT / "docs/screens"
RENDERED_MS = 400
BROWSERS = {"ru": "ru-RU", "en": "en-GB"}
NAMES = {"ru": ("Анна", "Борис", "Вера"), "en": ("Anna", "Boris", "Vera")}
SAID = {
    "ru": {
        "question": "Здравствуйте! Есть торшер «Аист» с дубовыми ножками?",
        "answer": "Здравствуйте! Есть, два последних. Привезём в четверг.",
        "thanks": "Отлично, беру. А лампочка в комплекте?",
        "whisper": "Она заказывала у нас весной, можно дать скидку",
        "other": "Заказ пришёл без провода, что делать?",
        "customer": "Мария Лебедева",
        "phone": "+7 916 123-45-67",
    },
    "en": {
        "question": "Hello! Do you have the stork lamp with oak legs?",
        "answer": "Hello! The last two are here. We can deliver on Thursday.",
        "thanks": "Great, I will take one. Is a bulb included?",
        "whisper": "She bought from us in spring, we can give a discount",
        "other": "My order came without its cord, what now?",
        "customer": "Clara Schmidt",
        "phone": "+49 30 901820",
    },
}


class Camera:
    """Puts pictures into the folder of one language."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def take(self, screen: Console | Chat, name: str) -> None:
        await screen.page.wait_for_timeout(RENDERED_MS)
        await screen.page.screenshot(path=self._folder / f"{name}.png")


async def main(languages: tuple[str, ...] = ("ru", "en")) -> None:
    """Every picture in these languages."""
    for language in languages:
        with tempfile.TemporaryDirectory() as folder, one_process(Path(folder)) as shape:
            async with launched() as browser, on_stage(browser, shape) as stage:
                await _pictures(stage, language)


async def _pictures(stage: Stage, language: str) -> None:
    camera, staff = Camera(SCREENS / language), await staffed(stage)
    said = SAID[language]
    await staff.set_line(name={"ru": "Магазин", "en": "Shop"}[language])
    signin = await stage.console(await _context(stage, language))
    await camera.take(signin, "sign-in")
    anna, boris = [
        await staff.seat(name, context=await _context(stage, language), language=language)
        for name in NAMES[language][:2]
    ]
    chats = [await _chat(stage, language) for _ in range(2)]
    await camera.take(chats[0], "shop")
    await _dialogue(anna, chats, said)
    await camera.take(chats[0], "chat")
    await camera.take(anna, "conversation")
    await _offer(staff, boris, language, camera)
    await _settings(staff, language, said, camera)


async def _dialogue(anna: Console, chats: list[Chat], said: Mapping[str, str]) -> None:
    first, second = chats
    await _open(first)
    await _write(first, said["question"])
    row = anna.page.get_by_role("link").filter(has_text=said["question"]).first
    await row.click()
    await _write(anna, said["answer"])
    await expect(first.log.get_by_text(said["answer"])).to_be_visible()
    form = first.frame.locator("form.card")
    await form.locator("[name=name]").fill(said["customer"])
    await form.locator("[name=phone]").fill(said["phone"])
    await form.locator("[type=submit]").click()
    await _write(first, said["thanks"])
    await anna.page.keyboard.press("Escape")
    await anna.page.keyboard.press("w")
    await _write(anna, said["whisper"])
    await anna.page.keyboard.press("Escape")
    await anna.page.keyboard.press("r")
    await _open(second)
    await _write(second, said["other"])
    await expect(anna.page.get_by_text(said["customer"]).first).to_be_visible()


async def _offer(staff: Staff, boris: Console, language: str, camera: Camera) -> None:
    await staff.set_line(auto_accept=False)
    for _ in range(2):
        chat = await _chat(staff.stage, language)
        await _open(chat)
        await _write(chat, SAID[language]["question"])
    await expect(boris.page.locator("article[aria-label] [role=timer]").first).to_be_visible()
    await camera.take(boris, "offer")


async def _settings(staff: Staff, language: str, said: Mapping[str, str], camera: Camera) -> None:
    context = await _context(staff.stage, language)
    boss = await staff.seat(
        NAMES[language][2], role="administrator", context=context, language=language
    )
    for place in ("leads", "settings/lines", "settings/operators", "settings/inboxes"):
        await boss.page.goto(f"/console/{place}")
        await expect(boss.page.get_by_role("heading", level=1)).to_be_visible()
        await camera.take(boss, place.rpartition("/")[2])
    connect = {"ru": "Подключить", "en": "Connect"}[language]
    await boss.page.get_by_role("button", name=connect).first.click()
    await camera.take(boss, "connect")
    await boss.page.get_by_role("button", name="Telegram").click()
    await camera.take(boss, "connect-telegram")
    await boss.page.goto("/console/leads")
    await boss.page.get_by_role("link", name=said["customer"]).click()
    await expect(boss.page.get_by_text(said["answer"])).to_be_visible()
    await camera.take(boss, "lead")


async def _context(stage: Stage, language: str) -> BrowserContext:
    return await stage.context(language=BROWSERS[language], timezone="Europe/Moscow")


async def _chat(stage: Stage, language: str) -> Chat:
    page = await (await _context(stage, language)).new_page()
    await page.goto(f"/demo?lang={language}")
    return Chat(page)


async def _open(chat: Chat) -> None:
    await chat.button.click()
    await expect(chat.frame.locator("textarea")).to_be_visible()


async def _write(screen: Console | Chat, text: str) -> None:
    field = (screen.frame if isinstance(screen, Chat) else screen.page).locator("textarea")
    await field.fill(text)
    await field.press("Enter")


if __name__ == "__main__":
    asyncio.run(main(tuple(sys.argv[1:]) or ("ru", "en")))
