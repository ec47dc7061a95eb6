"""What counts, and how much is left: `queues.load`."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queues.load import ENDLESS, fits, is_silent, silent_at, slots, weight_of
from router.queueing import WHOLE, Capacity
from tests.queues.worlds import NOON, ago

CAP = 2 * WHOLE


@pytest.mark.parametrize(
    ("taken", "weight", "so"),
    [
        (0, WHOLE, True),
        (WHOLE, WHOLE, True),
        (CAP, WHOLE, False),
        (180, 20, True),
        (181, 20, False),
        (CAP + WHOLE, 20, False),
        (CAP, 0, True),
    ],
)
def test_conversations_fit_up_to_the_cap(taken: int, weight: int, *, so: bool) -> None:
    assert fits(weight, taken=taken, cap=CAP) is so


def test_one_fits_into_what_is_empty_whatever_it_weighs() -> None:
    assert fits(5 * WHOLE, taken=0, cap=CAP)
    assert not fits(5 * WHOLE, taken=1, cap=CAP)


def test_nothing_fits_where_the_cap_is_nothing() -> None:
    assert not fits(WHOLE, taken=0, cap=0)
    assert slots(WHOLE, taken=0, cap=0) == 0


@given(st.integers(1, 300), st.integers(0, 600), st.integers(0, 500))
def test_slots_are_how_many_fit_one_after_the_other(weight: int, taken: int, cap: int) -> None:
    count, held = 0, taken
    while fits(weight, taken=held, cap=cap):
        count, held = count + 1, held + weight
    assert slots(weight, taken=taken, cap=cap) == count


@pytest.mark.parametrize(("taken", "count"), [(0, ENDLESS), (CAP, ENDLESS), (CAP + 1, 0)])
def test_what_weighs_nothing_fits_without_end_up_to_the_cap(taken: int, count: int) -> None:
    assert slots(0, taken=taken, cap=CAP) == count


def test_channel_weighs_one_unless_the_line_says_otherwise() -> None:
    capacity = Capacity(weights={"email": 20})
    assert weight_of(capacity, "email") == 20
    assert weight_of(capacity, "telegram") == WHOLE


@pytest.mark.parametrize(("ago_s", "so"), [(599, False), (600, True), (601, True)])
def test_conversation_is_silent_after_its_time(ago_s: int, *, so: bool) -> None:
    assert is_silent(ago(ago_s), is_unanswered=False, silent_after_s=600, now=NOON) is so


def test_who_waits_for_an_answer_is_never_silent() -> None:
    assert silent_at(NOON, is_unanswered=True, silent_after_s=600) is None
    assert not is_silent(ago(9999), is_unanswered=True, silent_after_s=600, now=NOON)


def test_line_may_count_silent_ones_for_ever() -> None:
    assert silent_at(NOON, is_unanswered=False, silent_after_s=None) is None
    assert not is_silent(ago(9999), is_unanswered=False, silent_after_s=None, now=NOON)


def test_time_at_which_it_falls_silent_is_known_before() -> None:
    at = silent_at(NOON, is_unanswered=False, silent_after_s=600)
    assert at == NOON + timedelta(seconds=600)
