"""Choices that automatic replies offer: `queues.timers`, `queues.telling`."""

from dataclasses import replace

from router.buttons import Button
from tests.desk import Desk
from tests.queues.timing import CAN, HELLO, setting, spoken


async def test_greeting_offers_choices_in_its_language(desk: Desk) -> None:
    menu = replace(HELLO, options={"ru": ("Доставка",), "en": ("Delivery", "Returns")})
    _, inbox = await setting(desk, menu, can=replace(CAN, max_buttons=3))
    await desk.writes(inbox=inbox)
    await desk.works()
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        said = (await tx.messages.of_thread(thread.id))[-1]
    assert [one.label for one in said.buttons] == ["Delivery", "Returns"]


async def test_choices_that_nobody_can_press_stand_in_the_text(desk: Desk) -> None:
    _, inbox = await setting(desk, replace(HELLO, options={"en": ("Delivery", "Returns")}))
    await desk.writes(inbox=inbox)
    await desk.works()
    (text,) = await spoken(desk, inbox)
    assert text.endswith("\n\n1. Delivery\n2. Returns")


async def test_greeting_asks_for_a_number_where_one_can_be_handed_over(desk: Desk) -> None:
    asking = replace(HELLO, ask_phone={"en": "Share my number"})
    _, inbox = await setting(desk, asking, can=replace(CAN, max_buttons=1, can_ask_phone=True))
    await desk.writes(inbox=inbox)
    await desk.works()
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        said = (await tx.messages.of_thread(thread.id))[-1]
    assert said.buttons == (Button("Share my number", asks_phone=True),)
