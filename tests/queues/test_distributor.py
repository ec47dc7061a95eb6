"""A line's step: who waits is placed, explained and never forgotten."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from queues.distributor import BATCH, HEAD
from router import handling
from router.events import StatusChanged
from router.ids import ConversationId, LineId, new_id
from router.model import Line, State
from router.queueing import Queueing
from router.reactions import DISTRIBUTE
from router.staff import Operator, Status
from router.storage.tables.plumbing import events
from tests.queues.floor import OFFERS, Floor

PUSH = Queueing(auto_accept=True)


async def decide(floor: Floor, conversation_id: ConversationId) -> list[str]:
    """What was decided on it: outcome and rule, the latest first."""
    async with floor.storage.reading() as tx:
        rows = await tx.decisions.of_conversation(conversation_id, limit=100)
    return [f"{row['outcome']} {row['rule']}" for row in rows]


async def decline(floor: Floor, conversation_id: ConversationId, operator: Operator) -> None:
    async with floor.storage.transaction() as tx:
        await handling.decline(
            tx, conversation_id, operator.id, reason="busy", now=floor.clock.now()
        )


async def close(floor: Floor, conversation_id: ConversationId) -> None:
    async with floor.storage.transaction() as tx:
        await handling.close(tx, conversation_id, None, reason="done", now=floor.clock.now())


async def wake(floor: Floor, line: Line) -> None:
    async with floor.storage.transaction() as tx:
        tx.lanes.wake(DISTRIBUTE, line.id, floor.clock.now())


# --- placing -----------------------------------------------------------------


async def test_desk_that_pushes_assigns_at_once(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.owner_id) == (State.OPEN, anna.id)
    assert (await each_floor.load(anna)).open_count == 1
    assert await decide(each_floor, id_) == ["assigned next_in_turn"]
    assert await each_floor.due_in_s() is None
    assert await each_floor.audit() == []


async def test_message_reaches_an_operator(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    await each_floor.distribute()
    await each_floor.desk.writes("Where is my order?", inbox=each_floor.inboxes[line.id])
    assert await each_floor.distribute() == 1
    conversation = await each_floor.desk.conversation(each_floor.inboxes[line.id])
    assert (conversation.owner_id, conversation.last_seq) == (anna.id, 1)
    assert await each_floor.audit() == []


async def test_conversation_is_offered_until_a_deadline(each_floor: Floor) -> None:
    line = await each_floor.line()
    anna = await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.offered_to) == (State.OFFERED, anna.id)
    assert conversation.offer_deadline == each_floor.clock.now() + timedelta(seconds=60)
    assert (await each_floor.load(anna)).offered_count == 1
    assert await decide(each_floor, id_) == ["offered next_in_turn"]
    assert await each_floor.due_in_s() == 60
    assert await each_floor.audit() == []


async def test_operators_take_turns_across_steps(floor: Floor) -> None:
    line = await floor.line(PUSH)
    crew = [await floor.operator(line) for _ in range(3)]
    owners = []
    for _ in range(7):
        [id_] = await floor.writes(line)
        await floor.distribute()
        owners.append((await floor.see(id_)).owner_id)
    assert owners == [one.id for one in [*crew, *crew, crew[0]]]


async def test_first_come_are_first_served(floor: Floor) -> None:
    line = await floor.line(PUSH)
    await floor.operator(line, cap=2)
    ids = await floor.writes(line, count=3)
    await floor.distribute()
    states = [one.state for one in await floor.see_all(ids)]
    assert states == [State.OPEN, State.OPEN, State.WAITING]


async def test_more_than_a_batch_is_placed_in_one_step(floor: Floor) -> None:
    line = await floor.line(PUSH)
    crew = [await floor.operator(line, cap=BATCH) for _ in range(4)]
    ids = await floor.writes(line, count=2 * BATCH + 7)
    assert await floor.distribute() == 1
    shares = Counter(one.owner_id for one in await floor.see_all(ids))
    assert set(shares) == {one.id for one in crew}
    assert max(shares.values()) - min(shares.values()) <= 1
    assert await floor.audit() == []


async def test_operator_on_two_lines_is_not_overfilled(each_floor: Floor) -> None:
    sales, support = await each_floor.line(PUSH), await each_floor.line(PUSH)
    anna = await each_floor.operator(sales, support, cap=3)
    for line in (sales, support):
        await each_floor.writes(line, count=3)
    await each_floor.distribute()
    assert (await each_floor.load(anna)).open_count == 3
    assert await each_floor.audit() == []


async def test_operator_whose_load_was_never_counted_is_given_work(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.operator(line)
    async with floor.storage.transaction() as tx:
        await tx.connection.run(sa.text("DELETE FROM operator_load"))
    await floor.writes(line)
    await floor.distribute()
    assert (await floor.load(anna)).open_count == 1


# --- waiting -----------------------------------------------------------------


async def test_who_cannot_be_placed_waits_with_a_reason_and_a_time(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    await each_floor.operator(line, status=Status.BUSY)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert conversation.state is State.WAITING
    assert conversation.look_again_at == each_floor.clock.now() + timedelta(seconds=300)
    assert await each_floor.due_in_s() == 300
    assert await decide(each_floor, id_) == ["waits nobody_can"]
    assert await each_floor.audit() == []


async def test_line_without_operators_makes_its_customers_wait(floor: Floor) -> None:
    line = await floor.line()
    [id_] = await floor.writes(line)
    await floor.distribute()
    assert await decide(floor, id_) == ["waits queue_is_empty"]


async def test_same_reason_is_not_written_twice(floor: Floor) -> None:
    line = await floor.line(PUSH)
    await floor.full(line)
    [id_] = await floor.writes(line)
    for _ in range(3):
        await floor.distribute()
        await floor.clock.advance(300)
        await floor.stay(*(await crew_of(floor, line)))
    assert await decide(floor, id_) == ["waits nobody_can"]
    assert (await floor.see(id_)).version == 0


async def test_another_reason_is_written(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.full(line)
    [id_] = await floor.writes(line)
    await floor.distribute()
    await floor.says(anna, Status.AWAY)
    await floor.distribute()
    async with floor.storage.reading() as tx:
        rows = await tx.decisions.of_conversation(id_)
    assert [row["removed"] for row in rows] == [{"not_available": 1}, {"full": 1}]
    assert [row["named"] for row in rows] == [
        {str(anna.id): "not_available"},
        {str(anna.id): "full"},
    ]


async def test_who_waits_is_placed_when_somebody_has_room_again(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line, cap=1)
    first, second = await each_floor.writes(line, count=2)
    await each_floor.distribute()
    await close(each_floor, first)
    await each_floor.distribute()
    assert (await each_floor.see(second)).owner_id == anna.id
    assert await each_floor.audit() == []


async def test_who_waits_is_placed_when_somebody_becomes_available(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.operator(line, status=Status.AWAY)
    [id_] = await floor.writes(line)
    await floor.distribute()
    await floor.says(anna, Status.AVAILABLE)
    await floor.distribute()
    assert (await floor.see(id_)).owner_id == anna.id


async def test_with_no_room_a_step_looks_only_at_the_first_of_many(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.full(line)
    ids = await floor.writes(line, count=BATCH + 30)
    await floor.distribute()
    await floor.clock.advance(1)
    await floor.says(anna, Status.BUSY)
    await floor.distribute()
    explained = [len(await decide(floor, id_)) for id_ in ids]
    assert explained == [2] * HEAD + [1] * (BATCH + 30 - HEAD)


async def test_room_too_small_for_a_chat_is_filled_with_what_is_lighter(floor: Floor) -> None:
    line = await floor.line(PUSH)
    people = [await floor.operator(line, cap=1) for _ in range(5)]
    first = await floor.writes(line, count=5, weight=20)
    await floor.distribute()
    for one in people:
        await floor.says(one, Status.BUSY)
    light = await floor.writes(line, count=2 * HEAD, weight=20)
    await floor.distribute()
    for one in people:
        await floor.says(one, Status.AVAILABLE)
    await floor.distribute()
    seen = [await floor.see(one) for one in (*first, *light)]
    assert Counter(one.state for one in seen) == {State.OPEN: 5 + 2 * HEAD}
    assert await floor.audit() == []


async def test_the_others_are_looked_at_when_their_time_comes(floor: Floor) -> None:
    line = await floor.line(PUSH)
    anna = await floor.full(line)
    ids = await floor.writes(line, count=BATCH + 30)
    await floor.distribute()
    await floor.says(anna, Status.BUSY)
    await floor.clock.advance(300)
    await floor.distribute()
    assert {len(await decide(floor, id_)) for id_ in ids} == {2}
    looks = {one.look_again_at for one in await floor.see_all(ids)}
    assert looks == {floor.clock.now() + timedelta(seconds=300)}


# --- offers ------------------------------------------------------------------


async def test_declined_offer_goes_to_the_next(each_floor: Floor) -> None:
    line = await each_floor.line()
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await decline(each_floor, id_, anna)
    await each_floor.distribute()
    assert (await each_floor.see(id_)).offered_to == boris.id
    assert await each_floor.audit() == []


async def test_missed_offer_goes_to_the_next(each_floor: Floor) -> None:
    line = await each_floor.line()
    anna, boris = await each_floor.operator(line), await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    await each_floor.clock.advance(60)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.offered_to, conversation.waiting_since) == (
        boris.id,
        each_floor.clock.now() - timedelta(seconds=60),
    )
    assert (await each_floor.load(anna)).offered_count == 0
    assert await each_floor.audit() == []


async def test_who_misses_too_many_offers_is_away(floor: Floor) -> None:
    line = await floor.line(OFFERS)
    anna = await floor.operator(line, cap=1)
    [id_] = await floor.writes(line)
    await floor.distribute()
    for _ in range(20):
        await floor.clock.advance(await floor.due_in_s() or 0)
        await floor.stay(anna)
        await floor.distribute()
        presence = await floor.presence(anna)
        assert presence is not None
        if presence.status is Status.AWAY:
            break
    async with floor.storage.reading() as tx:
        rows = await tx.connection.rows(
            sa.select(events).where(events.c.name == StatusChanged.__name__)
        )
        marks = await tx.record.marks([id_], after_seq=0, up_to_seq=99)
    assert [row.data["status"] for row in rows] == ["away"]
    told = [(one.operator_id, one.reason) for one in marks if one.event == "OfferExpired"]
    assert told == [(anna.id, str(OFFERS.offer_timeout_s))] * OFFERS.missed_offers_until_away
    assert await floor.audit() == []


async def test_when_everyone_declined_the_list_rests_and_starts_again(floor: Floor) -> None:
    line = await floor.line()
    crew = [await floor.operator(line), await floor.operator(line)]
    [id_] = await floor.writes(line)
    for one in crew:
        await floor.distribute()
        assert (await floor.see(id_)).offered_to == one.id
        await decline(floor, id_, one)
    assert await floor.distribute() <= 2
    assert (await decide(floor, id_))[0] == "waits everyone_refused"
    assert await floor.audit() == []
    rest_s = await floor.due_in_s()
    assert rest_s == 180
    await floor.clock.advance(rest_s)
    await floor.stay(*crew)
    await floor.distribute()
    assert (await floor.see(id_)).offered_to == crew[0].id
    assert (await decide(floor, id_))[0] == "offered list_started_again"


async def test_those_whom_everyone_refused_do_not_hold_up_the_others(floor: Floor) -> None:
    line = await floor.line()
    anna = await floor.operator(line, cap=2 * HEAD)
    refused = await floor.writes(line, count=2 * HEAD)
    await floor.distribute()
    for id_ in refused:
        await decline(floor, id_, anna)
    await floor.distribute()
    assert {one.state for one in await floor.see_all(refused)} == {State.WAITING}
    await floor.clock.advance(1)
    fresh = await floor.writes(line, count=2 * HEAD)
    await floor.distribute()
    assert {one.offered_to for one in await floor.see_all(fresh)} == {anna.id}
    assert {one.state for one in await floor.see_all(refused)} == {State.WAITING}


async def test_what_was_refused_before_a_transfer_does_not_count(floor: Floor) -> None:
    line, other = await floor.line(), await floor.line()
    anna = await floor.operator(line, other)
    [id_] = await floor.writes(line)
    await floor.distribute()
    await decline(floor, id_, anna)
    await floor.clock.advance(1)
    async with floor.storage.transaction() as tx:
        await handling.transfer(
            tx, id_, anna.id, to_operator=None, to_line=other.id, comment="", now=floor.clock.now()
        )
        tx.lanes.wake(DISTRIBUTE, other.id, floor.clock.now())
    await floor.distribute()
    assert (await floor.see(id_)).offered_to == anna.id


async def test_no_offer_ends_while_absence_does_not_count(floor: Floor) -> None:
    line = await floor.line()
    await floor.operator(line)
    [id_] = await floor.writes(line)
    await floor.distribute(floor.start_distributor(patience_s=90))
    deadline = (await floor.see(id_)).offer_deadline
    assert deadline == floor.clock.now() + timedelta(seconds=90)


# --- snoozes and lines -------------------------------------------------------


async def test_snoozed_conversation_wakes_at_its_time(each_floor: Floor) -> None:
    line = await each_floor.line(PUSH)
    anna = await each_floor.operator(line)
    [id_] = await each_floor.writes(line)
    await each_floor.distribute()
    until = each_floor.clock.now() + timedelta(hours=1)
    async with each_floor.storage.transaction() as tx:
        await handling.snooze(tx, id_, anna.id, until=until, now=each_floor.clock.now())
    await wake(each_floor, line)
    await each_floor.distribute()
    assert await each_floor.due_in_s() == 3600
    await each_floor.clock.advance(3600)
    await each_floor.distribute()
    conversation = await each_floor.see(id_)
    assert (conversation.state, conversation.owner_id) == (State.OPEN, anna.id)
    assert await each_floor.audit() == []


async def test_lane_of_a_line_that_is_gone_comes_to_rest(floor: Floor) -> None:
    gone = Line(LineId(new_id()), "gone", "Gone")
    await wake(floor, gone)
    assert await floor.distribute() == 1
    assert await floor.due_in_s() is None


async def crew_of(floor: Floor, line: Line) -> list[Operator]:
    async with floor.storage.reading() as tx:
        return [
            member.operator for member in await tx.choosing.crew(line.id, now=floor.clock.now())
        ]
