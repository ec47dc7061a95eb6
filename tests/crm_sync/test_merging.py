"""Conversations that go on as one are logged each message once, to the lead that goes on."""

from collections import Counter

from crm_sync.local import LocalCrm
from router import merging
from router.model import Conversation
from tests.crm_sync.shop import Shop, leads, log_of


async def writes(shop: Shop, topic: str, text: str) -> Conversation:
    shop.desk.clock.move(1)
    await shop.desk.writes(text, inbox=shop.inbox, who="vera", thread_key=topic)
    return await shop.desk.conversation(shop.inbox, topic)


async def merge(shop: Shop, merged: Conversation, into: Conversation) -> None:
    now = shop.desk.clock.now()
    await shop.desk.storage.run(
        lambda tx: merging.merge(tx, merged.id, into.id, shop.anna.id, now=now)
    )


async def logged(local: LocalCrm) -> Counter[str]:
    """How often each of the customer's words stands in the timelines of all leads."""
    texts = [text for lead in await leads(local) for _, text in await log_of(local, lead)]
    return Counter(text for text in texts if text.startswith("my "))


async def test_each_message_is_logged_once_wherever_it_was_written(
    shop: Shop, local: LocalCrm
) -> None:
    await shop.writes("my phone")
    orders, bills = await writes(shop, "orders", "my order"), await writes(shop, "bills", "my bill")
    for topic in ("vera", "orders", "bills"):
        await shop.takes(shop.anna, who=topic)
    await shop.desk.works()
    await merge(shop, bills, orders)
    await writes(shop, "bills", "my second bill")
    await writes(shop, "orders", "my second order")
    await shop.answers("both are on their way", who="bills")
    await shop.desk.works()
    words = ("my phone", "my order", "my bill", "my second bill", "my second order")
    assert await logged(local) == dict.fromkeys(words, 1)


async def test_what_was_not_logged_before_the_merge_is_logged_once_after_it(
    shop: Shop, local: LocalCrm
) -> None:
    await shop.writes("my phone")
    orders, bills = await writes(shop, "orders", "my order"), await writes(shop, "bills", "my bill")
    await merge(shop, bills, orders)
    await shop.desk.works()
    now = shop.desk.clock.now()
    await shop.desk.storage.run(lambda tx: merging.unmerge(tx, bills.id, shop.anna.id, now=now))
    await writes(shop, "bills", "my bill again")
    await shop.desk.works()
    words = ("my phone", "my order", "my bill", "my bill again")
    assert await logged(local) == dict.fromkeys(words, 1)
