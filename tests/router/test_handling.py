"""The acts on a conversation: `router.handling`."""

from datetime import timedelta
from uuid import uuid4

import pytest

from queues.auditor import audit
from router import handling, placing
from router.errors import Full, Invalid, MovedOn, NotFound, TooLate
from router.ids import ConversationId, LineId, NoteId
from router.model import State
from router.staff import Operator
from router.steering import pin
from tests.desk import Desk
from tests.router.scene import Scene, a_scene


@pytest.fixture
async def scene(desk: Desk) -> Scene:
    return await a_scene(desk)


@pytest.fixture
async def either_scene(either_desk: Desk) -> Scene:
    return await a_scene(either_desk)


# --- accepting and declining -------------------------------------------------


async def test_accepting_twice_is_accepting_once(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    first = await scene.act(handling.accept, id_, scene.anna.id)
    again = await scene.act(handling.accept, id_, scene.anna.id)
    assert first == again
    assert (first.state, first.owner_id) == (State.OPEN, scene.anna.id)
    assert await scene.load(scene.anna) == (1, 0)


async def test_an_offer_is_accepted_only_by_whom_it_was_made_to(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    with pytest.raises(TooLate):
        await scene.act(handling.accept, id_, scene.boris.id)
    assert (await scene.desk.again(id_)).offered_to == scene.anna.id
    await scene.sound()


async def test_a_declined_offer_waits_on_and_its_line_looks_again(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)

    async def decline() -> None:
        await scene.act(handling.decline, id_, scene.anna.id, reason="busy\0")

    assert await scene.wakes_line(decline)
    assert (await scene.desk.again(id_)).state is State.WAITING
    with pytest.raises(TooLate):
        await decline()
    with pytest.raises(TooLate):
        await scene.act(handling.accept, id_, scene.anna.id)
    async with scene.desk.storage.reading() as tx:
        mark = (await tx.record.marks([id_], after_seq=0, up_to_seq=99))[-1]
    told = (mark.event, mark.operator_id, mark.reason)
    assert told == ("OfferDeclined", scene.anna.id, "busy")


# --- taking ------------------------------------------------------------------


async def test_taking_twice_is_taking_once(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    before = await scene.desk.again(id_)
    assert await scene.act(handling.take, id_, scene.anna) == before
    assert await scene.load(scene.anna) == (1, 0)


async def test_what_somebody_has_cannot_be_taken(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    with pytest.raises(TooLate):
        await scene.act(handling.take, id_, scene.boris)


async def test_taking_what_is_offered_to_oneself_is_accepting(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    assert (await scene.act(handling.take, id_, scene.anna)).owner_id == scene.anna.id
    assert await scene.load(scene.anna) == (1, 0)
    await scene.sound()


async def test_an_operator_without_room_takes_nothing(scene: Scene) -> None:
    for number in range(2):
        await scene.held(scene.anna, f"v{number}")
    id_ = await scene.waiting("v3")
    with pytest.raises(Full):
        await scene.act(handling.take, id_, scene.anna)
    assert (await scene.desk.again(id_)).state is State.WAITING


async def test_what_does_not_exist_is_not_found(scene: Scene) -> None:
    nothing = ConversationId(uuid4())
    for act in (
        lambda: scene.act(handling.accept, nothing, scene.anna.id),
        lambda: scene.act(handling.take, nothing, scene.anna),
        lambda: scene.act(handling.close, nothing, None, reason=""),
        lambda: scene.act(handling.join, nothing, scene.anna.id),
        lambda: scene.act(handling.see, nothing, scene.anna.id, seq=1),
    ):
        with pytest.raises(NotFound):
            await act()


# --- transferring ------------------------------------------------------------


def to(operator: Operator) -> dict[str, object]:
    return {"to_operator": operator, "to_line": None, "comment": ""}


async def test_a_transfer_changes_owner_and_may_pass_the_cap(scene: Scene) -> None:
    for number in range(2):
        await scene.held(scene.boris, f"v{number}")
    id_ = await scene.held(scene.anna)
    after = await scene.act(handling.transfer, id_, scene.anna.id, **to(scene.boris))
    assert after.owner_id == scene.boris.id
    assert (await scene.load(scene.anna), await scene.load(scene.boris)) == ((0, 0), (3, 0))
    await scene.sound()


async def test_a_transfer_carries_its_comment_as_a_note(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    given = to(scene.boris) | {"comment": "knows\0 her"}
    await scene.act(handling.transfer, id_, scene.anna.id, **given)
    thread = await scene.desk.thread(scene.inbox)
    async with scene.desk.storage.reading() as tx:
        (note,) = await tx.notes.of_thread(thread.id, after_seq=0, up_to_seq=9)
    assert (note.text, note.operator_id, note.after_seq) == ("knows her", scene.anna.id, 1)


async def test_a_transfer_withdraws_the_offer(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    await scene.act(handling.transfer, id_, scene.boris.id, **to(scene.boris))
    with pytest.raises(TooLate):
        await scene.act(handling.accept, id_, scene.anna.id)
    assert await scene.load(scene.anna) == (0, 0)
    await scene.sound()


async def test_a_transfer_to_a_line_waits_there(scene: Scene) -> None:
    other = await scene.desk.line("sales")
    id_ = await scene.held(scene.anna)
    given: dict[str, object] = {"to_operator": None, "to_line": other.id, "comment": ""}
    after = await scene.act(handling.transfer, id_, scene.anna.id, **given)
    assert (after.state, after.line_id, after.owner_id) == (State.WAITING, other.id, None)
    assert after.previous_owner_id == scene.anna.id
    async with scene.desk.storage.reading() as tx:
        counts = await tx.record.counts([f"all:{scene.line.id}", f"all:{other.id}"])
    assert list(counts.values()) == [0, 1]
    await scene.sound()


async def test_a_transfer_leads_somewhere(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    closed = await scene.desk.line("closed", active=False)
    nowhere: list[dict[str, object]] = [
        {"to_operator": None, "to_line": None},
        {"to_operator": scene.boris, "to_line": scene.line.id},
        {"to_operator": None, "to_line": LineId(uuid4())},
        {"to_operator": None, "to_line": closed.id},
    ]
    for given in nowhere:
        with pytest.raises(Invalid):
            await scene.act(handling.transfer, id_, scene.anna.id, comment="", **given)
    with pytest.raises(TooLate):
        await scene.act(handling.transfer, id_, scene.anna.id, **to(scene.anna))
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    with pytest.raises(TooLate):
        await scene.act(handling.transfer, id_, scene.anna.id, **to(scene.boris))


# --- closing and opening again -----------------------------------------------


async def test_closing_twice_is_closing_once(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    first = await scene.act(handling.close, id_, scene.anna.id, reason="done\0")
    assert await scene.act(handling.close, id_, scene.boris.id, reason="again") == first
    assert (first.state, first.close_reason, first.owner_id) == (
        State.CLOSED,
        "done",
        scene.anna.id,
    )
    assert await scene.load(scene.anna) == (0, 0)


async def test_who_wrote_meanwhile_is_not_closed_away(either_scene: Scene) -> None:
    scene = either_scene
    id_ = await scene.held(scene.anna)
    await scene.desk.writes("And one more thing", inbox=scene.inbox)
    with pytest.raises(MovedOn):
        await scene.act(handling.close, id_, scene.anna.id, reason="", seen_seq=1)
    assert (await scene.desk.again(id_)).state is State.OPEN
    assert await scene.load(scene.anna) == (1, 0)
    closed = await scene.act(handling.close, id_, scene.anna.id, reason="", seen_seq=2)
    assert closed.state is State.CLOSED
    # The same again, its first answer lost, is no second act.
    assert await scene.act(handling.close, id_, scene.anna.id, reason="", seen_seq=2) == closed
    await scene.sound()


async def test_who_closes_what_they_saw_has_seen_its_end(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    closed = await scene.act(handling.close, id_, scene.anna.id, reason="", seen_seq=1)
    thread = await scene.desk.thread(scene.inbox)
    assert (closed.seen_seq, thread.operator_seen_seq, thread.operator_got_seq) == (1, 1, 1)


async def test_closing_unseen_marks_nothing(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    closed = await scene.act(handling.close, id_, None, reason="")
    thread = await scene.desk.thread(scene.inbox)
    assert (closed.seen_seq, thread.operator_seen_seq, thread.operator_got_seq) == (0, 0, 0)


async def test_closing_frees_room_for_the_queue(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    assert await scene.wakes_line(lambda: scene.act(handling.close, id_, None, reason=""))


async def test_closing_ends_an_offer(scene: Scene) -> None:
    id_ = await scene.offered(scene.anna)
    await scene.act(handling.close, id_, None, reason="")
    assert await scene.load(scene.anna) == (0, 0)
    await scene.sound()


async def test_an_operator_opens_again_and_may_pass_the_cap(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    for number in range(2):
        await scene.held(scene.boris, f"v{number}")
    again = await scene.act(handling.reopen, id_, scene.boris.id)
    assert (again.state, again.owner_id, again.closed_at) == (State.OPEN, scene.boris.id, None)
    assert await scene.load(scene.boris) == (3, 0)
    with pytest.raises(TooLate):
        await scene.act(handling.reopen, id_, scene.boris.id)
    await scene.sound()


async def test_only_the_newest_conversation_opens_again(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    scene.desk.clock.move(scene.line.reopen_window_s + 1)
    await scene.desk.writes("something else", inbox=scene.inbox)
    with pytest.raises(TooLate):
        await scene.act(handling.reopen, id_, scene.anna.id)


# --- the others --------------------------------------------------------------


async def test_a_snoozed_one_keeps_its_owner_and_wakes_at_its_time(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    until = scene.desk.clock.now() + timedelta(minutes=5)
    snoozed = await scene.act(handling.snooze, id_, scene.anna.id, until=until)
    assert (snoozed.state, snoozed.snoozed_until) == (State.SNOOZED, until)
    assert await scene.load(scene.anna) == (1, 0)
    assert not await scene.act(placing.wake_snoozed, id_)
    scene.desk.clock.move(300)
    assert await scene.act(placing.wake_snoozed, id_)
    assert not await scene.act(placing.wake_snoozed, id_)
    assert (await scene.desk.again(id_)).state is State.OPEN


async def test_who_wrote_meanwhile_is_not_put_aside(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    until = scene.desk.clock.now() + timedelta(minutes=5)
    await scene.desk.writes("It is urgent", inbox=scene.inbox)
    with pytest.raises(MovedOn):
        await scene.act(handling.snooze, id_, scene.anna.id, until=until, seen_seq=1)
    snoozed = await scene.act(handling.snooze, id_, scene.anna.id, until=until, seen_seq=2)
    assert snoozed.state is State.SNOOZED


async def test_a_snooze_without_a_time_ends_with_the_customers_word_or_an_operators(
    scene: Scene,
) -> None:
    id_ = await scene.held(scene.anna)
    for _ in range(2):
        snoozed = await scene.act(handling.snooze, id_, scene.anna.id, until=None)
        assert (snoozed.state, snoozed.snoozed_until) == (State.SNOOZED, None)
        scene.desk.clock.move(10**6)
        assert not await scene.act(placing.wake_snoozed, id_)
        woken = await scene.act(handling.wake, id_, scene.anna.id)
        assert woken == await scene.act(handling.wake, id_, scene.anna.id)
        assert woken.state is State.OPEN
    async with scene.desk.storage.reading() as tx:
        assert await audit(tx, now=scene.desk.clock.now()) == []
        mark = (await tx.record.marks([id_], after_seq=0, up_to_seq=99))[-1]
    assert (mark.event, mark.operator_id) == ("ConversationWoken", scene.anna.id)


async def test_only_what_somebody_has_is_snoozed_and_only_until_later(scene: Scene) -> None:
    id_ = await scene.waiting()
    now = scene.desk.clock.now()
    with pytest.raises(TooLate):
        await scene.act(handling.snooze, id_, scene.anna.id, until=now + timedelta(minutes=5))
    with pytest.raises(Invalid):
        await scene.act(handling.snooze, id_, scene.anna.id, until=now)


async def test_joining_and_leaving_happen_once(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    joined = await scene.act(handling.join, id_, scene.boris.id)
    assert joined.participants == (scene.boris.id,)
    assert await scene.act(handling.join, id_, scene.boris.id) == joined
    assert await scene.act(handling.join, id_, scene.anna.id) == joined
    left = await scene.act(handling.leave, id_, scene.boris.id)
    assert left.participants == ()
    assert await scene.act(handling.leave, id_, scene.boris.id) == left
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    with pytest.raises(TooLate):
        await scene.act(handling.join, id_, scene.boris.id)


async def test_who_joined_and_then_owns_is_no_guest(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    await scene.act(handling.join, id_, scene.boris.id)
    after = await scene.act(handling.transfer, id_, scene.anna.id, **to(scene.boris))
    assert after.participants == ()


async def test_the_same_note_again_is_the_same_note(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    note_id = NoteId(uuid4())
    given = {"note_id": note_id, "text": "call\0 her"}
    first = await scene.act(handling.note, id_, scene.anna.id, **given)
    version = (await scene.desk.again(id_)).version
    assert await scene.act(handling.note, id_, scene.anna.id, **given) == first
    assert first.text == "call her"
    assert (await scene.desk.again(id_)).version == version
    with pytest.raises(Invalid):
        await scene.act(handling.note, id_, scene.boris.id, **given)
    other = await scene.held(scene.boris, "v2")
    with pytest.raises(Invalid):
        await scene.act(handling.note, other, scene.anna.id, **given)


async def test_seeing_never_goes_back_nor_beyond_the_end(scene: Scene) -> None:
    id_ = await scene.held(scene.anna)
    for text in ("two", "three"):
        await scene.desk.writes(text, inbox=scene.inbox)
    await scene.act(handling.see, id_, scene.anna.id, seq=2)
    await scene.act(handling.see, id_, scene.anna.id, seq=1)
    assert (await scene.desk.again(id_)).seen_seq == 2
    await scene.act(handling.see, id_, scene.anna.id, seq=99)
    thread = await scene.desk.thread(scene.inbox)
    assert ((await scene.desk.again(id_)).seen_seq, thread.operator_seen_seq) == (3, 3)


async def test_what_a_leaver_held_or_was_offered_waits_for_another(scene: Scene) -> None:
    held = await scene.held(scene.anna, "v1")
    offered = await scene.offered(scene.anna, "v2")
    closed = await scene.held(scene.boris, "v3")
    await scene.act(handling.close, closed, None, reason="")
    await scene.act(pin, held, scene.anna.id, pinned=True)
    assert await scene.act(handling.release, scene.anna.id) == 2
    assert not (await scene.desk.again(held)).pinned
    for id_ in (held, offered):
        conversation = await scene.desk.again(id_)
        assert (conversation.state, conversation.owner_id, conversation.offered_to) == (
            State.WAITING,
            None,
            None,
        )
        assert conversation.look_again_at == scene.desk.clock.now()
    assert (await scene.desk.again(closed)).state is State.CLOSED
    assert await scene.load(scene.anna) == (0, 0)
    assert await scene.act(handling.release, scene.anna.id) == 0
    await scene.sound()
