"""The lists of conversations, and what is found in them: `console.api.lists`."""

import json

from console.api.shapes import ListedView, Page
from router.indexing import index_all
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
