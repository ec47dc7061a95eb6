"""The lists of conversations, and what is found in them: `console.api.lists`."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from console.api.shapes import ListedView, Page
from router.ids import ConversationId
from router.indexing import index_all
from router.states import touched
from tests.console.office import Office
from tests.console.test_conversations import shop, waiting


async def test_lists_are_paged_by_key(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    for number in range(5):
        await waiting(office, inbox, f"visitor-{number}")
        office.desk.clock.move(1)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await anna.gets("/conversations", list="waiting", limit=2, **cursor)
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 5
    newest_first = (await anna.gets("/conversations", list="all"))["items"]
    assert [one["id"] for one in newest_first] == seen[::-1]


async def test_conversations_of_one_inbox_for_who_sees_it(office: Office) -> None:
    line, inbox = await shop(office)
    other_inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await waiting(office, other_inbox)
    asked = {"inbox_id": str(inbox.id)}
    page = await anna.gets("/conversations", list="all", **asked)
    assert [one["id"] for one in page["items"]] == [id_]
    assert (await anna.gets("/conversations", list="closed", **asked))["items"] == []
    stranger = await office.works("Other", await office.desk.line("other"))
    assert await stranger.refused("GET", f"/conversations?inbox_id={inbox.id}", status=404)
    for more in ("list=waiting", "list=all&order=urgent", "q=hello", f"line_id={line.id}"):
        path = f"/conversations?inbox_id={inbox.id}&{more}"
        assert await anna.refused("GET", path, status=400) == "invalid"


async def test_the_most_urgent_come_first_whatever_came_when(either_office: Office) -> None:
    office = either_office
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    ids = []
    for number in range(5):
        ids.append(await waiting(office, inbox, f"visitor-{number}"))
        office.desk.clock.move(1)
    due_at = office.desk.clock.now() + timedelta(seconds=100)
    async with office.desk.storage.transaction() as tx:
        for id_ in (ids[3], ids[4]):
            before = await office.desk.again(ConversationId(UUID(id_)))
            await tx.change(before, touched(before, reply_due_at=due_at))
    await anna.does("POST", f"/conversations/{ids[4]}/take")
    await anna.does("POST", f"/conversations/{ids[0]}/take")
    expected = {
        "waiting": [ids[3], ids[1], ids[2]],
        "all": [ids[3], ids[4], ids[0], ids[1], ids[2]],
        "mine": [ids[4], ids[0]],
    }
    for which, order in expected.items():
        seen: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        while True:
            page = await anna.gets("/conversations", list=which, order="urgent", limit=2, **more)
            seen += page["items"]
            if page["next"] is None:
                break
            more = {"cursor": page["next"]}
        assert [one["id"] for one in seen] == order, which
    [first, _] = (await anna.gets("/conversations", list="mine", order="urgent"))["items"]
    assert first["urgent_at"] == due_at.isoformat().replace("+00:00", "Z")


async def test_what_is_closed_or_found_has_no_urgency(office: Office) -> None:
    line, _ = await shop(office)
    anna = await office.works("Anna", line)
    for asked in ("list=closed", "list=all&q=teapot"):
        path = f"/conversations?{asked}&order=urgent"
        assert await anna.refused("GET", path, status=400) == "invalid"


async def test_a_search_finds_by_title(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    await waiting(office, inbox, "visitor-1", name="Olga")
    await waiting(office, inbox, "visitor-2", name="Pavel")
    await index_all(office.desk.storage)
    found = (await anna.gets("/conversations", list="all", q="olg"))["items"]
    assert [one["title"] for one in found] == ["Olga"]
    assert (await anna.gets("/conversations", list="closed", q="olg"))["items"] == []


async def test_a_search_in_messages_says_which_one(office: Office) -> None:
    line, inbox = await shop(office)
    other = await office.desk.inbox(await office.desk.line("other"))
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox, name="Olga")
    said = await office.desk.writes("It was a blue teapot", inbox=inbox)
    await office.desk.writes("A teapot", inbox=other, who="visitor-2")
    await index_all(office.desk.storage)
    await anna.does("POST", f"/conversations/{id_}/take")
    for which in ("mine", "all"):
        (hit,) = (await anna.gets("/conversations", list=which, q="teapot"))["items"]
        assert (hit["id"], hit["found"]["id"]) == (id_, said.message_id)
        assert (hit["found"]["seq"], hit["found"]["text"]) == (2, "It was a blue teapot")
        (hit,) = (await anna.gets("/conversations", list=which, q="olga"))["items"]
        assert hit["found"] is None
        assert (await anna.gets("/conversations", list=which, q="kettle"))["items"] == []


async def test_a_list_is_of_the_shape_that_it_says(either_office: Office) -> None:
    line, inbox = await shop(either_office)
    anna = await either_office.works("Anna", line)
    id_ = await waiting(either_office, inbox, name="Olga")
    await anna.does("POST", f"/conversations/{id_}/take")
    await index_all(either_office.desk.storage)
    for asked in ({}, {"q": "order"}):
        given = await anna.gets("/conversations", list="all", **asked)
        shape = Page[ListedView].model_validate_json(json.dumps(given))
        assert shape.model_dump(mode="json") == given
        assert len(given["items"]) == 1


async def test_a_search_is_paged_by_key(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    for number in range(5):
        await waiting(office, inbox, f"visitor-{number}")
    await index_all(office.desk.storage)
    asked = {"list": "waiting", "q": "where order", "limit": 2}
    seen: list[str] = []
    page = await anna.gets("/conversations", **asked)
    while True:
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        assert len(page["items"]) == 2
        page = await anna.gets("/conversations", **asked, cursor=page["next"])
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
