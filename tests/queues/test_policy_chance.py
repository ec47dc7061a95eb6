"""What holds of every choice, in worlds made by chance: `queues.policy.choose`."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from queues.facts import Candidate, Facts, Policy, desk_of
from queues.load import fits
from queues.policy import choose
from queues.reasons import NAMED, Rule
from router.ids import OperatorId
from router.queueing import WHOLE, Strategy, WhenClosed
from router.staff import Status
from tests.queues.reference import expected
from tests.queues.worlds import ANNA, NOON, WAITING, World, declined, full, here, worlds


def someone(world: World, operator: OperatorId) -> Candidate:
    return world.desk().everybody[operator]


@settings(max_examples=200)
@given(worlds())
def test_choice_is_what_a_slow_reading_of_the_rules_gives(world: World) -> None:
    assert world.choose().operators == expected(world)


@given(worlds(), st.randoms(use_true_random=False))
def test_order_in_which_operators_are_told_does_not_matter(world: World, random: Random) -> None:
    shuffled = replace(
        world,
        queue=tuple(random.sample(world.queue, len(world.queue))),
        outside=tuple(random.sample(world.outside, len(world.outside))),
    )
    first, again = world.choose(), shuffled.choose()
    assert first == again
    assert list(first.why.named) == list(again.why.named)


@given(worlds())
def test_nobody_is_chosen_who_is_not_at_work_or_has_no_room(world: World) -> None:
    for operator in world.choose().operators:
        one = someone(world, operator)
        assert one.active
        assert one.on_shift
        assert one.reachable
        assert not one.on_leave
        assert not one.on_break
        assert one.status is Status.AVAILABLE
        assert one.cap_weight > 0
        assert one.taken == 0 or one.taken + world.facts.weight <= one.cap_weight


@given(worlds())
def test_no_cap_of_the_line_is_passed(world: World) -> None:
    policy, weight = world.policy, world.facts.weight
    for operator in world.choose().operators:
        share, most = policy.max_per_operator, policy.max_open
        held = someone(world, operator).line_weight
        assert share is None or fits(weight, taken=held, cap=share * WHOLE)
        assert most is None or fits(weight, taken=world.open_weight, cap=most * WHOLE)


@given(worlds())
def test_who_was_given_one_is_left_alone_for_the_least_gap(world: World) -> None:
    gap = timedelta(seconds=world.policy.min_gap_s)
    for operator in world.choose().operators:
        given_at = someone(world, operator).given_at
        assert not gap or given_at is None or given_at + gap <= world.now


@given(worlds())
def test_who_waits_is_looked_at_later_and_who_is_chosen_is_not(world: World) -> None:
    choice = world.choose()
    if choice.operators:
        assert choice.look_again_at is None
    else:
        usual = world.now + timedelta(seconds=world.policy.look_again_s)
        assert choice.look_again_at is not None
        assert world.now < choice.look_again_at <= usual


@given(worlds(), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3))
def test_time_alone_changes_nothing_before_the_next_look(world: World, parts: list[float]) -> None:
    choice = world.choose()
    if choice.look_again_at is None:
        return
    wait = choice.look_again_at - world.now - timedelta(microseconds=1)
    for part in [*parts, 1.0]:
        assert expected(replace(world, now=world.now + part * wait)) == ()


@given(worlds())
def test_why_adds_up(world: World) -> None:
    choice = world.choose()
    why = choice.why
    assert all(why.removed.values())
    assert len(why.named) == min(sum(why.removed.values()), NAMED)
    assert Counter(why.named.values()) <= Counter(why.removed)
    assert not set(why.named) & set(choice.operators)
    from_queue = why.rule not in {
        Rule.OUTSIDE_HOURS, Rule.LINE_FULL, Rule.WAITING_FOR_CRM, Rule.WAITING_FOR_OWNER,
    }  # fmt: skip
    if not choice.operators and from_queue:
        assert set(why.named) >= {one.operator for one in world.queue}
    assert choice.why.until is None or choice.operators == ()


@given(worlds())
def test_choice_of_one_the_customer_knows_never_moves_the_rotation(world: World) -> None:
    choice = world.choose()
    assert choice.sticky is (choice.why.rule is Rule.KNOWS_CUSTOMER)
    moved = choice.turn is not None
    turns = world.policy.strategy is Strategy.ROUND_ROBIN and not choice.sticky
    assert moved is (turns and bool(choice.operators))


# --- never a trap -------------------------------------------------------------


@given(worlds())
def test_nobody_waits_for_a_preference_once_its_time_is_over(world: World) -> None:
    """Whoever then comes into question at all gets it, whatever they speak and whoever knows it."""
    policy, facts = world.policy, world.facts
    patience_s = max(
        policy.sticky.owner_wait_s * len(policy.sticky.rungs), policy.preferences.fallback_after_s
    )
    late = facts.since + timedelta(seconds=patience_s)
    lookup = facts.lookup_until or late
    later = replace(world, now=max(world.now, late, lookup))
    plain = replace(
        later,
        facts=Facts(facts.since, facts.weight, facts.refused),
        policy=replace(policy, strategy=Strategy.SEQUENTIAL),
    )
    if plain.choose().operators:
        assert later.choose().operators


@given(worlds())
def test_somebody_is_chosen_whenever_anybody_fresh_comes_into_question(world: World) -> None:
    """Without preferences, in the line's hours."""
    world = replace(
        world,
        facts=Facts(world.facts.since, refused=world.facts.refused),
        policy=replace(world.policy, when_closed=WhenClosed.DISTRIBUTE, max_open=None),
    )
    idle = replace(here(ANNA), given_at=None)
    others = tuple(one for one in world.queue if one.operator != ANNA)
    if world.policy.max_per_operator != 0 and ANNA not in world.facts.refused:
        assert replace(world, queue=(*others, idle)).choose().operators


@given(worlds())
def test_a_ladder_holds_nobody_longer_than_its_time(world: World) -> None:
    sticky, why = world.policy.sticky, world.choose().why
    ends = world.facts.since + timedelta(seconds=sticky.owner_wait_s * len(sticky.rungs))
    if why.rule is Rule.WAITING_FOR_OWNER:
        assert why.until is not None
        assert world.now < why.until <= ends


# --- what a step does with it -------------------------------------------------


@given(worlds(), st.integers(1, 12))
def test_step_after_step_no_cap_is_passed(world: World, count: int) -> None:
    desk = world.desk()
    for _ in range(count):
        choice = choose(world.facts, desk)
        if not choice.asks_all and choice.operator is not None:
            before = desk.everybody[choice.operator]
            assert fits(world.facts.weight, taken=before.taken, cap=before.cap_weight)
        after = desk.after(choice, weight=world.facts.weight)
        taken = sum(one.taken for one in desk.everybody.values())
        added = sum(one.taken for one in after.everybody.values()) - taken
        assert added == (world.facts.weight if choice.operators and not choice.asks_all else 0)
        assert {one.operator for one in after.able} == {one.operator for one in desk.able}
        assert all(after.everybody[one.operator] == one for one in after.able)
        desk = after


@given(worlds())
@example(World(Policy(), WAITING, (full(ANNA),)))
@example(World(Policy(), Facts(NOON, refused=declined(ANNA)), (here(ANNA),)))
@example(World(Policy(), Facts(NOON, weight=0), (full(ANNA),)))
def test_without_slots_the_queue_chooses_nobody(world: World) -> None:
    desk, facts = world.desk(), replace(world.facts, known={}, lookup_until=None)
    if desk.slots(facts.weight) == 0:
        assert choose(facts, desk).operators == ()


@given(worlds())
def test_a_desk_made_of_what_a_desk_holds_is_the_same(world: World) -> None:
    desk = world.desk()
    again = desk_of(
        desk.policy,
        [*desk.able, *(one for one, _ in desk.barred)],
        now=desk.now,
        outside=[desk.everybody[one] for one in desk.outside],
        open_weight=desk.open_weight,
        is_open=desk.is_open,
        opens_at=desk.opens_at,
    )
    assert again == desk
