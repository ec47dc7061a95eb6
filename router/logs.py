"""The log: what happened, never what was said, by whom or to which address.

An entry is an action (`message_received`) and facts that cannot hold anything personal: ids of
ours, numbers, times, and single words under the keys listed here. Everything else is left out,
and the entry says which keys were. What libraries say is kept as where it was said, and what
went wrong as where it did: their sentences may quote an address or a token.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import date, timedelta
from enum import Enum
from typing import Any, TextIO
from uuid import UUID

import orjson
import structlog

Entry = MutableMapping[str, Any]

NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
# A word, and no phone.
WORD = re.compile(r"(?![\d.+/-]{7,}$)[A-Za-z0-9_.:/+-]{1,80}")
# Under these a single word may stand; none of them is ever chosen by a customer.
WORDS = frozenset(
    {
        "channel", "check", "code", "crm", "database", "direction", "error", "kind", "lane", "lane_kind", "level",
        "library", "line", "method", "metric", "outcome", "policy", "process", "reason", "role",
        "rule", "state", "status", "step", "strategy", "trouble", "version", "where", "worker",
    }
)  # fmt: skip
# Parts of a key under which even a number may be a phone or a secret.
PERSONAL = frozenset(
    {
        "address", "contact", "email", "external", "ip", "login", "mail", "name", "password",
        "peer", "phone", "recipient", "secret", "sender", "text", "to", "token", "user", "visitor",
    }
)  # fmt: skip
# Shorter than a phone with its area code.
LARGEST_NUMBER = 10**9
ITEMS = 20
FRAMES = 12

_LIBRARY = structlog.get_logger()


def configure(*, for_people: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all that this process logs to `stream` (stderr), one entry a line.

    Args:
        for_people: Columns and colours instead of JSON.
        level: From which level on; of libraries, from warnings on.
        stream: Where to.
    """
    stream = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            impersonal,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _columns(stream) if for_people else _json_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Libraries()]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def impersonal(_logger: Any, _method: str, entry: Entry) -> Entry:
    """The entry without anything that may be personal: a processor of structlog.

    `action` stands first; `dropped` names the keys that were left out.
    """
    action = entry.pop("event", None)
    kept: dict[str, Any] = {"action": _action(action)}
    dropped = [] if kept["action"] == action else ["action"]
    raised = _raised(entry.pop("exc_info", None))
    for key, value in entry.items():
        fact = _fact(key, value)
        if fact is not None:
            kept[key] = fact
        elif value is not None:
            dropped.append(key if NAME.fullmatch(key) else "unnamed")
    if raised is not None:
        kept["exception"] = wordless(raised)
    if dropped:
        kept["dropped"] = dropped
    return kept


def wordless(error: BaseException) -> list[str]:
    """What was raised and where, the first cause last, without the words of any error."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(type(current).__name__)
        frames = list(traceback.walk_tb(current.__traceback__))[-FRAMES:]
        for frame, line in frames:
            module = frame.f_globals.get("__name__", "?")
            lines.append(f"  {module}:{line} {frame.f_code.co_name}")
        current = current.__cause__ or current.__context__
    return lines


def _action(said: object) -> str:
    return said if isinstance(said, str) and NAME.fullmatch(said) else "unnamed_action"


def _fact(key: str, value: object) -> Any:
    """The value as it may be logged; None if it may not."""
    if not NAME.fullmatch(key):
        return None
    if isinstance(value, (list, tuple, set, frozenset)):
        facts = [_fact(key, one) for one in list(value)[:ITEMS]]
        return None if any(fact is None for fact in facts) else facts
    return _single_fact(key, value)


def _single_fact(key: str, value: object) -> Any:
    match value:
        case UUID():
            return str(value)
        case Enum():
            return value.value if isinstance(value.value, (str, int)) else value.name
        case bool():
            return value
        case int() | float():
            return value if abs(value) < LARGEST_NUMBER and _is_impersonal(key) else None
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case str() if _is_id(key, value) or (key in WORDS and WORD.fullmatch(value)):
            return value
        case _:
            return None


def _is_impersonal(key: str) -> bool:
    return key in WORDS or not PERSONAL.intersection(key.split("_"))


def _is_id(key: str, value: str) -> bool:
    if not key.endswith("_id"):
        return False
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def _raised(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as error, _):
            return error
        case None | False:
            return None
        case _:
            return sys.exception()


def _json_line(_logger: Any, _method: str, entry: Entry) -> str:
    return orjson.dumps(entry, default=str).decode()


def _columns(stream: TextIO) -> Any:
    renderer = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), event_key="action", timestamp_key="at"
    )

    def line(logger: Any, method: str, entry: Entry) -> str:
        if "exception" in entry:
            entry["exception"] = "\n".join(entry["exception"])
        return str(renderer(logger, method, entry))

    return line


class _Libraries(logging.Handler):
    """What libraries log through the standard library, as entries of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        facts: Mapping[str, Any] = {
            "library": record.name,
            "where": f"{record.module}:{record.lineno}",
            "exc_info": record.exc_info,
        }
        _LIBRARY.log(max(record.levelno, logging.WARNING), "library_said", **facts)
