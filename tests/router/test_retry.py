"""When to try again, and when to give up: `router.retry.next_attempt`."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.errors import (
    BadCredentials,
    ProviderError,
    RecipientGone,
    Rejected,
    Throttled,
    Unconfirmed,
    Unreachable,
    WindowClosed,
)
from router.retry import DELIVERY_DEADLINE, backoff_s, in_words, next_attempt
from tests.clock import NOON

errors = st.sampled_from(
    [Unreachable(), Unconfirmed(), Throttled(retry_after_s=30), ProviderError(), Rejected()]
)
attempts = st.integers(1, 100_000)
jitters = st.floats(0, 1, exclude_max=True)


def wait_s(error: ProviderError, *, attempt: int = 1, jitter: float = 0.0) -> float:
    """How long the next attempt is away, where a repeat is harmless."""
    at = next_attempt(error, attempt=attempt, now=NOON, idempotent=True, jitter=jitter)
    assert at is not None
    return (at - NOON).total_seconds()


def test_waits_double_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_s(Unreachable(), attempt=n) for n in range(1, 12)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]


def test_provider_that_asks_for_more_patience_gets_it() -> None:
    assert wait_s(Throttled(retry_after_s=77)) == 77
    assert wait_s(Throttled(retry_after_s=1)) == 5


@pytest.mark.parametrize("asked_s", [1e300, float("inf")])
def test_no_provider_makes_us_wait_for_more_than_a_day(asked_s: float) -> None:
    assert wait_s(Throttled(retry_after_s=asked_s)) == 86_400


def test_jitter_lengthens_a_wait_by_up_to_a_half() -> None:
    assert wait_s(Unreachable(), jitter=0.5) == 6.25


@pytest.mark.parametrize("error", [Rejected(), RecipientGone(), WindowClosed(), BadCredentials()])
def test_what_time_does_not_heal_is_not_repeated(error: ProviderError) -> None:
    assert next_attempt(error, attempt=1, now=NOON, idempotent=True, jitter=0) is None


def test_lost_answer_is_repeated_only_where_that_is_harmless() -> None:
    assert wait_s(Unconfirmed()) == 5
    assert next_attempt(Unconfirmed(), attempt=1, now=NOON, idempotent=False, jitter=0) is None


def test_delivery_is_given_up_after_a_day() -> None:
    deadline = NOON + DELIVERY_DEADLINE

    def next_from(now: datetime) -> datetime | None:
        return next_attempt(
            Unreachable(), attempt=50, now=now, idempotent=True, jitter=0, deadline=deadline
        )

    assert next_from(deadline - timedelta(seconds=900)) == deadline
    assert next_from(deadline - timedelta(seconds=899)) is None


@given(attempts, jitters)
def test_mistake_of_our_own_waits_as_long_as_an_unreachable_provider(
    attempt: int, jitter: float
) -> None:
    ours = backoff_s(attempt=attempt, jitter=jitter)
    assert ours == pytest.approx(wait_s(Unreachable(), attempt=attempt, jitter=jitter), abs=1e-5)


@given(errors, attempts, jitters)
def test_next_attempt_is_never_sooner_than_five_seconds(
    error: ProviderError, attempt: int, jitter: float
) -> None:
    at = next_attempt(error, attempt=attempt, now=NOON, idempotent=True, jitter=jitter)
    assert at is None or timedelta(seconds=5) <= at - NOON <= timedelta(seconds=1350)


@given(attempts, jitters)
def test_later_attempts_never_wait_less(attempt: int, jitter: float) -> None:
    sooner = wait_s(Unreachable(), attempt=attempt, jitter=jitter)
    assert wait_s(Unreachable(), attempt=attempt + 1, jitter=jitter) >= sooner


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (WindowClosed(), "the time to answer here is over"),
        (WindowClosed("within 24 hours only"), "within 24 hours only"),
        (Rejected(), "the provider refused it"),
        (Rejected("too long"), "too long"),
        (BadCredentials("token 1"), "the provider does not accept our credentials"),
    ],
)
def test_why_it_did_not_arrive_is_what_its_provider_says_if_it_says_more(
    error: ProviderError, said: str
) -> None:
    assert in_words(error) == said
