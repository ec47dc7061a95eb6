"""Splitting a conversation at a message, by who may do it."""

from typing import Any

import pytest

from router.indexing import index_all
from router.model import Inbox, Line
from router.staff import Role
from tests.console.office import Office, Seat


def ident(seat: Seat) -> str:
    assert seat.operator is not None
    return str(seat.operator.id)


class Chat:
    """Anna has a customer's chat about an order, and then about a bill; Boris is her colleague."""

    def __init__(self, office: Office, inbox: Inbox, bills: Line, *seats: Seat) -> None:
        self.office = office
        self.inbox = inbox
        self.bills = bills
        self.anna, self.boris, self.chief = seats
        self.path = ""

    async def splits(self, seat: Seat, **body: object) -> Any:
        return await seat.does("POST", f"{self.path}/split", {"from_seq": 3, **body})

    async def row(self, path: str) -> Any:
        return (await self.chief.gets(path))["conversation"]


@pytest.fixture
async def chat(office: Office) -> Chat:
    line, bills = await office.desk.line(), await office.desk.line("bills")
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    boris = await office.works("Boris", line)
    chief = await office.works("Chief", line, bills, role=Role.SUPERVISOR)
    shop = Chat(office, inbox, bills, anna, boris, chief)
    for text in ("My order", "is late", "And my bill", "is wrong"):
        await office.desk.writes(text, inbox=inbox, who="vera")
    shop.path = f"/conversations/{(await office.desk.conversation(inbox, 'vera')).id}"
    await anna.does("POST", f"{shop.path}/take")
    return shop


async def test_who_has_it_splits_it_and_keeps_both(chat: Chat) -> None:
    body = {"from_seq": 3}
    assert await chat.boris.refused("POST", f"{chat.path}/split", body, status=403) == "forbidden"
    later = await chat.splits(chat.anna, subject=" The bill ")
    assert (later["subject"], later["owner_id"]) == ("The bill", ident(chat.anna))
    assert (later["first_seq"], later["last_seq"]) == (3, 4)
    assert later["split_from"] == chat.path.rsplit("/", 1)[-1]
    first = await chat.row(chat.path)
    assert (first["state"], first["close_reason"], first["last_seq"]) == ("closed", "split", 2)
    page = await chat.anna.gets(f"{chat.path}/thread")
    said = [one["conversation_id"] for one in page["items"] if one["type"] == "message"]
    assert said == [first["id"], first["id"], later["id"], later["id"]]
    begun = next(one for one in page["items"] if one.get("event") == "ConversationSplit")
    assert (begun["after_seq"], begun["operator_id"]) == (2, ident(chat.anna))


async def test_it_is_given_to_a_colleague_or_a_line_but_not_to_both(chat: Chat) -> None:
    to = {"operator_id": ident(chat.boris), "line_id": str(chat.bills.id)}
    body = {"from_seq": 3, **to}
    assert await chat.anna.refused("POST", f"{chat.path}/split", body, status=400) == "invalid"
    body["line_id"] = ident(chat.anna)
    del body["operator_id"]
    assert await chat.anna.refused("POST", f"{chat.path}/split", body, status=400) == "invalid"
    later = await chat.splits(chat.anna, operator_id=to["operator_id"])
    assert later["owner_id"] == to["operator_id"]


async def test_who_gave_it_to_a_line_they_do_not_see_takes_it_back(chat: Chat) -> None:
    later = await chat.splits(chat.anna, line_id=str(chat.bills.id))
    path = f"/conversations/{later['id']}"
    assert await chat.anna.refused("GET", path, status=404) == "not_found"
    undo = f"{chat.path}/unsplit"
    assert await chat.boris.refused("POST", undo, status=403) == "forbidden"
    whole = await chat.anna.does("POST", undo)
    assert (whole["state"], whole["last_seq"]) == ("open", 4)
    gone = await chat.row(path)
    assert (gone["state"], gone["close_reason"], gone["last_message"]) == (
        "closed",
        "unsplit",
        None,
    )
    assert await chat.anna.refused("POST", undo, status=409) == "too_late"


async def test_what_is_found_by_its_words_is_whose_they_are(chat: Chat) -> None:
    await index_all(chat.office.desk.storage)
    later = await chat.splits(chat.anna, subject="Overcharged")
    await index_all(chat.office.desk.storage)

    async def found(words: str) -> list[str]:
        page = await chat.chief.gets(f"/conversations?list=all&q={words}")
        closed = await chat.chief.gets(f"/conversations?list=closed&q={words}")
        return [one["id"] for one in (*page["items"], *closed["items"])]

    first = chat.path.rsplit("/", 1)[-1]
    assert (await found("wrong"), await found("late")) == ([later["id"]], [first])
    assert await found("overcharged") == [later["id"]]
    await chat.anna.does("POST", f"{chat.path}/unsplit")
    await index_all(chat.office.desk.storage)
    assert first in await found("wrong")
    assert later["id"] not in await found("wrong")
