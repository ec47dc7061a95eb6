"""When to try again, when to give up, and what is said of it."""

from datetime import datetime, timedelta

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

FIRST_WAIT_S = 5.0
LONGEST_WAIT_S = 900.0
LONGEST_THROTTLE_S = 86_400.0
DELIVERY_DEADLINE = timedelta(hours=24)
LOST = "the answer was lost"
GONE = "the customer cannot be reached here any more"


def next_attempt(
    error: ProviderError,
    *,
    attempt: int,
    now: datetime,
    idempotent: bool,
    jitter: float,
    deadline: datetime | None = None,
) -> datetime | None:
    """When to make the next attempt, or None to give up.

    Waits double: 5, 10, 20 … 900 s, then every 900 s until the work's deadline: 24 h for
    a delivery, none for CRM work. `Throttled` waits as long as the provider asked, if
    that is longer, but at most a day. Time heals neither a refusal nor `BadCredentials`:
    what the paused inbox holds is woken when its account works again.

    Args:
        error: What the last attempt raised.
        attempt: Which attempt that was, from 1.
        now: The current time, UTC.
        idempotent: Whether a repeat is harmless; if not, `Unconfirmed` gives up.
        jitter: Uniform in [0, 1); lengthens the wait by up to a half.
        deadline: No attempt is made later than that.
    """
    match error:
        case Rejected() | WindowClosed() | BadCredentials():
            return None
        case Unconfirmed() if not idempotent:
            return None
        case Throttled(retry_after_s=asked_s):
            wait_s = max(_doubled_s(attempt), min(asked_s, LONGEST_THROTTLE_S))
        case _:
            wait_s = _doubled_s(attempt)
    at = now + timedelta(seconds=wait_s * (1 + jitter / 2))
    return None if deadline is not None and at > deadline else at


def _doubled_s(attempt: int) -> float:
    # 2 ** 8 waits are past the longest; larger powers would only overflow.
    return min(FIRST_WAIT_S * 2.0 ** min(attempt - 1, 8), LONGEST_WAIT_S)


def backoff_s(*, attempt: int, jitter: float) -> float:
    """How long failed work waits before its next attempt: as `next_attempt`, without an end."""
    return _doubled_s(attempt) * (1 + jitter / 2)


def in_words(error: ProviderError) -> str:
    """Why it did not arrive, for the operator."""
    match error:
        case RecipientGone():
            return GONE
        case Rejected():
            return error.reason or "the provider refused it"
        case WindowClosed():
            return error.reason or "the time to answer here is over"
        case BadCredentials():
            return "the provider does not accept our credentials"
        case Unconfirmed():
            return LOST
        case Throttled() | Unreachable():
            return "the provider could not be reached for a day"
        case _:
            return error.reason
