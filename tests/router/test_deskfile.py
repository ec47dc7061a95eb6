"""The desk as a file: `router.deskfile` and `router.deskreading`."""

import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.calendars import Calendar, DateException, HolidaySet, Interval
from router.cards import CardField, FieldKind
from router.deskfile import DeskState, difference, document, written
from router.deskreading import desk_of
from router.errors import Invalid
from router.ids import CalendarId, DepartmentId, LineId, OperatorId
from router.model import Line
from router.queueing import (
    AutomaticReply,
    Overflow,
    Queueing,
    Replies,
    ReplyWhen,
    Rule,
    Rung,
    Shift,
)
from router.staff import Department, Operator, QueueEntry, Role
from tests.router.storage.values import drawn

ROOT = Path(__file__).parents[2]
ANNA, BORIS = (OperatorId(UUID(int=n)) for n in (1, 2))
SALES = DepartmentId(UUID(int=3))
OFFICE = CalendarId(UUID(int=4))
SHOP, NIGHT = (LineId(UUID(int=n)) for n in (5, 6))
DAY = (Interval(9 * 60, 13 * 60), Interval(14 * 60, 18 * 60))
DESK = DeskState(
    fields=(
        CardField("turnover", FieldKind.NUMBER, {"en": "Turnover", "ru": "Оборот"}),
        CardField("segment", FieldKind.CHOICE, {}, ("retail", "wholesale")),
    ),
    calendars=(
        Calendar(
            OFFICE,
            "office",
            "Europe/Moscow",
            (DAY, DAY, DAY, DAY, DAY, (), (Interval(22 * 60, 30 * 60),)),
            (DateException(date(2026, 12, 31), (Interval(540, 900),), "short"),),
            HolidaySet("RU"),
        ),
    ),
    departments=(Department(SALES, "Sales", (ANNA,)),),
    operators=(
        Operator(ANNA, "anna@example.com", "Anna", calendar_id=OFFICE, shift=Shift.CALENDAR),
        Operator(BORIS, "boris@example.com", "Boris", role=Role.SUPERVISOR, deputy_id=ANNA),
    ),
    lines=(
        Line(
            SHOP,
            "shop",
            "Shop",
            calendar_id=OFFICE,
            queueing=Queueing(overflow=Overflow(NIGHT, after_s=60)),
            replies=Replies(
                (AutomaticReply("hello", ReplyWhen.OPENED, {"ru": "Привет!\nЖдите."}),)
            ),
            rules=(Rule("big", words=("опт*",), to_line=NIGHT),),
        ),
        Line(NIGHT, "night", "Night"),
    ),
    queues={SHOP: (QueueEntry(department_id=SALES), QueueEntry(operator_id=BORIS))},
)


def read(text: str, before: DeskState = DESK) -> DeskState:
    return desk_of(tomllib.loads(text), before)


def problems(text: str, before: DeskState = DESK) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        read(text, before)
    return dict(refused.value.fields)


# --- there and back -------------------------------------------------------------


def test_desk_reads_as_people_name_things() -> None:
    there = document(DESK)
    assert there["calendars"]["office"]["week"]["monday"] == ["09:00-13:00", "14:00-18:00"]
    assert there["calendars"]["office"]["week"]["sunday"] == ["22:00-06:00"]
    assert there["operators"]["boris@example.com"]["deputy"] == "anna@example.com"
    assert there["lines"]["shop"]["queue"] == ["department Sales", "boris@example.com"]
    assert there["lines"]["shop"]["queueing"] == {
        "overflow": {"to_line": "night", "after_s": 60, "at_once_when_closed": False}
    }
    assert there["lines"]["shop"]["rules"][0]["to_line"] == "night"
    assert there["lines"]["night"] == {"name": "Night", "queue": []}


def test_written_desk_is_the_same_desk() -> None:
    assert read(written(DESK)) == replace(DESK, queues={**DESK.queues, NIGHT: ()})
    assert difference(DESK, read(written(DESK))) == ""


def test_written_desk_makes_another_like_it() -> None:
    made = read(written(DESK), DeskState())
    assert written(made) == written(DESK)
    assert made.lines[0].id != SHOP


@given(drawn(Line), drawn(Line))
def test_every_setting_comes_back(one: Line, other: Line) -> None:
    shop = _naming(replace(one, id=SHOP, key="shop", calendar_id=None), NIGHT)
    night = _naming(replace(other, id=NIGHT, key="night", calendar_id=None), SHOP)
    desk = DeskState(lines=(shop, night), queues={SHOP: (), NIGHT: ()})
    before = DeskState(lines=(Line(SHOP, "shop", "x"), Line(NIGHT, "night", "x")))
    assert read(written(desk), before) == desk


def _naming(line: Line, other: LineId) -> Line:
    """A drawn line names no line that there is."""
    overflow = line.queueing.overflow
    queueing = replace(line.queueing, overflow=overflow and replace(overflow, to_line=other))
    rules = tuple(replace(rule, to_line=rule.to_line and other) for rule in line.rules)
    return replace(line, name=line.name.strip() or line.key, queueing=queueing, rules=rules)


# --- what a file changes ------------------------------------------------------------


def test_what_the_file_does_not_name_stays() -> None:
    after = read('[lines.night]\nname = "Late"\nqueue = ["anna@example.com"]')
    assert after.lines[0] == DESK.lines[0]
    assert after.operators == DESK.operators
    assert after.lines[1].name == "Late"
    assert after.queues[NIGHT] == (QueueEntry(operator_id=ANNA),)
    assert after.queues[SHOP] == DESK.queues[SHOP]


def test_what_a_named_thing_leaves_out_has_its_default() -> None:
    after = read('[lines.shop]\nname = "Shop"')
    assert after.lines[0] == Line(SHOP, "shop", "Shop")
    assert after.queues[SHOP] == ()


def test_difference_shows_what_will_change() -> None:
    shown = difference(DESK, read('[lines.night]\nname = "Late"'))
    assert '-name = "Night"' in shown
    assert '+name = "Late"' in shown
    assert "Shop" not in shown.replace('name = "Shop"', "")


def test_new_things_may_name_each_other() -> None:
    after = read(
        """
        [calendars.nights]
        timezone = "Asia/Tashkent"
        week = { saturday = ["20:00-24:00"] }
        [departments.Fresh]
        members = ["new@example.com"]
        [operators."new@example.com"]
        name = "New"
        calendar = "nights"
        deputy = "boris@example.com"
        [lines.second]
        calendar = "nights"
        queue = ["department Fresh"]
        queueing = { strategy = "least_busy", overflow = { to_line = "third", after_s = 5 } }
        [lines.third]
        queue = []
        """
    )
    second, third = after.lines[2:]
    assert second.queueing.overflow == Overflow(third.id, after_s=5)
    assert second.calendar_id == after.calendars[1].id == after.operators[2].calendar_id
    assert after.operators[2].deputy_id == BORIS
    assert after.departments[1].members == (after.operators[2].id,)
    assert after.queues[second.id] == (QueueEntry(department_id=after.departments[1].id),)


# --- what is wrong with it --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[line.shop]", "line", "is not known"),
        ("lines = 5", "lines", "is not right"),
        ("[lines.shop]\nnmae = 'x'", "lines.shop.nmae", "is not known"),
        ("[lines.shop.queueing]\nstrtegy = 'x'", "lines.shop.queueing.strtegy", "is not known"),
        (
            "[lines.shop.queueing]\nstrategy = 'x'",
            "lines.shop.queueing.strategy",
            "is none of the choices",
        ),
        ("[lines.shop]\nqueue = ['who']", "lines.shop.queue", "does not exist"),
        ("[lines.shop]\nqueue = 'who'", "lines.shop.queue", "is no list"),
        ("[lines.shop]\ncalendar = 'x'", "lines.shop.calendar", "does not exist"),
        (
            "[lines.shop.queueing.overflow]\nto_line = 'x'\nafter_s = 1",
            "lines.shop.to_line",
            "does not exist",
        ),
        ("[operators.x]\nname = ' '", "operators.x.name", "is missing"),
        ("[operators.x]\nname = 'x'\ndeputy = 'y'", "operators.x.deputy", "does not exist"),
        ("[departments.x]\nmembers = ['y']", "departments.x.members", "does not exist"),
        (
            "[calendars.x]\ntimezone = 'Mars'\nweek = {}",
            "calendars.x.timezone",
            "is no time zone",
        ),
        (
            "[calendars.x]\ntimezone = 'UTC'\nweek = { monday = ['9 to 5'] }",
            "calendars.x.week.monday",
            "is not like 09:00-18:00",
        ),
        (
            "[calendars.x]\ntimezone = 'UTC'\nexceptions = [{ on = 'soon' }]",
            "calendars.x.exceptions.0.on",
            "is no date",
        ),
    ],
)
def test_mistake_is_named_with_its_place(text: str, where: str, what: str) -> None:
    found = problems(text)
    assert set(found) == {where}
    assert found[where].startswith(what)


def test_all_mistakes_are_named_at_once_with_what_there_is() -> None:
    text = """
    [calendars.x]
    timezone = "Nowhere/Here"
    [operators."vera@example.com"]
    calendar = "x"
    name = "Vera"
    role = "king"
    [lines.shop]
    nmae = "Shop"
    langage = "en"
    queue = ["ana@example.com"]
    [lines.other.queueing]
    strategy = "random"
    """
    assert problems(text) == {
        "calendars.x.timezone": "is no time zone",
        "operators.vera@example.com.role": (
            "is none of the choices: 'operator', 'supervisor' or 'administrator'"
        ),
        "lines.shop.nmae": "is not known; did you mean name?",
        "lines.shop.langage": "is not known; did you mean language?",
        "lines.shop.queue": "does not exist; did you mean anna@example.com?",
        "lines.other.queueing.strategy": (
            "is none of the choices: 'round_robin', 'sequential', 'least_busy', 'longest_idle'"
            " or 'broadcast'"
        ),
    }


def test_reply_without_choices_is_written_without_their_tables() -> None:
    stage = AutomaticReply("hello", ReplyWhen.OPENED, {"en": "Hello"})
    shop = replace(DESK.lines[0], replies=Replies((stage,)))
    text = written(replace(DESK, lines=(shop, *DESK.lines[1:])))
    assert 'en = "Hello"' in text
    assert not {"options", "ask_phone"} & set(text.replace(".", " ").replace("]", " ").split())


tables: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(
                ["lines", "shop", "queue", "queueing", "rules", "calendars", "week", "monday",
                 "operators", "name", "departments", "members", "overflow", "to_line"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["lines", "calendars", "operators", "other"]), tables))
def test_any_file_is_read_or_refused(given_: dict[str, Any]) -> None:
    with suppress(Invalid):
        desk_of(given_, DESK)


def test_example_is_a_desk_and_shows_what_there_is() -> None:
    text = (ROOT / "config" / "desk.example.toml").read_text()
    made = read(text, DeskState())
    assert [one.key for one in made.lines] == ["shop", "second"]
    assert read(written(made), made) == made
    shown = set(tomllib.loads(text)["lines"]["shop"]["queueing"]["sticky"]["rungs"])
    assert shown == {rung.value for rung in Rung}
