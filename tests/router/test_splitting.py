"""A conversation whose customer came to another matter: `router.splitting`."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from router import handling, merging
from router.errors import Full, Invalid, TooLate
from router.ids import NoteId
from router.model import State
from router.news import ConversationNews, Mark
from router.queueing import Capacity, Queueing
from tests.desk import Desk
from tests.router.scene import Scene, a_scene
from tests.router.splits import CHAT, answers, said, says, sound, split, talk, undo


@pytest.fixture
async def scene(either_desk: Desk) -> Scene:
    return await a_scene(either_desk)


# --- what becomes of both ---------------------------------------------------------


async def test_what_stands_from_there_on_is_a_conversation_of_its_own(scene: Scene) -> None:
    id_ = await talk(scene)
    bill = (await said(scene))[3]
    later = await split(scene, id_, 4, subject="The bill")
    earlier = await scene.desk.again(id_)
    assert (earlier.state, earlier.close_reason) == (State.CLOSED, "split")
    assert (earlier.first_seq, earlier.last_seq) == (1, 3)
    assert earlier.last is not None
    assert (earlier.last.preview, earlier.owner_id) == ("yes", scene.anna.id)
    assert (later.first_seq, later.last_seq, later.split_from) == (4, 5, id_)
    assert (later.state, later.owner_id, later.subject) == (
        State.OPEN,
        scene.anna.id,
        "The bill",
    )
    assert later.last is not None
    assert later.last.preview == "is wrong"
    assert (later.opened_at, later.unanswered_since) == (bill.stored_at, bill.stored_at)
    assert later.first_reply_at is None
    assert await scene.load(scene.anna) == (1, 0)
    await sound(scene)


async def test_each_has_its_own_first_answer_and_its_own_question(scene: Scene) -> None:
    id_ = (await says(scene, "my order", "my bill")).id
    await scene.act(handling.take, id_, scene.anna)
    await answers(scene, id_, scene.anna, "the bill is paid")
    later = await split(scene, id_, 2)
    earlier = await scene.desk.again(id_)
    assert earlier.first_reply_at is None
    assert (later.first_reply_at is not None, later.unanswered_since) == (True, None)


async def test_notes_go_with_the_message_that_they_stand_after(scene: Scene) -> None:
    id_ = (await says(scene, "my order")).id
    for text in ("of the order", "of the bill"):
        note = {"note_id": NoteId(uuid4()), "text": text}
        await scene.act(handling.note, id_, scene.anna.id, **note)
        await says(scene, "more")
    await scene.act(handling.note, id_, scene.anna.id, note_id=NoteId(uuid4()), text="the last")
    later = await split(scene, id_, 2)
    async with scene.desk.storage.reading() as tx:
        notes = await tx.notes.of_thread(later.thread_id, after_seq=0, up_to_seq=9)
    assert [one.conversation_id for one in notes] == [id_, later.id, later.id]


async def test_what_nobody_has_waits_on_from_its_first_message(scene: Scene) -> None:
    id_ = (await says(scene, "my order", "my bill")).id

    async def act() -> None:
        later = await split(scene, id_, 2)
        assert (later.state, later.owner_id) == (State.WAITING, None)
        assert later.waiting_since == later.opened_at == (await said(scene))[1].stored_at

    assert await scene.wakes_line(act)
    await sound(scene)


async def test_an_offer_of_it_is_over(scene: Scene) -> None:
    id_ = (await says(scene, "my order", "my bill")).id
    await scene.place(scene.boris, id_, offer_s=60)
    later = await split(scene, id_, 2)
    assert (later.state, await scene.load(scene.boris)) == (State.WAITING, (0, 0))
    await sound(scene)


async def test_it_is_given_to_a_colleague(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4, to_operator=scene.boris)
    assert (later.owner_id, later.previous_owner_id) == (scene.boris.id, scene.anna.id)
    assert (await scene.load(scene.anna), await scene.load(scene.boris)) == ((0, 0), (1, 0))
    assert (await scene.desk.again(id_)).owner_id == scene.anna.id
    await sound(scene)


async def test_a_colleague_without_room_is_not_given_more(scene: Scene) -> None:
    id_ = await talk(scene)
    strict = Queueing(capacity=Capacity(transfer_may_exceed=False))
    async with scene.desk.storage.transaction() as tx:
        await tx.lines.save(replace(scene.line, queueing=strict))
    for who in ("ivan", "olga"):
        await scene.held(scene.boris, who)
    before = await scene.desk.again(id_)
    with pytest.raises(Full):
        await split(scene, id_, 4, to_operator=scene.boris)
    assert await scene.desk.again(id_) == before
    await sound(scene)


async def test_a_colleague_who_must_accept_is_asked_and_it_returns(scene: Scene) -> None:
    id_ = await talk(scene)
    async with scene.desk.storage.transaction() as tx:
        await tx.lines.save(replace(scene.line, queueing=Queueing(transfer_needs_accept=True)))
    later = await split(scene, id_, 4, to_operator=scene.boris)
    assert (later.state, later.offered_to) == (State.OFFERED, scene.boris.id)
    await sound(scene)
    after = await scene.act(handling.decline, later.id, scene.boris.id, reason="")
    assert (after.id, (await scene.desk.again(later.id)).owner_id) == (later.id, scene.anna.id)
    await sound(scene)


async def test_it_is_given_to_another_line(scene: Scene) -> None:
    id_ = await talk(scene)
    bills = await scene.desk.line("bills")
    later = await split(scene, id_, 4, to_line=bills.id)
    assert (later.state, later.line_id, later.owner_id) == (State.WAITING, bills.id, None)
    assert (await scene.desk.again(id_)).line_id == scene.line.id
    assert await scene.load(scene.anna) == (0, 0)
    await sound(scene)


async def test_what_rests_is_taken_up(scene: Scene) -> None:
    id_ = await talk(scene)
    until = scene.desk.clock.now() + timedelta(hours=1)
    await scene.act(handling.snooze, id_, scene.anna.id, until=until)
    later = await split(scene, id_, 4)
    assert (later.state, later.snoozed_until) == (State.OPEN, None)
    await sound(scene)


async def test_the_next_message_is_the_later_ones(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    assert (await says(scene, "hello?")).id == later.id
    await scene.act(handling.close, later.id, scene.anna.id, reason="")
    again = await says(scene, "one more thing")
    assert (again.id, again.state) == (later.id, State.WAITING)
    await sound(scene)


async def test_splitting_twice_there_is_splitting_once(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    assert await split(scene, id_, 4) == later
    with pytest.raises(TooLate):
        await split(scene, id_, 3)
    third = await split(scene, later.id, 5)
    assert (third.first_seq, third.split_from) == (5, later.id)
    await sound(scene)


@pytest.mark.parametrize("from_seq", [0, 1, 6])
async def test_it_is_not_split_where_nothing_would_be_on_one_side(
    scene: Scene, from_seq: int
) -> None:
    id_ = await talk(scene)
    with pytest.raises(Invalid):
        await split(scene, id_, from_seq)


async def test_what_is_closed_or_was_merged_is_not_split(scene: Scene) -> None:
    id_ = await talk(scene)
    other = (await says(scene, "hello", "there", key="bills")).id
    await scene.act(merging.merge, other, id_, scene.anna.id)
    with pytest.raises(TooLate):
        await split(scene, other, 2)
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    with pytest.raises(TooLate):
        await split(scene, id_, 4)


async def test_what_was_merged_into_it_is_by_itself_again_until_undone(scene: Scene) -> None:
    id_ = await talk(scene)
    other = (await says(scene, "hello", key="bills")).id
    await scene.act(merging.merge, other, id_, scene.anna.id)
    later = await split(scene, id_, 4)
    begun = await says(scene, "and now?", key="bills")
    assert begun.id not in (id_, other, later.id)
    await scene.act(handling.close, begun.id, scene.anna.id, reason="")
    await undo(scene, id_)
    await sound(scene)


async def test_it_goes_on_in_another_as_any_other(scene: Scene) -> None:
    id_ = await talk(scene)
    other = (await says(scene, "hello", key="bills")).id
    await scene.act(handling.take, other, scene.boris)
    later = await split(scene, id_, 4)
    await scene.act(merging.merge, later.id, other, scene.boris.id)
    await says(scene, "here too")
    heard = await scene.desk.again(other)
    assert heard.last is not None
    assert heard.last.preview == "here too"
    with pytest.raises(TooLate):
        await undo(scene, id_)
    await sound(scene)


# --- taken back -------------------------------------------------------------------


async def test_taken_back_all_is_one_again(scene: Scene) -> None:
    id_ = await talk(scene)
    before = await scene.desk.again(id_)
    later = await split(scene, id_, 4, to_operator=scene.boris)
    whole = await undo(scene, id_)
    same = (
        "state", "owner_id", "first_seq", "last_seq", "last", "unanswered_since", "first_reply_at",
        "line_id", "lead_id", "participants", "opened_at", "close_reason", "closed_at",
    )  # fmt: skip
    assert {name: getattr(whole, name) for name in same} == {
        name: getattr(before, name) for name in same
    }
    gone = await scene.desk.again(later.id)
    assert (gone.state, gone.close_reason, gone.last) == (State.CLOSED, "unsplit", None)
    assert (await scene.load(scene.anna), await scene.load(scene.boris)) == ((1, 0), (0, 0))
    assert {one.conversation_id for one in await said(scene)} == {id_}
    assert (await says(scene, "well?")).id == id_
    with pytest.raises(TooLate):
        await undo(scene, id_)
    await sound(scene)


async def test_taken_back_what_was_said_meanwhile_is_part_of_it(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    await answers(scene, later.id, scene.anna, "it is paid")
    await says(scene, "thanks")
    whole = await undo(scene, id_)
    assert (whole.last_seq, whole.unanswered_since) == (7, (await said(scene))[6].stored_at)
    await sound(scene)


async def test_taken_back_it_may_be_split_elsewhere(scene: Scene) -> None:
    id_ = await talk(scene)
    await split(scene, id_, 4)
    await undo(scene, id_)
    later = await split(scene, id_, 5)
    assert (later.first_seq, (await scene.desk.again(id_)).last_seq) == (5, 4)
    again = await undo(scene, id_)
    assert (again.id, again.last_seq) == (id_, 5)
    await sound(scene)


async def test_taken_back_and_closed_it_is_still_the_threads_last(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    await undo(scene, id_)
    await scene.act(handling.close, id_, scene.anna.id, reason="")
    with pytest.raises(TooLate):
        await scene.act(handling.reopen, later.id, scene.anna.id)
    again = await says(scene, "and?")
    assert (again.id, again.state) == (id_, State.WAITING)
    await sound(scene)


async def test_what_nobody_had_waits_again(scene: Scene) -> None:
    id_ = (await says(scene, "my order", "my bill")).id
    later = await split(scene, id_, 2)
    await scene.act(handling.take, later.id, scene.boris)
    whole = await undo(scene, id_)
    assert (whole.state, whole.owner_id) == (State.WAITING, None)
    assert await scene.load(scene.boris) == (0, 0)
    await sound(scene)


async def test_only_the_last_split_is_taken_back(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4)
    third = await split(scene, later.id, 5)
    with pytest.raises(TooLate):
        await undo(scene, id_)
    assert (await undo(scene, later.id)).last_seq == third.last_seq
    whole = await undo(scene, id_)
    assert (whole.id, whole.last_seq) == (id_, 5)
    await sound(scene)


# --- what is told -----------------------------------------------------------------


async def marks(scene: Scene) -> list[Mark]:
    thread = await scene.desk.thread(scene.inbox, CHAT)
    async with scene.desk.storage.reading() as tx:
        cycles = await tx.conversations.of_thread(thread.id)
        return await tx.record.marks([one.id for one in cycles], after_seq=0, up_to_seq=99)


async def test_the_thread_says_where_it_was_split_and_by_whom(scene: Scene) -> None:
    id_ = await talk(scene)
    later = await split(scene, id_, 4, to_operator=scene.boris)
    await undo(scene, id_)
    told = {(one.conversation_id, one.event): one for one in await marks(scene)}
    begun = told[later.id, "ConversationSplit"]
    assert (begun.after_seq, begun.operator_id) == (3, scene.anna.id)
    assert told[id_, "ConversationClosed"].after_seq == 3
    assert told[later.id, "ConversationTransferred"].to_operator_id == scene.boris.id
    assert (id_, "ConversationUnsplit") in told


async def test_every_console_hears_of_both(scene: Scene) -> None:
    id_ = await talk(scene)
    scene.desk.news.clear()
    later = await split(scene, id_, 4)
    news = [one for one in scene.desk.news if isinstance(one, ConversationNews)]
    assert {one.conversation.id: one.event for one in news} == {
        id_: "ConversationClosed",
        later.id: "ConversationAssigned",
    }
    assert [one.before for one in news if one.conversation.id == later.id] == [None]
