"""Conversations of one customer that go on as one: `router.merging`."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from router import events, handling, merging, outbound, steering
from router.channel import Capabilities, OutsideReply
from router.errors import ActError, Invalid, TooLate
from router.ids import ConversationId, MessageId
from router.model import Conversation, State
from router.news import ConversationNews
from router.staff import Operator
from router.storage import Transaction
from tests.desk import Desk
from tests.router.scene import Scene, a_scene

CAN = Capabilities(max_text_chars=1000)


@pytest.fixture
async def scene(either_desk: Desk) -> Scene:
    return await a_scene(either_desk)


async def topic(scene: Scene, key: str, operator: Operator | None = None) -> ConversationId:
    """One customer writes in another topic of theirs; the operator takes it."""
    scene.desk.clock.move(1)
    await scene.desk.writes("hello", inbox=scene.inbox, who="vera", thread_key=key)
    id_ = (await scene.desk.conversation(scene.inbox, key)).id
    if operator is not None:
        await scene.act(handling.take, id_, operator)
    return id_


async def says(scene: Scene, key: str, text: str = "and again") -> Conversation:
    scene.desk.clock.move(1)
    await scene.desk.writes(text, inbox=scene.inbox, who="vera", thread_key=key)
    return await scene.desk.conversation(scene.inbox, key)


async def answers(scene: Scene, id_: ConversationId, operator: Operator) -> None:
    scene.desk.clock.move(1)
    await scene.act(
        outbound.reply,
        id_,
        message_id=MessageId(uuid4()),
        text="yes",
        author=operator,
        capabilities=CAN,
    )


async def two(scene: Scene) -> tuple[ConversationId, ConversationId]:
    """Anna holds one, Boris another of the same customer."""
    return await topic(scene, "orders", scene.anna), await topic(scene, "bills", scene.boris)


async def test_the_merged_closes_and_its_owner_takes_part(scene: Scene) -> None:
    into, merged = await two(scene)
    after = await scene.act(merging.merge, merged, into, scene.anna.id)
    over = await scene.desk.again(merged)
    assert (over.state, over.close_reason, over.merged_into) == (State.CLOSED, "merged", into)
    assert (after.owner_id, after.participants) == (scene.anna.id, (scene.boris.id,))
    assert (await scene.load(scene.anna), await scene.load(scene.boris)) == ((1, 0), (0, 0))
    again = await scene.act(merging.merge, merged, into, scene.anna.id)
    assert again == after
    await scene.sound()


async def test_the_earlier_question_counts_and_the_latest_word_is_shown(scene: Scene) -> None:
    into, merged = await two(scene)
    first, second = await scene.desk.again(into), await scene.desk.again(merged)
    after = await scene.act(merging.merge, into, merged, scene.boris.id)
    assert after.unanswered_since == first.unanswered_since
    assert after.last == second.last
    assert after.last_seq == second.last_seq


async def test_what_the_customer_writes_there_is_stored_there_and_heard_here(scene: Scene) -> None:
    into, merged = await two(scene)
    await answers(scene, into, scene.anna)
    await answers(scene, merged, scene.boris)
    before = await scene.act(merging.merge, merged, into, scene.anna.id)
    assert before.unanswered_since is None
    scene.desk.news.clear()
    written = await says(scene, "bills", "one more bill")
    assert (written.id, written.state) == (merged, State.CLOSED)
    after = await scene.desk.again(into)
    assert after.unanswered_since == after.last_activity_at == scene.desk.clock.now()
    assert after.last is not None
    assert (after.last.preview, after.last_seq) == ("one more bill", before.last_seq)
    assert after.version == before.version + 1
    news = [one for one in scene.desk.news if isinstance(one, ConversationNews)]
    assert {one.conversation.id: one.event for one in news} == {
        merged: "MessageReceived",
        into: "HeardBeside",
    }
    await scene.sound()


async def test_an_answer_goes_where_it_is_written_and_answers_both(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await says(scene, "bills")
    await answers(scene, merged, scene.anna)
    after, over = await scene.desk.again(into), await scene.desk.again(merged)
    assert (after.unanswered_since, over.state, over.timer_at) == (None, State.CLOSED, None)
    async with scene.desk.storage.reading() as tx:
        [said] = await tx.messages.of_thread(over.thread_id, limit=1)
    assert (said.conversation_id, said.operator_id) == (merged, scene.anna.id)
    await scene.sound()


async def test_what_is_said_there_wakes_one_that_is_put_aside(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    until = scene.desk.clock.now() + timedelta(hours=1)
    await scene.act(handling.snooze, into, scene.anna.id, until=until)
    await says(scene, "bills")
    assert (await scene.desk.again(into)).state is State.OPEN
    await scene.sound()


async def test_a_question_merged_into_one_that_is_put_aside_wakes_it(scene: Scene) -> None:
    merged, into = await two(scene)
    until = scene.desk.clock.now() + timedelta(hours=1)
    await scene.act(handling.snooze, into, scene.boris.id, until=until)
    after = await scene.act(merging.merge, merged, into, scene.boris.id)
    assert (after.state, after.snoozed_until) == (State.OPEN, None)
    await scene.sound()


async def test_undone_both_are_as_they_were(scene: Scene) -> None:
    into, merged = await two(scene)
    await answers(scene, into, scene.anna)
    one, other = await scene.desk.again(into), await scene.desk.again(merged)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    after = await scene.act(merging.unmerge, merged, scene.anna.id)
    left = await scene.desk.again(into)
    for before, now in ((one, left), (other, after)):
        assert (now.state, now.owner_id, now.unanswered_since, now.merged_into) == (
            before.state,
            before.owner_id,
            before.unanswered_since,
            None,
        )
    assert (await scene.load(scene.anna), await scene.load(scene.boris)) == ((1, 0), (1, 0))
    with pytest.raises(TooLate):
        await scene.act(merging.unmerge, merged, scene.anna.id)
    assert (await says(scene, "bills")).last_seq == after.last_seq + 1
    assert (await scene.desk.again(into)).unanswered_since is None
    await scene.sound()


async def test_undone_it_shows_its_own_last_word_to_its_own_people(scene: Scene) -> None:
    into, merged = await two(scene)
    one, other = await scene.desk.again(into), await scene.desk.again(merged)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    assert (await scene.desk.again(into)).last == other.last
    after = await scene.act(merging.unmerge, merged, scene.anna.id)
    left = await scene.desk.again(into)
    assert (left.last, left.participants) == (one.last, ())
    assert (after.last, after.owner_id) == (other.last, scene.boris.id)
    assert one.last != other.last
    async with scene.desk.storage.reading() as tx:
        marks = await tx.record.marks([into], after_seq=0, up_to_seq=99)
    assert [mark.operator_id for mark in marks if mark.event == "OperatorLeft"] == [scene.boris.id]


async def test_undone_who_takes_part_with_another_stays(scene: Scene) -> None:
    into, merged = await two(scene)
    third = await topic(scene, "returns", scene.boris)
    for one in (merged, third):
        await scene.act(merging.merge, one, into, scene.anna.id)
    await scene.act(merging.unmerge, merged, scene.anna.id)
    left, other = await scene.desk.again(into), await scene.desk.again(third)
    assert (left.participants, left.last) == ((scene.boris.id,), other.last)
    await scene.act(merging.unmerge, third, scene.anna.id)
    assert (await scene.desk.again(into)).participants == ()
    await scene.sound()


async def test_undone_one_that_nobody_had_waits_again(scene: Scene) -> None:
    into, merged = await topic(scene, "orders", scene.anna), await topic(scene, "bills")
    await scene.act(merging.merge, merged, into, scene.anna.id)
    after = await scene.act(merging.unmerge, merged, scene.anna.id)
    assert (after.state, after.owner_id) == (State.WAITING, None)
    await scene.sound()


async def test_undone_it_is_its_owners_past_their_cap(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    for who in ("ivan", "olga"):
        await scene.held(scene.boris, who)
    after = await scene.act(merging.unmerge, merged, scene.anna.id)
    assert (after.owner_id, await scene.load(scene.boris)) == (scene.boris.id, (3, 0))


async def test_a_merged_one_goes_on_over_several_merges(scene: Scene) -> None:
    into, merged = await two(scene)
    last = await topic(scene, "returns", scene.anna)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(merging.merge, into, last, scene.anna.id)
    await says(scene, "bills", "hear me")
    heard = await scene.desk.again(last)
    assert heard.last is not None
    assert heard.last.preview == "hear me"
    await scene.act(merging.unmerge, into, scene.anna.id)
    await says(scene, "bills", "hear me here")
    heard = await scene.desk.again(into)
    assert heard.last is not None
    assert heard.last.preview == "hear me here"
    await scene.sound()


async def test_when_the_survivor_is_closed_each_thread_has_its_own_again(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(handling.close, into, scene.anna.id, reason="done")
    with pytest.raises(TooLate):
        await scene.act(merging.unmerge, merged, scene.anna.id)
    begun = await says(scene, "bills")
    assert begun.id not in (into, merged)
    assert begun.state is State.WAITING
    await scene.sound()


async def test_a_merged_one_is_not_reopened_but_undone(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    with pytest.raises(TooLate):
        await scene.act(handling.reopen, merged, scene.anna.id)


async def test_merging_into_each_other_comes_too_late_for_one(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    with pytest.raises(TooLate):
        await scene.act(merging.merge, into, merged, scene.boris.id)
    await scene.sound()


async def test_what_is_no_pair_is_not_merged(scene: Scene) -> None:
    into = await topic(scene, "orders", scene.anna)
    other = await scene.held(scene.boris, "ivan")
    with pytest.raises(Invalid):
        await scene.act(merging.merge, other, into, scene.anna.id)
    with pytest.raises(Invalid):
        await scene.act(merging.merge, into, into, scene.anna.id)
    night = await scene.desk.line("night")
    away = await topic(scene, "bills", scene.boris)
    await scene.act(
        handling.transfer, away, scene.boris.id, to_operator=None, to_line=night.id, comment=""
    )
    with pytest.raises(Invalid):
        await scene.act(merging.merge, away, into, scene.anna.id)


async def test_an_offer_of_the_merged_one_is_over(scene: Scene) -> None:
    into, merged = await topic(scene, "orders", scene.anna), await topic(scene, "bills")
    await scene.place(scene.boris, merged, offer_s=60)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    assert await scene.load(scene.boris) == (0, 0)
    with pytest.raises(TooLate):
        await scene.act(handling.accept, merged, scene.boris.id)
    await scene.sound()


async def test_both_threads_say_that_they_were_merged(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(merging.unmerge, merged, scene.anna.id)
    async with scene.desk.storage.reading() as tx:
        marks = await tx.record.marks([into, merged], after_seq=0, up_to_seq=9)
    said = [(one.conversation_id, one.event) for one in marks]
    for event in (events.ConversationMerged, events.ConversationUnmerged):
        assert (into, event.__name__) in said
    assert (merged, "ConversationClosed") in said
    assert (merged, "ConversationReopened") in said


async def test_one_that_is_reopened_after_its_survivor_closed_is_by_itself(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(handling.close, into, scene.anna.id, reason="done")
    again = await scene.act(handling.reopen, merged, scene.boris.id)
    assert (again.state, again.merged_into) == (State.OPEN, None)
    await scene.act(handling.reopen, into, scene.anna.id)
    await says(scene, "bills", "only here")
    left = await scene.desk.again(into)
    assert left.last is not None
    assert left.last.preview == "hello"
    await scene.sound()


async def test_beginning_where_it_goes_on_in_another_is_having_that(scene: Scene) -> None:
    into, merged = await topic(scene, "orders"), await topic(scene, "bills", scene.boris)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    thread = await scene.desk.thread(scene.inbox, "bills")
    begun = await scene.act(steering.start, thread.id, scene.anna)
    assert (begun.id, begun.owner_id) == (into, scene.anna.id)
    with pytest.raises(TooLate):
        await scene.act(steering.start, thread.id, scene.boris)
    await scene.sound()


# --- at once -------------------------------------------------------------------


async def test_of_two_who_merge_into_each_other_at_once_one_is_too_late(scene: Scene) -> None:
    into, merged = await two(scene)
    done = await asyncio.gather(
        scene.act(merging.merge, merged, into, scene.anna.id),
        scene.act(merging.merge, into, merged, scene.boris.id),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["Conversation", "TooLate"]
    held = [await scene.desk.again(id_) for id_ in (into, merged)]
    assert sorted(one.state for one in held) == [State.CLOSED, State.OPEN]
    await scene.sound()


@pytest.mark.parametrize("act", ["merge", "unmerge", "close"])
async def test_what_is_written_meanwhile_is_heard_by_somebody(scene: Scene, act: str) -> None:
    into, merged = await two(scene)
    for id_, who in ((into, scene.anna), (merged, scene.boris)):
        await answers(scene, id_, who)
    if act != "merge":
        await scene.act(merging.merge, merged, into, scene.anna.id)
    acts = {
        "merge": lambda: scene.act(merging.merge, merged, into, scene.anna.id),
        "unmerge": lambda: scene.act(merging.unmerge, merged, scene.anna.id),
        "close": lambda: scene.act(handling.close, into, scene.anna.id, reason=""),
    }
    done = await asyncio.gather(
        acts[act](), *(says(scene, "bills", str(n)) for n in range(5)), return_exceptions=True
    )
    assert [one for one in done if isinstance(one, BaseException)] == []
    thread = await scene.desk.thread(scene.inbox, "bills")
    async with scene.desk.storage.reading() as tx:
        said = await tx.messages.of_thread(thread.id, limit=50)
        cycles = await tx.conversations.of_thread(thread.id)
    assert [one.seq for one in said] == list(range(1, thread.last_seq + 1))
    assert len({one.text for one in said}) == 7
    open_ones = [one for one in (await scene.desk.again(into), *cycles) if one.state is State.OPEN]
    open_ones += [one for one in cycles if one.state is State.WAITING]
    closed_before = act == "close" and not open_ones
    assert closed_before or any(one.unanswered_since is not None for one in open_ones)
    await scene.sound()


async def test_an_act_that_breaks_off_changes_neither(scene: Scene) -> None:
    into, merged = await two(scene)
    before = [await scene.desk.again(id_) for id_ in (into, merged)]

    async def half(tx: Transaction, *, now: datetime) -> None:
        await merging.merge(tx, merged, into, scene.anna.id, now=now)
        raise TooLate("the process was killed")

    with pytest.raises(ActError):
        await scene.act(half)
    assert [await scene.desk.again(id_) for id_ in (into, merged)] == before
    assert await scene.load(scene.boris) == (1, 0)
    await scene.sound()


async def test_what_is_written_in_the_providers_own_app_answers_too(scene: Scene) -> None:
    into, merged = await two(scene)
    await scene.act(merging.merge, merged, into, scene.anna.id)
    reply = OutsideReply(external_id="theirs", thread_key="bills", text="Paid")
    await scene.desk.inbound.receive(scene.inbox, [reply])
    assert (await scene.desk.again(into)).unanswered_since is None
    await scene.sound()


async def test_one_who_is_blocked_is_not_heard(scene: Scene) -> None:
    into, merged = await two(scene)
    after = await scene.act(merging.merge, merged, into, scene.anna.id)
    await scene.act(steering.block, after.customer_id, scene.anna.id)
    closed = await scene.desk.again(into)
    await says(scene, "bills")
    assert await scene.desk.again(into) == closed
