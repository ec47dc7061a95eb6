"""The API as a whole: its description, its errors, and what it makes of nonsense."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from schemathesis.core.result import Ok

from console.api.openapi import document, operation_id
from console.api.problems import problems
from console.api.route import MAX_BODY_BYTES, body_of, storable, unstorable
from console.api.shapes import Note, Shape
from console.server import described, routes
from router.errors import Busy, Invalid
from router.staff import Role
from tests.console.office import Office, Seat, close_office, open_office
from tests.desk import Desk

# The same in every process that collects these tests.
ID = b"01890000-0000-7000-8000-000000000001"


async def note_path(office: Office) -> tuple[Seat, str]:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    anna = await office.works("Anna", line)
    await office.desk.writes("Hello", inbox=inbox)
    return anna, f"/conversations/{(await office.desk.conversation(inbox)).id}/notes"


async def test_the_description_is_served_and_names_every_route(office: Office) -> None:
    seat = await office.seat()
    description = await seat.gets("/openapi.json")
    assert description["openapi"] == "3.1.0"
    served = {(one.path, one.method.lower()) for one in routes()}
    told = {(path, method) for path, one in description["paths"].items() for method in one}
    assert told == served | {("/feed", "get")}
    names = [operation_id(one) for one in routes()]
    assert len(names) == len(set(names))
    for name in ("FeedFrame", "FeedWord", "Problem", "Snapshot"):
        assert name in description["components"]["schemas"]


async def test_no_start_waits_for_the_description(desk: Desk) -> None:
    before = described.cache_info()
    await close_office(await open_office(desk))
    assert described.cache_info() == before


async def test_the_documents_for_people_take_nothing_from_elsewhere(office: Office) -> None:
    seat = await office.seat()
    answer = await seat.client.get("/api/docs")
    text = await answer.text()
    assert "/conversations/{conversation_id}/accept" in text
    assert "src=" not in text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_unknown_places_and_methods_are_problems_too(office: Office) -> None:
    anna = await office.works("Anna")
    assert await anna.refused("GET", "/nowhere", status=404) == "not_found"
    assert await anna.refused("GET", "/conversations/no-id", status=404) == "not_found"
    assert await anna.refused("GET", f"/conversations/{uuid4()}", status=404) == "not_found"
    assert await anna.refused("DELETE", "/conversations", status=405) == "method_not_allowed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"id": 1, "text": "x"}',
        b'{"text": "x"}',
        b'{"id": "%s", "text": ""}' % ID,
        b'{"id": "%s", "text": "x", "more": 1}' % ID,
        b'{"id": "%s", "text": "a\\u0000b"}' % ID,
        b'{"id": "%s", "text": "\\ud800"}' % ID,
        b'{"id": "%s", "text": "\xff"}' % ID,
        b'{"id": "%s", "text": "%s"}' % (ID, b"x" * 10_001),
        b"[" * 100_000,
    ],
)
async def test_a_body_that_makes_no_sense_is_named(office: Office, body: bytes) -> None:
    anna, path = await note_path(office)
    headers = {"Content-Type": "application/json"}
    answer = await anna.ask("POST", path, data=body, headers=headers)
    problem = await answer.json()
    assert (answer.status, problem["code"]) == (400, "invalid")
    assert problem["fields"]


async def test_a_literal_that_looks_like_an_escape_is_text(office: Office) -> None:
    anna, path = await note_path(office)
    note = {"id": str(uuid4()), "text": "C:\\u0000\\file"}
    assert (await anna.does("POST", path, note, status=201))["text"] == note["text"]


async def test_only_json_is_taken_and_only_so_much(office: Office) -> None:
    anna, path = await note_path(office)
    form = await anna.ask("POST", path, data={"text": "x"})
    assert (form.status, (await form.json())["code"]) == (400, "invalid")
    headers = {"Content-Type": "application/json"}
    large = await anna.ask("POST", path, data=BytesIO(bytes(MAX_BODY_BYTES + 1)), headers=headers)
    assert (large.status, (await large.json())["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "query",
    [
        "list=others",
        "limit=0",
        "limit=100000000000000000000",
        "cursor=nonsense",
        "cursor=%00",
        "cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "q=a%00b",
        "more=1",
        "list=all&list=mine",
        "line_id=1",
    ],
)
async def test_a_query_that_makes_no_sense_is_named(office: Office, query: str) -> None:
    anna, _ = await note_path(office)
    answer = await anna.ask("GET", f"/conversations?{query}")
    problem = await answer.json()
    if query.startswith("cursor=AAAA"):
        # Well formed, though no page gave it out: everything lies behind it, or nothing.
        assert answer.status == 200
        return
    assert (answer.status, problem["code"]) == (400, "invalid")
    assert set(problem["fields"]) <= {"list", "limit", "cursor", "q", "more", "line_id"}
    assert problem["fields"]


async def test_parameters_that_a_route_does_not_know_are_refused(office: Office) -> None:
    anna = await office.works("Anna")
    assert await anna.refused("GET", "/lines?sort=name", status=400) == "invalid"


async def test_a_bug_tells_nothing_of_our_insides() -> None:
    async def broken(_: web.Request) -> web.StreamResponse:
        raise ValueError("the customer's words")

    async def busy(_: web.Request) -> web.StreamResponse:
        raise Busy("the database went away")

    app = web.Application(middlewares=[problems])
    app.add_routes([web.get("/broken", broken), web.get("/busy", busy)])
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/broken")
        text = await answer.text()
        assert answer.status == 500
        assert "words" not in text
        assert "ValueError" not in text
        answer = await client.get("/busy")
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")


# --- pieces -----------------------------------------------------------------------


class Nested(Shape):
    names: dict[str, list[str]]


def test_what_no_database_holds_is_found_wherever_it_is() -> None:
    assert list(unstorable({"a": [{"b": "x\0"}], "c": "fine"})) == ["a.0.b"]
    with pytest.raises(Invalid) as refused:
        body_of(Nested, b'{"names": {"x": ["a", "b\\u0000"]}}')
    assert refused.value.fields == {"names.x.1": "holds characters that are no text"}


@given(st.text())
def test_text_is_storable_or_has_what_is_not(text: str) -> None:
    broken = "\0" in text or any(0xD800 <= ord(one) <= 0xDFFF for one in text)
    assert storable(text) is not broken


@given(st.binary(max_size=200))
def test_no_bytes_get_past_the_reader_unless_they_are_a_body(body: bytes) -> None:
    try:
        value: BaseModel | Invalid = body_of(Note, body)
    except Invalid as refused:
        value = refused
    assert value.fields if isinstance(value, Invalid) else isinstance(value, Note)


# --- by its own description ---------------------------------------------------------


async def test_the_server_keeps_what_its_description_promises(office: Office) -> None:
    """For some seconds, requests made from the description; every answer must be described."""
    line = await office.desk.line()
    inbox = await office.desk.inbox(line)
    await office.works("Anna", line)
    await office.desk.writes("Hello", inbox=inbox)
    seat = await office.script(Role.ADMINISTRATOR)
    described = document(routes(), address=str(seat.client.make_url("")), version="1")
    schema = schemathesis.openapi.from_dict(described)
    cases = [
        found.ok()
        for found in schema.get_all_operations()
        if isinstance(found, Ok) and found.ok().path not in ("/feed", "/files")
    ]
    for operation in cases:
        for case in examples(operation):
            await keeps(seat, operation, case)


def examples(operation: Any) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy())
    def collect(case: Any) -> None:
        found.append(case)

    collect()
    return found


async def keeps(seat: Seat, operation: Any, case: Any) -> None:
    sent = case.as_transport_kwargs(base_url=str(seat.client.make_url("/api/v1")))
    headers = {**(sent.get("headers") or {}), "Authorization": f"Bearer {seat.token}"}
    answer = await seat.client.session.request(
        sent["method"],
        sent["url"],
        params=sent.get("params"),
        json=sent.get("json"),
        data=sent.get("data"),
        headers={name: str(value) for name, value in headers.items()},
    )
    text = await answer.text()
    responses = operation.definition.raw["responses"]
    assert str(answer.status) in responses, (sent["method"], sent["url"], answer.status, text[:300])
    assert answer.status < 500 or answer.status == 503
