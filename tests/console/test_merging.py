"""Merging conversations of one customer, by who may do it."""

from typing import Any
from uuid import uuid4

import pytest

from router.indexing import index_all
from router.model import Inbox
from router.staff import Role
from tests.console.office import Office, Seat


class Topics:
    """Anna has one topic of a customer's, Boris another; a third waits."""

    def __init__(self, office: Office, inbox: Inbox, *seats: Seat) -> None:
        self.office = office
        self.inbox = inbox
        self.anna, self.boris, self.chief = seats

    async def path(self, topic: str) -> str:
        return f"/conversations/{(await self.office.desk.conversation(self.inbox, topic)).id}"

    async def into(self, topic: str) -> dict[str, str]:
        return {"into_id": (await self.path(topic)).rsplit("/", 1)[-1]}

    async def row(self, topic: str) -> Any:
        return (await self.chief.gets(await self.path(topic)))["conversation"]


@pytest.fixture
async def topics(office: Office) -> Topics:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    boris = await office.works("Boris", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    shop = Topics(office, inbox, anna, boris, chief)
    for topic, seat in (("orders", anna), ("bills", boris), ("returns", None)):
        await office.desk.writes("Hello", inbox=inbox, who="vera", thread_key=topic)
        if seat is not None:
            await seat.does("POST", f"{await shop.path(topic)}/take")
    return shop


async def test_what_waits_is_merged_by_who_has_the_other(topics: Topics) -> None:
    path = f"{await topics.path('returns')}/merge"
    assert await topics.boris.refused("POST", path, await topics.into("orders"), status=403)
    merged = await topics.anna.does("POST", path, await topics.into("orders"))
    assert merged["id"] == (await topics.into("orders"))["into_id"]
    row = await topics.row("returns")
    assert (row["state"], row["close_reason"]) == ("closed", "merged")
    assert row["merged_into"] == merged["id"]
    detail = await topics.anna.gets(await topics.path("orders"))
    assert [one["id"] for one in detail["merged"]] == [row["id"]]


async def test_what_a_colleague_has_only_supervisors_merge(topics: Topics) -> None:
    path = f"{await topics.path('bills')}/merge"
    into = await topics.into("orders")
    assert await topics.anna.refused("POST", path, into, status=403) == "forbidden"
    assert (await topics.chief.does("POST", path, into))["id"] == into["into_id"]


async def test_the_customers_other_open_ones_can_be_merged(topics: Topics) -> None:
    others = await topics.anna.gets(f"{await topics.path('orders')}/mergeable")
    assert {one["id"] for one in others} == {
        (await topics.into(topic))["into_id"] for topic in ("bills", "returns")
    }
    await topics.boris.does("POST", f"{await topics.path('bills')}/close", {})
    assert len(await topics.anna.gets(f"{await topics.path('orders')}/mergeable")) == 1


async def test_who_has_the_survivor_answers_in_both_threads(topics: Topics) -> None:
    bills = await topics.path("bills")
    await topics.chief.does("POST", f"{bills}/merge", await topics.into("orders"))
    said = {"id": str(uuid4()), "text": "Paid"}
    item = await topics.anna.does("POST", f"{bills}/messages", said, status=202)
    assert item["text"] == "Paid"
    assert (await topics.row("orders"))["unanswered_since"] is None


async def test_a_new_screen_begins_with_what_goes_on_in_its_rows(topics: Topics) -> None:
    returns = await topics.path("returns")
    await topics.anna.does("POST", f"{returns}/merge", await topics.into("orders"))
    tab = await topics.anna.opens()
    snapshot = await tab.until("snapshot")
    [merged] = snapshot["merged"]
    assert merged["merged_into"] == (await topics.into("orders"))["into_id"]
    thread = await topics.anna.gets(f"{await topics.path('orders')}/thread")
    [mark] = [one for one in thread["items"] if one.get("event") == "ConversationMerged"]
    assert mark["merged_id"] == merged["id"]


async def test_what_was_not_read_there_keeps_it_open(topics: Topics) -> None:
    returns, orders = await topics.path("returns"), await topics.path("orders")
    await topics.anna.does("POST", f"{returns}/merge", await topics.into("orders"))
    close = {"seen_seq": 1, "seen_beside": {}}
    assert await topics.anna.refused("POST", f"{orders}/close", close, status=409) == "moved_on"
    close["seen_beside"] = {(await topics.into("returns"))["into_id"]: 1}
    closed = await topics.anna.does("POST", f"{orders}/close", close)
    assert closed["state"] == "closed"


async def test_it_is_taken_back_by_who_has_the_survivor(topics: Topics) -> None:
    returns = await topics.path("returns")
    await topics.anna.does("POST", f"{returns}/merge", await topics.into("orders"))
    assert await topics.boris.refused("POST", f"{returns}/unmerge", status=403) == "forbidden"
    assert await topics.anna.refused("POST", f"{returns}/reopen", status=409) == "too_late"
    back = await topics.anna.does("POST", f"{returns}/unmerge")
    assert (back["state"], back["merged_into"]) == ("waiting", None)
    assert await topics.chief.refused("POST", f"{returns}/unmerge", status=409) == "too_late"


async def test_what_is_not_there_is_not_merged(topics: Topics) -> None:
    path = f"{await topics.path('returns')}/merge"
    nowhere = {"into_id": str(uuid4())}
    assert await topics.chief.refused("POST", path, nowhere, status=404) == "not_found"
    itself = await topics.into("returns")
    assert await topics.chief.refused("POST", path, itself, status=400) == "invalid"


async def test_what_was_said_in_a_merged_one_finds_the_one_in_which_it_goes_on(
    topics: Topics,
) -> None:
    office, desk = topics.office, topics.office.desk
    said = await desk.writes("A blue teapot", inbox=topics.inbox, who="vera", thread_key="returns")
    await desk.writes("The same teapot", inbox=topics.inbox, who="vera", thread_key="bills")
    into = await topics.into("orders")
    for topic in ("returns", "bills"):
        await topics.chief.does("POST", f"{await topics.path(topic)}/merge", into)
    await index_all(office.desk.storage)
    for seat, which in ((topics.anna, "mine"), (topics.anna, "all"), (topics.chief, "all")):
        (hit,) = (await seat.gets("/conversations", list=which, q="blue teapot"))["items"]
        assert (hit["id"], hit["found"]["id"]) == (into["into_id"], said.message_id)
        # Said in two of them, it stands once.
        (hit,) = (await seat.gets("/conversations", list=which, q="teapot"))["items"]
        assert hit["found"]["text"] == "The same teapot"
    closed = (await topics.chief.gets("/conversations", list="closed", q="blue teapot"))["items"]
    assert [one["merged_into"] for one in closed] == [into["into_id"]]
