"""How much strangers may ask: budgets by visitor and by address, over real sockets and requests."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.webchat.limits import (
    ADDRESS_ARRIVALS,
    ADDRESS_ASKS,
    REMEMBERED,
    VISITOR_BYTES,
    Buckets,
    Budget,
    Budgets,
)
from channels.webchat.socket import COSTS, MOST_PUT_OFF
from tests.channels.webchat.chat import Browser, Client, MemoryDesk, until
from tests.channels.webchat.test_uploads import upload
from tests.clock import FakeClock

OFFICE = "93.184.216.34"
HOME = "93.184.216.35"
LARGEST = 20_000_000


async def refused_hello(browser: Browser) -> int:
    """Say hello to a door that is too busy; gives when to come back."""
    await browser.connect()
    await browser.tell("hello", token=browser.token)
    frame = await browser.hears("later")
    assert frame["client_id"] is None
    assert await browser.close_code() == 4429
    return int(frame["retry_after_s"])


async def test_one_address_brings_only_so_many_new_visitors(
    client: Client, clock: FakeClock
) -> None:
    desks = [Browser(client, address=OFFICE) for _ in range(int(ADDRESS_ARRIVALS.full))]
    for browser in desks:
        await browser.hello()
        await browser.close()
    assert await refused_hello(Browser(client, address=OFFICE)) == 2
    # Who was met before comes in, and so does everybody else.
    await desks[0].hello()
    await Browser(client, address=HOME).hello()
    clock.move(2)
    await Browser(client, address=OFFICE).hello()


async def test_messages_of_one_address_are_counted_together(
    client: Client, memory: MemoryDesk, clock: FakeClock
) -> None:
    desks = [Browser(client, address=OFFICE) for _ in range(10)]
    for browser in desks:
        await browser.hello()
    for number in range(200):
        assert (await desks[number % 10].says(str(number)))["type"] == "ack"
    one = Browser(client, address=OFFICE)
    await one.hello()
    client_id = str(uuid4())
    await one.tell("send", client_id=client_id, text="one too many")
    assert await until(one, "later") == {
        "type": "later", "client_id": client_id, "retry_after_s": 1,
    }  # fmt: skip
    home = Browser(client, address=HOME)
    await home.hello()
    assert (await home.says("from elsewhere"))["type"] == "ack"
    # Nothing is lost: the same is taken on the same socket a moment later.
    clock.move(1)
    assert (await one.says("one too many", client_id=client_id))["seq"] == 1
    assert [message.text for message in memory.said][-1] == "one too many"


async def test_a_form_is_put_off_too(client: Client, memory: MemoryDesk, clock: FakeClock) -> None:
    browser = Browser(client)
    await browser.hello()
    for number in range(20):
        await browser.says(str(number))
    await browser.tell("contact", client_id="form", phone="+79161234567")
    assert (await until(browser, "later"))["client_id"] == "form"
    assert memory.actions == []


async def test_who_does_not_wait_is_sent_away(client: Client, memory: MemoryDesk) -> None:
    browser = Browser(client)
    await browser.hello()
    for number in range(20):
        await browser.says(str(number))
    for _ in range(MOST_PUT_OFF + 1):
        await browser.tell("send", client_id="again", text="and again")
    for _ in range(MOST_PUT_OFF):
        assert (await until(browser, "later"))["client_id"] == "again"
    assert (await until(browser, "later"))["client_id"] is None
    assert await browser.close_code() == 4429
    assert len(memory.said) == 20


async def test_this_machine_and_ones_own_network_have_no_common_budget(clock: FakeClock) -> None:
    budgets = Budgets(clock)
    for address in ("127.0.0.1", "10.1.2.3", "::1", "fd00::1", ""):
        assert not any(budgets.arrive(address) for _ in range(1_000))


async def test_an_ipv6_home_is_one_stranger(clock: FakeClock) -> None:
    budgets = Budgets(clock)
    waits = [budgets.arrive(f"2606:2800:220:1::{number:x}") for number in range(1, 200)]
    assert waits.count(0) == ADDRESS_ARRIVALS.full


async def test_bytes_are_counted_and_come_again(
    client: Client, browser: Browser, memory: MemoryDesk, clock: FakeClock
) -> None:
    await browser.hello()
    assert browser.token is not None
    content = bytes(LARGEST - 1_000)
    for _ in range(10):
        clock.move(10)
        assert (await upload(client, browser.token, content)).status == 200
    clock.move(10)
    refused = await upload(client, browser.token, content)
    wait_s = int(refused.headers["Retry-After"])
    assert refused.status == 429
    assert 200 < wait_s < 361
    clock.move(wait_s)
    assert (await upload(client, browser.token, content)).status == 200
    assert len(memory.files) == 11


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 300)), max_size=50))
def test_nobody_ever_spends_more_than_full_and_what_came_again(
    spendings: list[tuple[float, float]],
) -> None:
    clock = FakeClock()
    buckets = Buckets(clock, Budget(full=100, refill_per_s=2))
    spent, passed_s = 0.0, 0.0
    for cost, pause_s in spendings:
        clock.move(pause_s)
        passed_s += pause_s
        if not buckets.wait_s("a", cost):
            buckets.take("a", cost)
            spent += cost
        assert spent <= 100 + 2 * passed_s + 1e-6


@given(st.floats(0, 100), st.floats(0, 100))
def test_whoever_waits_as_long_as_they_were_told_is_served(first: float, second: float) -> None:
    clock = FakeClock()
    buckets = Buckets(clock, Budget(full=100, refill_per_s=2))
    buckets.take("a", first)
    clock.move(buckets.wait_s("a", second) + 1e-6)
    assert buckets.wait_s("a", second) == 0


def test_memory_stays_with_those_who_came_lately(clock: FakeClock) -> None:
    buckets = Buckets(clock, VISITOR_BYTES)
    for number in range(REMEMBERED + 500):
        buckets.take(str(number), 1)
    assert len(buckets._left) == REMEMBERED


@pytest.mark.parametrize("cost", COSTS.values())
def test_an_office_has_ten_times_a_visitors_budget(cost: float, clock: FakeClock) -> None:
    budgets = Budgets(clock)
    served = sum(not budgets.ask(str(number % 50), OFFICE, cost) for number in range(1_000))
    assert served == ADDRESS_ASKS.full // cost
