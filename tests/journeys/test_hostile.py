"""Whatever people call themselves and whatever they write is text, and stays in its place."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys.staff import staffed
from tests.journeys.stage import Stage

pytestmark = pytest.mark.timeout(180)

SCRIPT = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
NAME = f"Bob {SCRIPT}"
TEXTS = (
    SCRIPT,
    "{{constructor.constructor('document.title=1')()}} [x](javascript:document.title=1)",
    "ш" * 400,
    "https://shop.example/" + "a" * 300,
    "مرحبا، أين طلبي؟ ‮txet desrever",
    "👩‍👩‍👧‍👦🏳️‍🌈 flags 🇫🇮🇵🇹",
    "one\n\n\nfour lines",
)
TOO_WIDE = """() => [...document.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(one).visibility !== 'hidden')
    .filter((one) => !one.closest('[class*=truncate], [class*=overflow-], .sr-only, .unseen, svg'))
    .map((one) => one.outerHTML.slice(0, 120))"""


async def test_names_and_texts_are_shown_as_text(small_stage: Stage) -> None:
    staff = await staffed(small_stage)
    anna = await staff.seat("Anna")
    phone = await small_stage.context(phone=True)
    chat = await small_stage.chat()
    await chat.open()
    await chat.write(TEXTS[0])
    await chat.leave_contact(name=NAME, email="bob@example.com")
    for text in TEXTS[1:]:
        await chat.write(text)
    await expect(anna.row("Bob <img")).to_be_visible()
    await anna.row("Bob <img").click()
    await expect(anna.line("four lines")).to_be_visible()
    for text in TEXTS:
        first = text.split("\n", 1)[0]
        await expect(chat.log.get_by_text(first).first).to_be_attached()
        await expect(anna.thread.get_by_text(first).first).to_be_attached()
    await expect(anna.page.get_by_role("heading", name="Bob <img").first).to_be_visible()
    await anna.answer(SCRIPT + " too")
    await expect(chat.bubble("</script> too")).to_be_visible()
    await anna.go("Leads")
    await expect(anna.page.get_by_role("row").filter(has_text="Bob <img")).to_be_visible()
    assert "hacked" not in await anna.page.title() + await chat.page.title()

    await anna.go("Conversations")
    await anna.row("Bob <img").click()
    await anna.sees(SCRIPT)
    await _fits(anna.page)
    await anna.page.set_viewport_size({"width": 390, "height": 844})
    await _fits(anna.page)
    small = await small_stage.chat(phone)
    await small.open()
    await small.write("ш" * 400)
    await expect(small.bubble("шшш").get_by_text("Sent")).to_be_visible()
    await _fits(small.page)
    (frame,) = small.page.frames[1:]
    assert await frame.evaluate(TOO_WIDE) == []


async def _fits(page: Page) -> None:
    """Nothing stands beyond the right edge, and the page does not scroll sideways."""
    assert await page.evaluate(TOO_WIDE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
