"""Whom a returning customer knows, before the queue: `queues.ladder`."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from queues.facts import Candidate, Facts, Policy
from queues.reasons import Removed, Rule
from router.ids import OperatorId
from router.queueing import WHOLE, Rung, Sticky, Strategy
from router.staff import Status
from tests.queues.worlds import (
    ANNA,
    BORIS,
    GLEB,
    LADDER,
    NOON,
    VERA,
    ago,
    away,
    choice,
    declined,
    full,
    here,
)  # fmt: skip

PATIENT = Policy(sticky=Sticky(rungs=LADDER, owner_wait_s=100), min_gap_s=30)
HASTY = replace(PATIENT, sticky=Sticky(rungs=LADDER, owner_wait_s=0))


def returning(
    *,
    since_s: int = 0,
    responsible: OperatorId | None = None,
    last: OperatorId | None = None,
    pinned: OperatorId | None = None,
    lookup_until: datetime | None = None,
) -> Facts:
    """A customer who knows somebody and has waited so long at noon. Gleb is Anna's deputy."""
    known = {Rung.PINNED: pinned, Rung.RESPONSIBLE: responsible, Rung.LAST_OPERATOR: last}
    return Facts(
        since=ago(since_s),
        known={rung: one for rung, one in known.items() if one is not None},
        deputies={ANNA: GLEB},
        lookup_until=lookup_until,
    )


# --- who is asked first -------------------------------------------------------


def test_customer_returns_to_the_operator_who_knows_them() -> None:
    given = choice(PATIENT, returning(last=BORIS), here(ANNA), here(BORIS))
    assert (given.operator, given.why.rule) == (BORIS, Rule.KNOWS_CUSTOMER)
    assert (given.why.rung, given.sticky, given.turn) == (Rung.LAST_OPERATOR, True, None)


def test_order_of_the_rungs_is_the_lines() -> None:
    customer = returning(responsible=ANNA, last=BORIS)
    assert choice(PATIENT, customer, here(ANNA), here(BORIS)).operator == ANNA
    other_way = (Rung.LAST_OPERATOR, Rung.RESPONSIBLE)
    policy = replace(PATIENT, sticky=Sticky(rungs=other_way))
    assert choice(policy, customer, here(ANNA), here(BORIS)).operator == BORIS


def test_rung_that_the_line_does_not_have_is_not_asked() -> None:
    policy = replace(PATIENT, sticky=Sticky(rungs=(Rung.PINNED,)))
    given = choice(policy, returning(last=BORIS), here(ANNA), here(BORIS))
    assert (given.operator, given.why.rule) == (ANNA, Rule.NEXT_IN_TURN)


def test_who_is_known_need_not_be_in_the_queue() -> None:
    given = choice(PATIENT, returning(last=VERA), here(ANNA), outside=[here(VERA)])
    assert given.operator == VERA


def test_what_is_kept_free_is_for_those_who_return() -> None:
    policy = replace(PATIENT, reserved_weight=WHOLE)
    boris = here(BORIS, cap=3, held=2)
    assert choice(policy, returning(last=BORIS), boris).operator == BORIS
    assert choice(policy, returning(), boris).why.removed == {Removed.KEPT_FREE: 1}


def test_known_one_is_asked_alone_where_all_are_asked() -> None:
    policy = replace(PATIENT, strategy=Strategy.BROADCAST)
    given = choice(policy, returning(last=BORIS), here(ANNA), here(BORIS))
    assert (given.operators, given.asks_all) == ((BORIS,), False)


# --- who is waited for --------------------------------------------------------


@pytest.mark.parametrize(
    "boris",
    [
        full(BORIS),
        replace(here(BORIS), status=Status.BUSY),
        replace(here(BORIS, cap=2), given_at=ago(0)),
    ],
    ids=["full", "busy", "was just given one"],
)
def test_who_is_here_is_waited_for_until_their_time_ends(boris: Candidate) -> None:
    early = choice(PATIENT, returning(since_s=90, last=BORIS), here(ANNA), boris)
    assert (early.operator, early.why.rule) == (None, Rule.WAITING_FOR_OWNER)
    assert (early.why.operator, early.why.rung) == (BORIS, Rung.LAST_OPERATOR)
    assert early.why.until == early.look_again_at == NOON + timedelta(seconds=10)
    assert choice(PATIENT, returning(since_s=100, last=BORIS), here(ANNA), boris).operator == ANNA


def test_end_of_the_least_gap_is_looked_at() -> None:
    boris = replace(here(BORIS, cap=2), given_at=ago(25))
    waits = choice(PATIENT, returning(last=BORIS), here(ANNA), boris)
    assert waits.look_again_at == NOON + timedelta(seconds=5)
    assert choice(PATIENT, returning(last=BORIS), here(ANNA), boris, at_s=5).operator == BORIS


@pytest.mark.parametrize(
    ("anna", "why"),
    [
        (away(ANNA), Removed.NOT_AVAILABLE),
        (replace(here(ANNA), status=Status.OFF), Removed.NOT_AVAILABLE),
        (replace(here(ANNA), reachable=False), Removed.ABSENT),
        (replace(here(ANNA), on_shift=False), Removed.OFF_SHIFT),
        (replace(here(ANNA), on_break=True), Removed.ON_BREAK),
        (replace(here(ANNA), on_leave=True), Removed.ON_LEAVE),
        (replace(here(ANNA), active=False), Removed.INACTIVE),
    ],
)
def test_who_is_away_is_not_waited_for(anna: Candidate, why: Removed) -> None:
    given = choice(PATIENT, returning(pinned=ANNA), here(BORIS), outside=[anna])
    assert (given.operator, given.why.rule) == (BORIS, Rule.NEXT_IN_TURN)
    assert given.why.named == {ANNA: why}


def test_who_refused_it_is_not_waited_for() -> None:
    customer = replace(returning(last=ANNA), refused=declined(ANNA))
    given = choice(PATIENT, customer, here(ANNA), here(BORIS))
    assert (given.operator, given.why.named) == (BORIS, {ANNA: Removed.DECLINED})


def test_each_has_a_time_of_their_own() -> None:
    desk = full(ANNA), full(BORIS), here(VERA)
    for since_s, awaited in ((0, ANNA), (99, ANNA), (100, BORIS), (199, BORIS)):
        waits = choice(PATIENT, returning(since_s=since_s, responsible=ANNA, last=BORIS), *desk)
        assert (waits.operator, waits.why.operator) == (None, awaited)
    customer = returning(since_s=200, responsible=ANNA, last=BORIS)
    assert choice(PATIENT, customer, *desk).operator == VERA


def test_who_is_away_takes_up_no_time() -> None:
    customer = returning(since_s=100, responsible=ANNA, last=BORIS)
    assert choice(PATIENT, customer, away(ANNA), full(BORIS), here(VERA)).operator == VERA


def test_same_operator_on_two_rungs_has_one_time() -> None:
    customer = returning(since_s=100, responsible=ANNA, last=ANNA)
    assert choice(PATIENT, customer, full(ANNA), here(VERA)).operator == VERA


def test_after_their_time_they_are_still_preferred_to_the_queue() -> None:
    customer = returning(since_s=500, last=BORIS)
    assert choice(PATIENT, customer, here(ANNA), here(BORIS)).operator == BORIS


def test_without_a_time_nobody_is_waited_for() -> None:
    assert choice(HASTY, returning(last=BORIS), here(ANNA), here(BORIS)).operator == BORIS
    assert choice(HASTY, returning(last=BORIS), here(ANNA), full(BORIS)).operator == ANNA


# --- deputies -----------------------------------------------------------------


def test_deputy_is_asked_when_the_owner_is_away() -> None:
    given = choice(PATIENT, returning(responsible=ANNA), away(ANNA), here(BORIS), here(GLEB))
    assert (given.operator, given.why.rung) == (GLEB, Rung.DEPUTY)


def test_deputy_is_asked_when_the_owners_time_is_over() -> None:
    desk = full(ANNA), here(BORIS), here(GLEB)
    assert choice(PATIENT, returning(since_s=99, responsible=ANNA), *desk).operator is None
    assert choice(PATIENT, returning(since_s=100, responsible=ANNA), *desk).operator == GLEB


def test_deputy_of_one_who_is_gone_is_asked() -> None:
    assert choice(PATIENT, returning(last=ANNA), here(BORIS), here(GLEB)).operator == GLEB


def test_deputies_share_one_time() -> None:
    customer = replace(
        returning(since_s=90, responsible=ANNA, last=BORIS), deputies={ANNA: GLEB, BORIS: VERA}
    )
    gone = away(ANNA), away(BORIS)
    assert choice(PATIENT, customer, *gone, full(GLEB), here(VERA)).operator == VERA
    waits = choice(PATIENT, customer, *gone, full(GLEB), full(VERA))
    assert (waits.why.operator, waits.why.until) == (GLEB, NOON + timedelta(seconds=10))


# --- what the CRM has yet to say ----------------------------------------------


def test_crm_is_waited_for_until_the_lookup_ends() -> None:
    customer = returning(lookup_until=NOON + timedelta(seconds=3))
    waits = choice(PATIENT, customer, here(ANNA))
    assert (waits.operator, waits.why.rule) == (None, Rule.WAITING_FOR_CRM)
    assert waits.look_again_at == NOON + timedelta(seconds=3)
    assert choice(PATIENT, customer, here(ANNA), at_s=3).operator == ANNA


def test_pinned_operator_does_not_wait_for_the_crm() -> None:
    customer = returning(pinned=ANNA, lookup_until=NOON + timedelta(seconds=3))
    assert choice(PATIENT, customer, here(ANNA)).operator == ANNA


def test_line_that_asks_nobody_responsible_does_not_wait_for_the_crm() -> None:
    policy = replace(PATIENT, sticky=Sticky(rungs=(Rung.LAST_OPERATOR,)))
    customer = returning(lookup_until=NOON + timedelta(seconds=3))
    assert choice(policy, customer, here(ANNA)).operator == ANNA
