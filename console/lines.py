"""A line's settings: from nouns to what the API shows and back, and what is wrong with them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from console.api.shapes import LineChange
from console.api.shapes.lines import LineDetail, OpeningView
from console.views import line_view
from queues.hours import is_open, next_opening, open_until
from queues.replies import unknown_variables
from router.buttons import MAX_BUTTONS, MAX_LABEL_CHARS
from router.calendars import ALWAYS, Calendar
from router.ids import CalendarId, LineId, OperatorId
from router.model import Line
from router.queueing import (
    AutomaticReply,
    LeadWhen,
    Lifetimes,
    Queueing,
    RatingRequest,
    Replies,
    Rule,
    Sla,
    SurveyQuestion,
)
from router.staff import QueueEntry

OFFERS = frozenset(("auto_accept", "offer_timeout_s", "missed_offers_until_away"))
LOOK = frozenset(("title", "colour", "greeting", "ask_contact", "consent_url"))
PLAIN = frozenset(("name", "active", "language", "reopen_window_s", "stale_after_s", "calendar_id"))
# What may be taken away again by sending null.
CLEARABLE = frozenset(("consent_url", "calendar_id"))
PARTS: Mapping[str, TypeAdapter[Any]] = {
    "queueing": TypeAdapter(Queueing),
    "replies": TypeAdapter(Replies),
    "sla": TypeAdapter(Sla),
    "lifetimes": TypeAdapter(Lifetimes),
    "rating": TypeAdapter(RatingRequest),
    "rules": TypeAdapter(tuple[Rule, ...]),
}
# What time does depends on these: open conversations are looked at again.
TIMED = frozenset((*PARTS, "calendar_id"))

MONTH_S = 30 * 86_400
MOST = {"stages": 50, "questions": 10}
MOST_ENTRIES, MOST_CHARS, MOST_TEXT_CHARS = 100, 200, 4_000
WRONG = {
    "little": "is less than {least}",
    "much": "is more than {most}",
    "long": "is longer than {most} characters",
    "many": "has more than {most} entries",
    "empty": "is empty",
    "taken": "is taken",
    "variable": "names a variable that there is not",
    "itself": "is this line itself",
    "nothing": "does not exist",
    "one": "is none of the choices",
    "beside": "cannot stand beside other choices",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What a line's settings may name, and what they are looked at beside."""

    lines: Sequence[Line] = ()
    calendars: Mapping[CalendarId, Calendar] = field(default_factory=dict)

    def calendar(self, line: Line) -> Calendar:
        return self.calendars.get(line.calendar_id, ALWAYS) if line.calendar_id else ALWAYS


# --- shown ----------------------------------------------------------------------


def line_detail(
    line: Line,
    *,
    operators: Sequence[OperatorId],
    queue: Sequence[QueueEntry],
    around: Around,
    now: datetime,
) -> LineDetail:
    parts = {name: part.dump_python(getattr(line, name)) for name, part in PARTS.items()}
    parts["queueing"] = {k: v for k, v in parts["queueing"].items() if k not in OFFERS}
    entries = [
        {"operator_id": one.operator_id, "department_id": one.department_id} for one in queue
    ]
    return LineDetail.model_validate(
        line_view(line, operators).model_dump()
        | parts
        | {
            "queue": entries,
            "calendar_id": line.calendar_id,
            "stale_after_s": line.stale_after_s,
            "opening": opening(around.calendar(line), now),
            "overflow_ring": in_ring(line, around.lines),
        }
    )


def opening(calendar: Calendar, now: datetime) -> OpeningView:
    """Whether it is open, and until when that is so."""
    if calendar is ALWAYS:
        return OpeningView(open=True, until=None)
    if is_open(calendar, now):
        return OpeningView(open=True, until=open_until(calendar, now))
    return OpeningView(open=False, until=next_opening(calendar, now))


def in_ring(line: Line, lines: Iterable[Line]) -> bool:
    """Whether what overflows from line to line could come back to this one."""
    next_of = {one.id: one.queueing.overflow for one in (*lines, line)}
    seen: set[LineId] = set()
    overflow = line.queueing.overflow
    while overflow is not None and overflow.to_line not in seen:
        if overflow.to_line == line.id:
            return True
        seen.add(overflow.to_line)
        overflow = next_of.get(overflow.to_line)
    return False


# --- changed --------------------------------------------------------------------


def changed(line: Line, body: LineChange) -> Line:
    """What is not given, or null where null means nothing, stays as it is."""
    given: dict[str, Any] = {
        name: value
        for name, value in body.model_dump(exclude_unset=True).items()
        if value is not None or name in CLEARABLE
    }
    plain = {name: value for name, value in given.items() if name in PLAIN}
    if "lead_when" in given:
        plain["lead_when"] = LeadWhen(given["lead_when"])
    look = {name: value for name, value in given.items() if name in LOOK}
    if "allowed_sites" in given:
        look["allowed_sites"] = tuple(given["allowed_sites"])
    parts = {name: PARTS[name].validate_python(given[name]) for name in PARTS if name in given}
    offers = {name: getattr(line.queueing, name) for name in OFFERS}
    offers |= {name: value for name, value in given.items() if name in OFFERS}
    parts["queueing"] = replace(parts.get("queueing", line.queueing), **offers)
    return replace(line, **plain, **parts, look=replace(line.look, **look))


def problems(line: Line, around: Around) -> dict[str, str]:
    """Field → what is wrong with it: {"replies.stages.0.texts.en": "is longer than …"}."""
    found = dict(_named(line, around))
    for name, part in PARTS.items():
        found |= dict(_beyond(name, name, part.dump_python(getattr(line, name), mode="json")))
    return found


def _named(line: Line, around: Around) -> Iterator[tuple[str, str]]:
    known = {one.id for one in around.lines}
    overflow = line.queueing.overflow
    if overflow is not None and overflow.to_line == line.id:
        yield "queueing.overflow.to_line", WRONG["itself"]
    elif overflow is not None and overflow.to_line not in known:
        yield "queueing.overflow.to_line", WRONG["nothing"]
    if line.calendar_id is not None and line.calendar_id not in around.calendars:
        yield "calendar_id", WRONG["nothing"]
    for place, rule in enumerate(line.rules):
        if not rule.name.strip():
            yield f"rules.{place}.name", WRONG["empty"]
        if rule.to_line is not None and rule.to_line not in known:
            yield f"rules.{place}.to_line", WRONG["nothing"]
    yield from _said(line)


def _said(line: Line) -> Iterator[tuple[str, str]]:
    """What is wrong with the words that are said by themselves."""
    keys = set()
    for place, stage in enumerate(line.replies.stages):
        where = f"replies.stages.{place}"
        if not stage.key or stage.key in keys:
            yield f"{where}.key", WRONG["taken" if stage.key else "empty"]
        keys.add(stage.key)
        if stage.active and not any(text.strip() for text in stage.texts.values()):
            yield f"{where}.texts", WRONG["empty"]
        yield from _variables(f"{where}.texts", stage.texts)
        yield from _pressed(where, stage)
    yield from _asked(line.rating.questions)
    yield from _variables("rating.texts", line.rating.texts)
    yield from _variables("rating.thanks", line.rating.thanks)


def _pressed(where: str, stage: AutomaticReply) -> Iterator[tuple[str, str]]:
    """A channel that asks for a number by a button shows no other beside it."""
    if stage.options and stage.ask_phone:
        yield f"{where}.ask_phone", WRONG["beside"]
    for language, labels in stage.options.items():
        if len(labels) > MAX_BUTTONS:
            yield f"{where}.options.{language}", WRONG["many"].format(most=MAX_BUTTONS)
        for place, label in enumerate(labels):
            yield from _label(f"{where}.options.{language}.{place}", label)
    for language, label in stage.ask_phone.items():
        yield from _label(f"{where}.ask_phone.{language}", label)


def _label(where: str, label: str) -> Iterator[tuple[str, str]]:
    if not label.strip():
        yield where, WRONG["empty"]
    elif len(label) > MAX_LABEL_CHARS:
        yield where, WRONG["long"].format(most=MAX_LABEL_CHARS)


def _asked(questions: Sequence[SurveyQuestion]) -> Iterator[tuple[str, str]]:
    keys = set()
    for place, one in enumerate(questions):
        if not one.key or one.key in keys:
            yield f"rating.questions.{place}.key", WRONG["taken" if one.key else "empty"]
        keys.add(one.key)
        if not any(text.strip() for text in one.texts.values()):
            yield f"rating.questions.{place}.texts", WRONG["empty"]


def _variables(where: str, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for language, text in texts.items():
        if unknown_variables([text]):
            yield f"{where}.{language}", WRONG["variable"]


def _beyond(where: str, name: str, value: Any, *, text: bool = False) -> Iterator[tuple[str, str]]:
    """What is larger or smaller than anybody means; units stand in the names."""
    match value:
        case Mapping():
            yield from _many(where, name, value)
            for key, inner in value.items():
                # Of {"gold": 60} in `by_tier_s` the outer name has the unit.
                unit = name if name.endswith("_s") or name == "weights" else key
                words = text or name in ("texts", "thanks")
                yield from _beyond(f"{where}.{key}", unit, inner, text=words)
        case list() | tuple():
            yield from _many(where, name, value)
            for place, inner in enumerate(value):
                yield from _beyond(f"{where}.{place}", name, inner)
        case str():
            most = MOST_TEXT_CHARS if text else MOST_CHARS
            if len(value) > most:
                yield where, WRONG["long"].format(most=most)
        case int() if not isinstance(value, bool):
            least, most = _range(name)
            if not least <= value <= most:
                kind = "little" if value < least else "much"
                yield where, WRONG[kind].format(least=least, most=most)
        case _:
            return


def _many(
    where: str, name: str, value: Mapping[str, Any] | Sequence[Any]
) -> Iterator[tuple[str, str]]:
    most = MOST.get(name, MOST_ENTRIES)
    if len(value) > most:
        yield where, WRONG["many"].format(most=most)


def _range(name: str) -> tuple[int, int]:
    if name.endswith("_s"):
        return 0, MONTH_S
    if name.endswith("_percent"):
        return 1, 100
    if name.startswith("max_"):
        return 1, 100_000
    if name == "weights" or name.endswith("_weight"):
        return 0, 100_000
    return (0, 1_000) if name == "most_per_day" else (-(2**53), 2**53)
