"""The log holds what happened and nothing personal: `router.logs`."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from router.errors import Rejected
from router.logs import configure, impersonal
from router.model import State

NAME, PHONE, MAIL, WORDS = "Анна Петрова", "+79123456789", "anna@example.test", "Где мой заказ?"
LINE_ID = UUID(int=7)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What this process logs from now on, as JSON."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure(for_people=False, stream=stream)
    yield stream
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def kept(**facts: object) -> dict[str, Any]:
    """What remains of an entry."""
    return dict(impersonal(None, "info", {"event": "message_received", **facts}))


def test_entry_is_one_line_of_json_with_its_action(written: io.StringIO) -> None:
    structlog.get_logger("any").info("message_received", line_id=LINE_ID, took_ms=3)
    (entry,) = entries(written)
    assert datetime.fromisoformat(entry.pop("at")).tzinfo is not None
    assert entry == {
        "action": "message_received",
        "level": "info",
        "line_id": str(LINE_ID),
        "took_ms": 3,
    }


def test_facts_that_are_not_personal_are_kept() -> None:
    facts = {
        "conversation_id": LINE_ID,
        "thread_id": str(LINE_ID),
        "state": State.OPEN,
        "count": 3,
        "size_bytes": 900_000_000,
        "automatic": True,
        "at_noon": datetime(2026, 8, 1, 12, tzinfo=UTC),
        "waited": timedelta(seconds=2.5),
        "channel": "telegram",
        "reason": "ConnectionError",
        "lane": f"deliver/{LINE_ID}",
        "code": "40P01",
        "kinds": [State.OPEN, State.CLOSED],
    }
    entry = kept(**facts)
    assert "dropped" not in entry
    assert set(entry) == {"action", *facts}
    assert (entry["state"], entry["waited"], entry["kinds"]) == ("open", 2.5, ["open", "closed"])


@pytest.mark.parametrize(
    "key", ["text", "name", "phone", "to", "whatever", "external_id", "reason"]
)
@pytest.mark.parametrize("value", [NAME, PHONE, MAIL, WORDS, "79123456789", 79123456789, [NAME]])
def test_personal_facts_are_left_out(key: str, value: object) -> None:
    entry = kept(**{key: value})
    assert entry["dropped"] == [key]
    assert key not in entry
    assert str(value) not in str(entry)


@pytest.mark.parametrize("value", [{"text": WORDS}, b"Anna", object(), Rejected(NAME), {1: [NAME]}])
def test_things_that_may_hold_anything_are_left_out(value: object) -> None:
    assert kept(state=value) == {"action": "message_received", "dropped": ["state"]}


def test_sentence_is_no_action() -> None:
    entry = impersonal(None, "info", {"event": f"message from {NAME}", WORDS: 1})
    assert entry == {"action": "unnamed_action", "dropped": ["action", "unnamed"]}


texts = st.text(min_size=3).filter(lambda text: not text.isascii())


@given(
    st.dictionaries(st.sampled_from(["text", "name", "state", "line_id", "error", "x"]), texts),
    texts,
)
def test_no_words_of_people_get_out(facts: dict[str, str], action: str) -> None:
    entry = impersonal(None, "info", {**facts, "event": action})
    assert set(entry) <= {"action", "dropped"}
    assert not [
        text for text in (*facts.values(), action) if text in json.dumps(entry, ensure_ascii=False)
    ]


def test_exception_is_kept_without_its_words(written: io.StringIO) -> None:
    try:
        try:
            raise ValueError(f"cannot read {WORDS}")
        except ValueError as error:
            raise Rejected(f"{PHONE} is not reachable") from error
    except Rejected:
        structlog.get_logger().exception("delivery_failed", text=WORDS)
    (entry,) = entries(written)
    assert [line for line in entry["exception"] if not line.startswith("  ")] == [
        "Rejected",
        "ValueError",
    ]
    assert "test_exception_is_kept_without_its_words" in entry["exception"][1]
    assert WORDS not in written.getvalue()
    assert PHONE not in written.getvalue()


def test_library_is_heard_without_its_words(written: io.StringIO) -> None:
    told = f"Cannot send to {PHONE}"
    logging.getLogger("some.library").warning("Cannot send %s to %s", WORDS, MAIL)
    logging.getLogger("some.library").error(told)
    logging.getLogger("some.library").info("chatter")
    first, second = entries(written)
    assert (first["action"], first["library"], first["level"]) == (
        "library_said",
        "some.library",
        "warning",
    )
    assert first["where"].startswith("test_logs:")
    assert second["level"] == "error"
    assert not [word for word in (WORDS, MAIL, PHONE) if word in written.getvalue()]


async def test_forgotten_task_is_heard(written: io.StringIO) -> None:
    loop = asyncio.get_running_loop()
    loop.call_exception_handler({"message": NAME, "exception": ValueError(WORDS)})
    (entry,) = entries(written)
    assert (entry["library"], entry["exception"]) == ("asyncio", ["ValueError"])
    assert NAME not in written.getvalue()


def test_warning_of_a_library_is_heard(written: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(WORDS, UserWarning, stacklevel=1)
    (entry,) = entries(written)
    assert entry["library"] == "py.warnings"
    assert WORDS not in written.getvalue()


def test_bound_facts_are_filtered_too(written: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(line_id=LINE_ID, customer=NAME):
        structlog.get_logger().bind(text=WORDS).warning("offer_expired")
    (entry,) = entries(written)
    assert sorted(entry["dropped"]) == ["customer", "text"]
    assert entry["line_id"] == str(LINE_ID)


def test_people_get_columns(written: io.StringIO) -> None:
    stream = io.StringIO()
    configure(for_people=True, stream=stream)
    try:
        raise ValueError(WORDS)
    except ValueError:
        structlog.get_logger().exception("step_failed", step="distribute", name=NAME)
    shown = stream.getvalue()
    assert "step_failed" in shown
    assert "step=distribute" in shown
    assert "ValueError\n" in shown
    assert NAME not in shown
    assert WORDS not in shown


def test_lower_levels_are_silent(written: io.StringIO) -> None:
    structlog.get_logger().debug("lane_taken")
    assert written.getvalue() == ""
