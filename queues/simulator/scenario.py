"""A world described by rates and shifts, in a TOML file: how many come, who is there. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from queues.simulator.settings import changed
from queues.simulator.world import Habits, OpenLine, Person, Spread, line_id, spans
from router.calendars import ALWAYS, DAY_MINUTES, Calendar, from_json, is_zone
from router.errors import Invalid
from router.ids import LineId
from router.queueing import WHOLE, Queueing
from router.wrong import wrong

USUAL = Path(__file__).with_name("usual.toml")
DAY_S = 86_400
MAX_DAYS = 366
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")

STRICT = ConfigDict(extra="forbid")
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, slots=True)
class Rates:
    """Who comes to a line. `channels`, `languages`, `tiers` are shares of each other, `skills` the
    chance that each is asked for; `returning` have an operator who knows them. A conversation has
    `turns` replies on average. Without `patience` nobody gives up waiting.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    per_day: Annotated[float, Field(gt=0)]
    by_hour: Annotated[tuple[Weight, ...], Field(min_length=24, max_length=24)] = (1.0,) * 24
    channels: Mapping[str, Weight] = field(default_factory=lambda: {"webchat": 1.0})
    languages: Mapping[str, Weight] = field(default_factory=dict)
    tiers: Mapping[str, Weight] = field(default_factory=dict)
    skills: Mapping[str, Share] = field(default_factory=dict)
    returning: Share = 0.0
    turns: Annotated[float, Field(ge=1)] = 4
    work: Spread = field(default_factory=lambda: Spread(40, 0.7))
    gap: Spread = field(default_factory=lambda: Spread(60, 1.0))
    wrap: Spread = field(default_factory=lambda: Spread(60, 0.5))
    patience: Spread | None = None
    first_reply_s: Count | None = None
    hours: tuple[str, ...] = ()
    days_off: tuple[str, ...] = ()
    queueing: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """So many operators who are alike."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    count: Count
    lines: tuple[str, ...]
    max_conversations: Annotated[int, Field(ge=0)] = 5
    languages: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()
    shift: tuple[str, ...] = ()
    days_off: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    start: date
    lines: Annotated[Mapping[str, Rates], Field(min_length=1)]
    operators: Mapping[str, Group]
    days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 1
    timezone: str = "UTC"
    habits: Habits = field(default_factory=Habits)

    @property
    def midnight(self) -> datetime:
        """The one that it begins with."""
        return datetime.combine(self.start, time(), tzinfo=ZoneInfo(self.timezone))

    @property
    def length_s(self) -> int:
        return self.days * DAY_S


def scenario_of(given: Mapping[str, Any]) -> Scenario:
    """What a file describes.

    Raises:
        Invalid: `fields` says what is wrong where.
    """
    try:
        found = _shape().validate_python(given)
    except ValidationError as error:
        raise _refused(wrong(error)) from error
    if not is_zone(found.timezone):
        raise _refused({"timezone": "is no time zone"})
    for name, group in found.operators.items():
        if not set(group.lines) <= set(found.lines):
            raise _refused({f"operators.{name}.lines": "does not exist"})
    for key, rates in found.lines.items():
        if not sum(rates.by_hour) or not sum(rates.channels.values()):
            raise _refused({f"lines.{key}": "adds up to nothing"})
    return found


def lines_of(scenario: Scenario) -> tuple[OpenLine, ...]:
    ids = {key: line_id(number) for number, key in enumerate(scenario.lines)}
    return tuple(
        OpenLine(
            key,
            _queueing(key, rates, ids),
            calendar_of(
                rates.hours,
                rates.days_off,
                scenario.timezone,
                number=number,
                where=f"lines.{key}.hours",
            ),
            rates.first_reply_s,
        )
        for number, (key, rates) in enumerate(scenario.lines.items())
    )


def people_of(scenario: Scenario) -> tuple[Person, ...]:
    numbers = {key: number for number, key in enumerate(scenario.lines)}
    found: list[Person] = []
    for place, (name, group) in enumerate(scenario.operators.items()):
        shift = calendar_of(
            group.shift,
            group.days_off,
            scenario.timezone,
            number=len(numbers) + place,
            where=f"operators.{name}.shift",
        )
        here = tuple(spans(shift, scenario.midnight, scenario.length_s))
        found += (
            Person(
                f"{name} {one + 1}",
                tuple(numbers[key] for key in group.lines),
                group.max_conversations * WHOLE,
                group.languages,
                group.skills,
                here,
            )
            for one in range(group.count)
        )
    return tuple(found)


def calendar_of(
    hours: tuple[str, ...], days_off: tuple[str, ...], timezone: str, *, number: int, where: str
) -> Calendar:
    """These hours on every day that is not off; always, if neither is named."""
    if not hours and not days_off:
        return ALWAYS
    if not set(days_off) <= set(WEEKDAYS):
        raise _refused({where: "is no day of the week"})
    intervals = [_interval(text, where) for text in hours or ("00:00-24:00",)]
    given = {
        "id": UUID(int=number + 1),
        "name": where,
        "timezone": timezone,
        "week": [[] if day in days_off else intervals for day in WEEKDAYS],
    }
    try:
        return from_json(given)
    except Invalid as error:
        raise _refused({f"{where}.{name}": what for name, what in error.fields.items()}) from error


def _interval(text: str, where: str) -> dict[str, int]:
    match = HOURS.fullmatch(text.replace(" ", ""))
    if match is None:
        raise _refused({where: "is not like 09:00-18:00"})
    from_hour, from_minute, to_hour, to_minute = map(int, match.groups())
    opens, closes = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    return {"opens": opens, "closes": closes + (DAY_MINUTES if closes <= opens else 0)}


def _queueing(key: str, rates: Rates, ids: Mapping[str, LineId]) -> Queueing:
    try:
        return changed(rates.queueing, Queueing(), lines=ids)
    except Invalid as error:
        found = {f"lines.{key}.queueing.{name}": what for name, what in error.fields.items()}
        raise _refused(found) from error


def _refused(fields: Mapping[str, str]) -> Invalid:
    return Invalid("the scenario is not right", fields=dict(fields))


@cache
def _shape() -> TypeAdapter[Scenario]:
    return TypeAdapter(Scenario)
