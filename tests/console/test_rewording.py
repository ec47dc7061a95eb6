"""Second thoughts over the API: by who said it, where the channel changes anything."""

from dataclasses import replace
from uuid import uuid4

from router.model import DeliveryState, Inbox
from tests.console.office import Office, Seat


async def answered(office: Office, kind: str) -> tuple[Inbox, Seat, str]:
    line = await office.desk.line()
    inbox = await office.desk.inbox(line, kind)
    anna = await office.works("Anna", line)
    await office.desk.writes("Where is my order?", inbox=inbox)
    id_ = (await office.desk.conversation(inbox)).id
    await anna.does("POST", f"/conversations/{id_}/take")
    reply = {"id": str(uuid4()), "text": "On its way"}
    said = await anna.does("POST", f"/conversations/{id_}/messages", reply, status=202)
    async with office.desk.storage.transaction() as tx:
        (delivery,) = await tx.deliveries.under_way((await office.desk.thread(inbox)).id)
        sending = replace(delivery, state=DeliveryState.SENDING, attempts=1)
        await tx.deliveries.save(sending, at=office.desk.clock.now())
    return inbox, anna, said["id"]


async def test_what_was_said_is_changed_and_withdrawn_by_who_said_it(office: Office) -> None:
    _, anna, id_ = await answered(office, "simulator")
    changed = await anna.does("PUT", f"/messages/{id_}", {"text": "It has arrived"})
    assert changed["text"] == "On its way"
    assert changed["change"] == {
        "kind": "edit",
        "state": "queued",
        "text": "It has arrived",
        "reason": None,
    }
    gone = await anna.does("DELETE", f"/messages/{id_}")
    assert gone["change"]["kind"] == "withdrawal"
    assert (await anna.does("DELETE", f"/messages/{id_}/change"))["change"] == gone["change"]


async def test_others_and_other_channels_change_nothing(office: Office) -> None:
    _, anna, id_ = await answered(office, "rest")
    assert await anna.refused("PUT", f"/messages/{id_}", {"text": "x"}, status=400) == "invalid"
    assert await anna.refused("DELETE", f"/messages/{uuid4()}", status=404) == "not_found"
    boris = await office.works("Boris")
    assert await boris.refused("DELETE", f"/messages/{id_}", status=404) == "not_found"


async def reacted_to(office: Office, inbox: Inbox) -> str:
    """The customer's first message."""
    async with office.desk.storage.reading() as tx:
        (asked, *_) = await tx.messages.of_thread((await office.desk.thread(inbox)).id)
    return f"/messages/{asked.id}/reaction"


async def test_who_may_answer_reacts_to_what_a_customer_said(office: Office) -> None:
    inbox, anna, _ = await answered(office, "simulator")
    path = await reacted_to(office, inbox)
    wished = await anna.does("PUT", path, {"emoji": "👍"})
    assert (wished["reactions"], wished["change"]["kind"], wished["change"]["text"]) == (
        [],
        "reaction",
        "👍",
    )
    assert await anna.refused("PUT", path, {"emoji": "🦄"}, status=400) == "invalid"
    line = await office.desk.directory.line(inbox.line_id)
    assert line is not None
    boris = await office.works("Boris", line)
    assert await boris.refused("PUT", path, {"emoji": "👍"}, status=403) == "forbidden"
    stranger = await office.works("Vera")
    assert await stranger.refused("PUT", path, {"emoji": "👍"}, status=404) == "not_found"


async def test_where_the_channel_has_no_reactions_nobody_reacts(office: Office) -> None:
    inbox, anna, said = await answered(office, "rest")
    path = await reacted_to(office, inbox)
    assert await anna.refused("PUT", path, {"emoji": "👍"}, status=400) == "invalid"
    assert await anna.refused("PUT", f"/messages/{said}/reaction", {"emoji": ""}, status=400) == (
        "invalid"
    )
    nobody = f"/messages/{uuid4()}/reaction"
    assert await anna.refused("PUT", nobody, {"emoji": ""}, status=404) == "not_found"
