"""Who may see and do what: `console.access`."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from console.access import (
    List,
    Viewer,
    belongs,
    counter_keys,
    mine_first,
    must_administer,
    must_answer,
    must_hold,
    must_supervise,
    person,
    saw,
    seen,
    sees,
    viewer,
)
from router.errors import Forbidden, NotFound
from router.ids import ConversationId, CustomerId, InboxId, LineId, OperatorId, ThreadId
from router.model import Conversation, State
from router.news import ConversationNews, Mark, place
from router.staff import Operator, Role
from tests.clock import NOON

SHOP, REPAIRS = (LineId(UUID(int=n)) for n in (1, 2))
ANNA, BORIS = (OperatorId(UUID(int=n)) for n in (11, 12))


def sits(*lines: LineId, role: Role = Role.OPERATOR, who: OperatorId = ANNA) -> Viewer:
    return viewer(Operator(who, f"{who}@example.com", "Anna", role=role), lines)


SCRIPT = Viewer(Role.OPERATOR)


def talk(**changes: object) -> Conversation:
    conversation = Conversation(
        id=ConversationId(UUID(int=100)),
        thread_id=ThreadId(UUID(int=101)),
        line_id=SHOP,
        inbox_id=InboxId(UUID(int=102)),
        customer_id=CustomerId(UUID(int=103)),
        channel="rest",
        title="",
        state=State.OPEN,
        version=1,
        opened_at=NOON,
        rank_at=NOON,
        last_activity_at=NOON,
        first_seq=1,
        last_seq=1,
    )
    return replace(conversation, **changes)  # type: ignore[arg-type]


def test_operators_and_supervisors_see_their_lines_and_administrators_all() -> None:
    assert sees(sits(SHOP), talk())
    assert sees(sits(SHOP, role=Role.SUPERVISOR), talk())
    assert not sees(sits(REPAIRS, role=Role.SUPERVISOR), talk())
    assert sees(sits(role=Role.ADMINISTRATOR), talk())
    assert sees(SCRIPT, talk())


@pytest.mark.parametrize(
    "how", [{"owner_id": ANNA}, {"offered_to": ANNA}, {"participants": (ANNA,)}]
)
def test_what_is_theirs_is_seen_wherever_it_is(how: dict[str, object]) -> None:
    assert sees(sits(REPAIRS), talk(**how))
    assert not sees(sits(REPAIRS, who=BORIS), talk(**how))


def test_what_is_not_seen_does_not_exist() -> None:
    with pytest.raises(NotFound):
        seen(sits(REPAIRS), talk())
    with pytest.raises(NotFound):
        seen(sits(SHOP), None)


def test_what_was_seen_before_is_hidden_when_it_goes() -> None:
    before = place(talk(owner_id=ANNA))
    gone = ConversationNews("ConversationTransferred", talk(line_id=REPAIRS), before)
    assert saw(sits(), gone)
    assert saw(sits(SHOP, who=BORIS), gone)
    assert not saw(sits(who=BORIS), gone)
    assert not saw(sits(SHOP), ConversationNews("ConversationOpened", talk()))


def test_who_left_saw_it_before() -> None:
    mark = Mark(1, talk().id, 1, "OperatorLeft", NOON, operator_id=ANNA)
    left = ConversationNews("OperatorLeft", talk(), place(talk()), marks=(mark,))
    assert saw(sits(), left)
    assert not saw(sits(who=BORIS), left)


@pytest.mark.parametrize(
    ("state", "lists"),
    [
        (State.WAITING, {List.WAITING, List.ALL}),
        (State.OFFERED, {List.WAITING, List.ALL}),
        (State.OPEN, {List.ALL}),
        (State.SNOOZED, {List.ALL}),
        (State.CLOSED, {List.CLOSED}),
    ],
)
def test_lists_by_state(state: State, lists: set[List]) -> None:
    conversation = talk(state=state)
    assert {one for one in List if belongs(conversation, one, sits(SHOP))} == lists


def test_mine_is_what_i_have_or_am_offered_and_is_not_closed() -> None:
    me = sits(SHOP)
    assert belongs(talk(owner_id=ANNA), List.MINE, me)
    assert belongs(talk(state=State.OFFERED, offered_to=ANNA), List.MINE, me)
    assert not belongs(talk(owner_id=BORIS), List.MINE, me)
    assert not belongs(talk(owner_id=ANNA, state=State.CLOSED), List.MINE, me)
    assert not belongs(talk(), List.MINE, SCRIPT)


def test_on_other_lines_only_mine_is_listed() -> None:
    guest, boss = sits(REPAIRS), sits(role=Role.ADMINISTRATOR)
    for state, lists in (
        (State.OPEN, {List.ALL}),
        (State.OFFERED, {List.WAITING, List.ALL}),
        (State.CLOSED, {List.CLOSED}),
    ):
        joined = talk(state=state, participants=(ANNA,))
        assert {one for one in List if belongs(joined, one, guest)} == set()
        assert {one for one in List if belongs(joined, one, boss)} == lists
    assert {one for one in List if belongs(talk(owner_id=ANNA), one, guest)} == {List.MINE}


def test_mine_begins_with_who_has_waited_longest_for_an_answer() -> None:
    def one(number: int, *, asked_s: int | None = None, active_s: int = 0) -> Conversation:
        asked = None if asked_s is None else NOON + timedelta(seconds=asked_s)
        return talk(
            id=ConversationId(UUID(int=number)),
            unanswered_since=asked,
            last_activity_at=NOON + timedelta(seconds=active_s),
        )

    rows = [one(1, active_s=1), one(2, asked_s=9), one(3, active_s=5), one(4, asked_s=2)]
    assert [row.id.int for row in sorted(rows, key=mine_first)] == [4, 2, 3, 1]


def test_counters_are_of_ones_lines_and_oneself() -> None:
    keys = counter_keys(sits(SHOP), [SHOP])
    assert keys["waiting"] == (f"waiting:{SHOP}",)
    assert keys["mine_unanswered"] == (f"unanswered:{ANNA}",)
    assert counter_keys(SCRIPT, [SHOP])["mine"] == ()


def test_acts_by_role() -> None:
    anna, chief = sits(SHOP), sits(SHOP, role=Role.SUPERVISOR)
    boss = sits(role=Role.ADMINISTRATOR)
    must_supervise(chief)
    must_administer(boss)
    for act, who in ((must_supervise, anna), (must_administer, chief), (must_administer, SCRIPT)):
        with pytest.raises(Forbidden):
            act(who)
    with pytest.raises(Forbidden):
        person(SCRIPT)


def test_who_has_it_or_supervises_handles_it_and_scripts_only_answer() -> None:
    hers = talk(owner_id=ANNA)
    for who in (sits(SHOP), sits(SHOP, who=BORIS, role=Role.SUPERVISOR)):
        must_hold(who, hers)
        must_answer(who, hers)
    must_answer(SCRIPT, hers)
    for act, who in ((must_hold, sits(SHOP, who=BORIS)), (must_hold, SCRIPT)):
        with pytest.raises(Forbidden):
            act(who, hers)
