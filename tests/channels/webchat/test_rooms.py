"""Sockets of one visitor are told everything, in order, however the news came."""

import asyncio

import pytest

from channels.webchat.doors import Doors
from router.model import State
from router.visitor import Heard, Said
from tests.channels.webchat.chat import BORIS, Browser, Client, MemoryDesk


async def test_lost_news_is_made_up_for_by_the_next(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    key = memory.visitor
    memory.says(key, "one")
    memory.says(key, "two", quietly=True)
    memory.says(key, "three")
    assert [one["text"] for one in await browser.messages(3)] == ["one", "two", "three"]


@pytest.mark.parametrize("order", [(3, 1, 2, 2, 5, 4), (5, 5, 5), (2, 1, 3, 4, 5), (4, 5)])
async def test_order_of_the_news_does_not_matter(
    browser: Browser, memory: MemoryDesk, order: tuple[int, ...]
) -> None:
    await browser.hello()
    key = memory.visitor
    said = {number: memory.says(key, str(number), quietly=True) for number in range(1, 6)}
    for number in order:
        memory.tell(key, Heard(said=Said(said[number], BORIS)))
        await asyncio.sleep(0)
    assert [one["seq"] for one in await browser.messages(5)] == [1, 2, 3, 4, 5]
    assert (await browser.says("and nothing twice"))["type"] == "ack"
    assert (await browser.hears("message"))["message"]["seq"] == 6


async def test_gap_in_the_news_is_made_up_for_at_once(browser: Browser, memory: MemoryDesk) -> None:
    await browser.hello()
    key = memory.visitor
    memory.says(key, "one", quietly=True)
    memory.says(key, "two", quietly=True)
    memory.face, memory.state, memory.seen[key] = BORIS, State.OPEN, 1
    memory.tell(key, Heard(lost=True))
    assert [one["text"] for one in await browser.messages(2)] == ["one", "two"]
    assert (await browser.hears("read"))["seq"] == 1
    assert (await browser.hears("status"))["state"] == "open"


async def test_trouble_of_the_desk_sends_everybody_away_to_resume(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    memory.breaks = True
    memory.says(memory.visitor, "one", quietly=True)
    memory.says(memory.visitor, "two")
    assert await browser.close_code() == 1013
    memory.breaks = False
    assert len((await browser.hello())["messages"]) == 2


async def test_who_missed_too_much_is_sent_to_say_hello_again(
    browser: Browser, memory: MemoryDesk
) -> None:
    await browser.hello()
    for number in range(150):
        memory.says(memory.visitor, str(number), quietly=True)
    memory.tell(memory.visitor, Heard(lost=True))
    assert await browser.close_code() == 1012


async def test_oldest_of_too_many_sockets_is_replaced(client: Client, memory: MemoryDesk) -> None:
    browsers = [Browser(client) for _ in range(11)]
    await browsers[0].hello()
    for browser in browsers[1:]:
        browser.token = browsers[0].token
        await browser.hello()
    assert await browsers[0].close_code() == 4409
    assert (await browsers[10].says("Hello"))["type"] == "ack"


async def test_room_is_empty_when_everybody_has_left(client: Client, memory: MemoryDesk) -> None:
    first, second = Browser(client), Browser(client)
    await first.hello()
    second.token = first.token
    await second.hello()
    assert len(memory.followers[memory.visitor]) == 1
    await first.close()
    assert (await second.says("Still here"))["type"] == "ack"
    await second.close()
    await asyncio.wait_for(memory.deserted.wait(), timeout=2)


async def test_stopping_server_sends_everybody_away(browser: Browser, doors: Doors) -> None:
    await browser.hello()
    closing = asyncio.create_task(doors.close())
    assert await browser.close_code() == 1012
    await closing


async def test_who_does_not_listen_is_cut_and_comes_back_to_everything(
    client: Client, memory: MemoryDesk
) -> None:
    deaf, listening = Browser(client), Browser(client)
    await listening.hello()
    deaf.token = listening.token
    await deaf.hello()
    frozen = deaf.stops_reading()
    for _ in range(400):
        memory.says(memory.visitor, "x" * 20_000)
    assert [one["seq"] for one in await listening.messages(400)] == list(range(1, 401))
    frozen.abort()
    assert (await deaf.hello())["seq"] == 400
