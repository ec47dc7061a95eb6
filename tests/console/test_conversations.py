"""Conversations over the API: lists, one whole, its thread, and every act by who may do it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import FormData

from router.ids import DeliveryId, OperatorId
from router.model import DeliveryState, Inbox, Line
from router.queueing import Queueing
from router.staff import Role
from tests.console.office import Office, Seat


async def shop(office: Office) -> tuple[Line, Inbox]:
    line = await office.desk.line()
    return line, await office.desk.inbox(line)


async def waiting(office: Office, inbox: Inbox, who: str = "visitor-1", **more: Any) -> str:
    """A customer has written and waits; the conversation's id."""
    await office.desk.writes("Where is my order?", inbox=inbox, who=who, **more)
    return str((await office.desk.conversation(inbox, who)).id)


async def test_operators_see_the_conversations_of_their_lines(office: Office) -> None:
    line, inbox = await shop(office)
    other = await office.desk.line("other")
    anna = await office.works("Anna", line)
    boris = await office.works("Boris", other, role=Role.SUPERVISOR)
    boss = await office.works("Boss", role=Role.ADMINISTRATOR)
    id_ = await waiting(office, inbox)
    for seat, count in ((anna, 1), (boris, 0), (boss, 1)):
        assert len((await seat.gets("/conversations", list="waiting"))["items"]) == count
    assert await boris.refused("GET", f"/conversations/{id_}", status=404) == "not_found"
    assert await boris.refused("POST", f"/conversations/{id_}/take", status=404) == "not_found"
    assert await boris.refused("GET", f"/conversations?line_id={line.id}", status=404)


async def test_a_conversation_comes_whole(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox, name="Olga")
    whole = await anna.gets(f"/conversations/{id_}")
    assert whole["conversation"]["id"] == id_
    assert whole["customer"]["name"] == "Olga"
    assert whole["customer"]["identities"][0]["channel"] == "rest"
    assert (whole["lead"], whole["sync"]["state"], whole["earlier"]) == (None, "none", [])
    assert await anna.gets(f"/conversations/{id_}/decisions") == []


async def test_a_thread_is_read_backwards_page_by_page(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    for number in range(7):
        await office.desk.writes(f"{number}", inbox=inbox)
        office.desk.clock.move(1)
    id_ = str((await office.desk.conversation(inbox)).id)
    await anna.does("POST", f"/conversations/{id_}/take")
    note = {"id": str(uuid4()), "text": "He is angry"}
    await anna.does("POST", f"/conversations/{id_}/notes", note, status=201)
    texts: list[str] = []
    kinds: list[str] = []
    before: dict[str, int] = {}
    while True:
        page = await anna.gets(f"/conversations/{id_}/thread", limit=3, **before)
        texts[:0] = [one["text"] for one in page["items"] if one["type"] == "message"]
        kinds[:0] = [one["type"] for one in page["items"]]
        if page["before_seq"] is None:
            break
        before = {"before_seq": page["before_seq"]}
    assert texts == [str(number) for number in range(7)]
    assert kinds.count("note") == 1
    assert kinds.count("mark") == 2  # it came in, and was taken
    assert kinds[-1] in ("note", "mark")


async def test_an_answer_with_the_same_id_is_one_answer(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    reply = {"id": str(uuid4()), "text": "On its way", "seen_seq": 1}
    first = await anna.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    again = await anna.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    assert first["id"] == again["id"] == reply["id"]
    assert first["deliveries"][0]["state"] == "queued"
    page = await anna.gets(f"/conversations/{id_}/thread")
    assert [one["text"] for one in page["items"] if one["type"] == "message"] == [
        "Where is my order?",
        "On its way",
    ]


async def test_an_answer_can_offer_choices(office: Office) -> None:
    """`rest` shows no buttons: they stand in the text."""
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    path = f"/conversations/{id_}/messages"
    reply = {"id": str(uuid4()), "text": "What about?", "options": ["Delivery", "Returns"]}
    said = await anna.does("POST", path, reply, status=202)
    assert (said["text"], said["buttons"]) == ("What about?\n\n1. Delivery\n2. Returns", [])
    both = reply | {"id": str(uuid4()), "ask_phone": "My number"}
    assert await anna.refused("POST", path, both, status=400) == "invalid"


async def test_an_answer_to_a_thread_that_moved_on_is_asked_about(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    await office.desk.writes("Never mind", inbox=inbox)
    reply = {"id": str(uuid4()), "text": "On its way", "seen_seq": 1}
    path = f"/conversations/{id_}/messages"
    assert await anna.refused("POST", path, reply, status=409) == "moved_on"
    await anna.does("POST", path, reply | {"seen_seq": None}, status=202)


@pytest.mark.parametrize("reply", [{"text": "  "}, {"text": "x", "file_ids": [str(uuid4())]}])
async def test_an_answer_that_makes_no_sense_is_refused(
    office: Office, reply: dict[str, Any]
) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    whole = {"id": str(uuid4()), **reply}
    code = await anna.refused("POST", f"/conversations/{id_}/messages", whole, status=400)
    assert code == "invalid"


async def test_only_who_has_it_answers_and_closes(office: Office) -> None:
    line, inbox = await shop(office)
    anna, boris = await office.works("Anna", line), await office.works("Boris", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    reply = {"id": str(uuid4()), "text": "Hello"}
    for path, body in (("messages", reply), ("close", {}), ("transfer", {"line_id": str(line.id)})):
        code = await boris.refused("POST", f"/conversations/{id_}/{path}", body, status=403)
        assert code == "forbidden"
    assert await boris.refused("POST", f"/conversations/{id_}/join", status=403) == "forbidden"
    joined = await chief.does("POST", f"/conversations/{id_}/join")
    assert chief.operator is not None
    assert joined["participant_ids"] == [str(chief.operator.id)]
    await chief.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    assert (await chief.does("POST", f"/conversations/{id_}/leave"))["participant_ids"] == []
    assert (await chief.does("POST", f"/conversations/{id_}/close", {}))["state"] == "closed"


async def test_two_who_take_the_last_one_at_once_are_one_who_has_it(either_office: Office) -> None:
    line, inbox = await shop(either_office)
    anna, boris = await either_office.works("Anna", line), await either_office.works("Boris", line)
    id_ = await waiting(either_office, inbox)
    answers = await asyncio.gather(
        *(seat.ask("POST", f"/conversations/{id_}/take") for seat in (anna, boris))
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status == 409)
    assert (await late.json())["code"] == "too_late"


async def test_an_operator_without_room_takes_no_more(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line, max_conversations=1)
    first, second = [await waiting(office, inbox, f"visitor-{number}") for number in range(2)]
    await anna.does("POST", f"/conversations/{first}/take")
    await anna.does("POST", f"/conversations/{first}/take")
    assert await anna.refused("POST", f"/conversations/{second}/take", status=409) == "full"


async def test_an_offer_is_accepted_or_declined_by_whom_it_was_made_to(office: Office) -> None:
    line = await office.desk.line(queueing=Queueing(auto_accept=False))
    inbox = await office.desk.inbox(line)
    anna, boris = await office.works("Anna", line), await office.works("Boris", line)
    id_ = await waiting(office, inbox)
    await office.desk.works()
    offered_to = (await office.desk.conversation(inbox)).offered_to
    assert anna.operator is not None
    asked, other = (anna, boris) if offered_to == anna.operator.id else (boris, anna)
    assert await other.refused("POST", f"/conversations/{id_}/accept", status=409) == "too_late"
    assert await other.refused("POST", f"/conversations/{id_}/take", status=409) == "too_late"
    declined = await asked.does("POST", f"/conversations/{id_}/decline", {"reason": "lunch"})
    assert declined["state"] == "waiting"
    await office.desk.works()
    accepted = await other.does("POST", f"/conversations/{id_}/accept")
    assert other.operator is not None
    assert (accepted["state"], accepted["owner_id"]) == ("open", str(other.operator.id))
    assert (await other.gets("/conversations", list="mine"))["items"][0]["id"] == id_
    assert (await asked.gets("/conversations", list="mine"))["items"] == []
    explained = await asked.gets(f"/conversations/{id_}/decisions")
    assert {one["outcome"] for one in explained} >= {"offered"}


async def test_a_transfer_needs_somebody_or_somewhere(office: Office) -> None:
    line, inbox = await shop(office)
    anna, boris = await office.works("Anna", line), await office.works("Boris")
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    path = f"/conversations/{id_}/transfer"
    nobody = OperatorId(uuid4())
    for body in ({}, {"operator_id": str(nobody)}, {"line_id": str(uuid4())}):
        assert await anna.refused("POST", path, body, status=400) == "invalid"
    assert boris.operator is not None
    to = {"operator_id": str(boris.operator.id), "comment": "He speaks German"}
    assert (await anna.does("POST", path, to))["owner_id"] == str(boris.operator.id)
    # Not on his line, but his: he sees it, with the comment.
    page = await boris.gets(f"/conversations/{id_}/thread")
    assert [one["text"] for one in page["items"] if one["type"] == "note"] == ["He speaks German"]
    back = await boris.does("POST", path, {"line_id": str(line.id)})
    assert back["state"] == "waiting"
    assert await boris.refused("GET", f"/conversations/{id_}", status=404) == "not_found"


async def test_snoozing_closing_and_reopening(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    path, now = f"/conversations/{id_}/snooze", office.desk.clock.now()
    for until in (now - timedelta(hours=1), now + timedelta(days=5000)):
        await anna.refused("POST", path, {"until": until.isoformat()}, status=400)
    await anna.refused("POST", path, {"until": "2026-08-02T12:00:00"}, status=400)
    later = (now + timedelta(hours=1)).isoformat()
    assert (await anna.does("POST", path, {"until": later}))["state"] == "snoozed"
    assert (await anna.does("POST", f"/conversations/{id_}/wake"))["state"] == "open"
    snoozed = await anna.does("POST", path, {"until": None})
    assert (snoozed["state"], snoozed["snoozed_until"]) == ("snoozed", None)
    closed = await anna.does("POST", f"/conversations/{id_}/close", {"reason": "solved"})
    assert closed["close_reason"] == "solved"
    assert (await anna.gets("/conversations", list="closed"))["items"][0]["id"] == id_
    assert await anna.refused("POST", f"/conversations/{id_}/wake", status=409) == "too_late"
    assert (await anna.does("POST", f"/conversations/{id_}/reopen"))["state"] == "open"
    assert await anna.refused("POST", f"/conversations/{id_}/reopen", status=409) == "too_late"


async def test_what_moved_on_is_neither_closed_nor_put_aside(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    await office.desk.writes("One more thing", inbox=inbox)
    close, snooze = f"/conversations/{id_}/close", f"/conversations/{id_}/snooze"
    until = (office.desk.clock.now() + timedelta(hours=1)).isoformat()
    late = {"reason": "solved", "seen_seq": 1}
    assert await anna.refused("POST", close, late, status=409) == "moved_on"
    late = {"until": until, "seen_seq": 1}
    assert await anna.refused("POST", snooze, late, status=409) == "moved_on"
    assert (await anna.gets(f"/conversations/{id_}"))["conversation"]["state"] == "open"
    await anna.does("POST", snooze, {"until": until, "seen_seq": 2})
    closed = await anna.does("POST", close, {"reason": "solved", "seen_seq": 2})
    assert (closed["state"], closed["seen_seq"]) == ("closed", 2)


async def test_what_is_seen_is_seen_up_to_the_end_at_most(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await waiting(office, inbox)
    await anna.does("PUT", f"/conversations/{id_}/seen", {"seq": 500}, status=204)
    whole = await anna.gets(f"/conversations/{id_}")
    assert whole["conversation"]["seen_seq"] == 1
    await anna.refused("PUT", f"/conversations/{id_}/seen", {"seq": 2**40}, status=400)


async def test_a_script_answers_for_the_desk_but_holds_nothing(office: Office) -> None:
    _, inbox = await shop(office)
    script = await office.script()
    id_ = await waiting(office, inbox)
    assert await script.refused("POST", f"/conversations/{id_}/take", status=403) == "forbidden"
    reply = {"id": str(uuid4()), "text": "We are closed today"}
    sent = await script.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    assert (sent["author"], sent["operator_id"]) == ("desk", None)


async def test_an_unconfirmed_delivery_is_settled_by_a_persons_word(office: Office) -> None:
    line, inbox = await shop(office)
    anna, boris = await office.works("Anna", line), await office.works("Boris", line)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    reply = {"id": str(uuid4()), "text": "Hello"}
    sent = await anna.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    path = f"/deliveries/{sent['deliveries'][0]['id']}"
    assert await anna.refused("POST", f"{path}/retry", status=409) == "too_late"
    await _set_delivery_state(office, sent["deliveries"][0]["id"], "unconfirmed")
    assert await boris.refused("POST", f"{path}/settle", {"arrived": True}, status=403)
    settled = await anna.does("POST", f"{path}/settle", {"arrived": True})
    assert settled["deliveries"][0]["state"] == "sent"
    await _set_delivery_state(office, sent["deliveries"][0]["id"], "failed")
    assert (await anna.does("POST", f"{path}/retry"))["deliveries"][0]["state"] == "queued"
    assert await anna.refused("POST", f"/deliveries/{uuid4()}/retry", status=404) == "not_found"


async def _set_delivery_state(office: Office, delivery_id: str, state: str) -> None:
    async with office.desk.storage.transaction() as tx:
        delivery = await tx.deliveries.get(DeliveryId(UUID(delivery_id)))
        assert delivery is not None
        changed = replace(delivery, state=DeliveryState(state))
        await tx.deliveries.save(changed, at=office.desk.clock.now())


async def test_a_file_is_sent_once_by_whoever_brought_it(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    id_ = await waiting(office, inbox)
    await anna.does("POST", f"/conversations/{id_}/take")
    file = await upload(anna, b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert file["state"] == "stored"
    assert file["url"].startswith("/files/")
    reply = {"id": str(uuid4()), "file_ids": [file["id"]]}
    path = f"/conversations/{id_}/messages"
    assert await chief.refused("POST", path, reply, status=400) == "invalid"
    sent = await anna.does("POST", path, reply | {"id": str(uuid4())}, status=202)
    assert [one["id"] for one in sent["files"]] == [file["id"]]
    assert await anna.refused("POST", path, reply, status=400) == "invalid"


async def upload(seat: Seat, data: bytes, *, part: str = "file", status: int = 201) -> Any:
    form = FormData()
    form.add_field(part, BytesIO(data), filename="../secret\u202egnp.exe", content_type="image/png")
    answer = await seat.ask("POST", "/files", data=form)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def test_an_upload_without_a_file_is_refused(office: Office) -> None:
    anna = await office.works("Anna")
    assert (await upload(anna, b"x", part="other", status=400))["code"] == "invalid"
    assert (await upload(anna, b"", status=400))["code"] == "invalid"
    assert (await upload(anna, bytes(25_000_001), status=400))["code"] == "invalid"
    assert await anna.refused("POST", "/files", {"file": "x"}, status=400) == "invalid"
