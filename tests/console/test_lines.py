"""Every setting of a line is shown, changed, and refused where it makes no sense."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from router.calendars import Calendar, Interval
from router.ids import CalendarId, DepartmentId, LineId, new_id
from router.staff import Department, Role
from tests.clock import NOON
from tests.console.office import Office, Seat
from tests.console.test_settings import boss

# The same in every process that collects these tests.
NOBODY = "01890000-0000-7000-8000-000000000001"
STAGE = {
    "key": "hello",
    "when": "opened",
    "texts": {"en": "Hello, {name}!", "ru": "Здравствуйте, {name}!"},
    "after_s": 5,
    "hours": "open",
    "channels": ["webchat"],
    "once_ever": True,
    "options": {"en": ["Delivery", "Returns"]},
    "ask_phone": {},
    "active": True,
}
RULE = {
    "name": "Gold",
    "channels": [],
    "tiers": ["gold"],
    "languages": [],
    "words": [],
    "sources": [],
    "crm": [{"field": "amount", "op": ">", "value": 1000}],
    "hours": "any",
    "to_line": None,
    "head_start_s": 600,
    "language": "en",
    "skills": ["german"],
    "active": True,
}
TARGETS = {"first_reply_s": 60, "next_reply_s": None, "resolution_s": 3600}


async def detail(seat: Seat, line_id: object) -> Any:
    return await seat.gets(f"/lines/{line_id}")


def put(settings: Any, path: str, value: object) -> Any:
    """The settings with another value at a dotted path; the part at its beginning is given."""
    part, *names = path.split(".")
    place = {part: settings[part]}
    inner: Any = place
    for name in [part, *names][:-1]:
        inner = inner[int(name) if isinstance(inner, list) else name]
    last = [part, *names][-1]
    inner[int(last) if isinstance(inner, list) else last] = value
    return place


async def test_every_part_of_a_line_is_changed_as_it_is_shown(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    administrator = await boss(office)
    before = await detail(administrator, line.id)
    change = {
        "queueing": before["queueing"]
        | {
            "strategy": "broadcast",
            "min_gap_s": 20,
            "when_closed": "distribute",
            "owner_absent_s": 900,
            "overflow": {"to_line": str(other.id), "after_s": 300, "at_once_when_closed": True},
            "capacity": before["queueing"]["capacity"] | {"weights": {"email": 25}, "max_open": 40},
            "priority": {"line_s": 0, "by_tier_s": {"gold": 600}, "by_channel_s": {}},
        },
        "replies": {"stages": [STAGE], "most_per_day": 4},
        "sla": {"targets": TARGETS, "by_tier": {"gold": TARGETS}, "warn_percent": 70},
        "lifetimes": {"customer_silent_s": 86_400, "operator_silent_s": None},
        "rating": before["rating"] | {"ask": True, "scale": "five", "texts": {"en": "How was it?"}},
        "rules": [RULE],
        "stale_after_s": 1200,
        "offer_timeout_s": 30,
    }
    changed = await administrator.does("PATCH", f"/lines/{line.id}", change)
    assert {name: changed[name] for name in change} == change
    assert changed["strategy"] == "broadcast"
    assert await detail(administrator, line.id) == changed
    async with office.desk.storage.reading() as tx:
        stored = await tx.lines.get(line.id)
    assert stored is not None
    assert stored.queueing.offer_timeout_s == 30
    assert stored.patience_s == 0
    # Another part leaves the rest as it is, those beside it in the same noun, too.
    again = await administrator.does("PATCH", f"/lines/{line.id}", {"auto_accept": False})
    assert again == changed | {"auto_accept": False}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("queueing.min_gap_s", -1, "is less than 0"),
        ("queueing.owner_absent_s", 2_592_001, "is more than 2592000"),
        ("queueing.priority.by_tier_s", {"gold": -5}, "is less than 0"),
        ("queueing.capacity.max_open", 0, "is less than 1"),
        ("queueing.capacity.weights", {"email": -1}, "is less than 0"),
        ("queueing.sticky.rungs", ["neighbour"], "is none of the choices"),
        ("queueing.strategy", "dice", "is none of the choices"),
        ("sla.warn_percent", 0, "is less than 1"),
        ("replies.most_per_day", 1001, "is more than 1000"),
        ("replies.stages", [STAGE] * 2, "is taken"),
        ("replies.stages", [STAGE | {"key": str(n)} for n in range(51)], "has more than 50"),
        ("replies.stages", [STAGE | {"texts": {"en": " "}}], "is empty"),
        ("replies.stages", [STAGE | {"texts": {"en": "{nmae}"}}], "names a variable"),
        ("replies.stages", [STAGE | {"texts": {"en": "x" * 4001}}], "is longer than 4000"),
        ("rating.thanks", {"ru": "{spasibo}"}, "names a variable"),
        ("rules", [RULE] * 101, "has more than 100 entries"),
        ("rules", [RULE | {"name": " "}], "is empty"),
        ("rules", [RULE | {"to_line": NOBODY}], "does not exist"),
        ("calendar_id", NOBODY, "does not exist"),
    ],
)
async def test_settings_that_make_no_sense_are_refused_at_their_place(
    office: Office, path: str, value: object, said: str
) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    before = await detail(administrator, line.id)
    answer = await administrator.ask("PATCH", f"/lines/{line.id}", put(before, path, value))
    problem = await answer.json()
    assert answer.status == 400
    where, sentence = next(iter(problem["fields"].items()))
    assert where.startswith(path)
    assert sentence.startswith(said)


async def test_a_line_may_overflow_in_a_ring_and_says_so_but_not_into_itself(
    office: Office,
) -> None:
    one, two = await office.desk.line("one"), await office.desk.line("two")
    administrator = await boss(office)

    async def overflow(line: LineId, to: LineId) -> Any:
        queueing = (await detail(administrator, line))["queueing"]
        into = {"to_line": str(to), "after_s": 60, "at_once_when_closed": False}
        change = {"queueing": queueing | {"overflow": into}}
        return await administrator.ask("PATCH", f"/lines/{line}", change)

    itself = await overflow(one.id, one.id)
    assert itself.status == 400
    assert (await itself.json())["fields"] == {"queueing.overflow.to_line": "is this line itself"}
    assert not (await (await overflow(one.id, two.id)).json())["overflow_ring"]
    assert (await (await overflow(two.id, one.id)).json())["overflow_ring"]


async def test_what_was_wrong_before_does_not_keep_the_rest_from_being_changed(
    office: Office,
) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    async with office.desk.storage.transaction() as tx:
        late = replace(line, queueing=replace(line.queueing, min_gap_s=9_999_999))
        await tx.lines.save(late)
    assert (await detail(administrator, line.id))["queueing"]["min_gap_s"] == 9_999_999
    await administrator.does("PATCH", f"/lines/{line.id}", {"name": "New"})


async def test_a_queue_holds_operators_and_departments(office: Office) -> None:
    line = await office.desk.line()
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    anna, boris = await office.works("Anna"), await office.works("Boris")
    assert chief.operator
    assert anna.operator
    assert boris.operator
    sales = Department(DepartmentId(new_id()), "Sales", (boris.operator.id, anna.operator.id))
    async with office.desk.storage.transaction() as tx:
        await tx.departments.insert(sales)
    queue = [
        {"operator_id": str(anna.operator.id), "department_id": None},
        {"operator_id": None, "department_id": str(sales.id)},
        {"operator_id": str(chief.operator.id), "department_id": None},
    ]
    changed = await chief.does("PATCH", f"/lines/{line.id}", {"queue": queue})
    assert changed["queue"] == queue
    everybody = [anna.operator.id, boris.operator.id, chief.operator.id]
    assert changed["operator_ids"] == [str(one) for one in everybody]
    nobody = {"operator_id": None, "department_id": None}
    nowhere = {"operator_id": None, "department_id": str(uuid4())}
    for wrong in (nobody, nowhere):
        assert await chief.refused("PATCH", f"/lines/{line.id}", {"queue": [wrong]}, status=400)
    assert (await chief.does("PATCH", f"/lines/{line.id}", {"queue": None}))["queue"] == queue


async def test_only_who_may_change_a_line_sees_all_of_it(office: Office) -> None:
    line, other = await office.desk.line(), await office.desk.line("other")
    anna = await office.works("Anna", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    assert (await detail(chief, line.id))["rules"] == []
    assert await chief.refused("GET", f"/lines/{other.id}", status=404)
    assert await anna.refused("GET", f"/lines/{line.id}", status=403)
    replies = {"replies": {"stages": [], "most_per_day": 1}}
    assert await chief.refused("PATCH", f"/lines/{line.id}", replies, status=403)


async def test_changed_settings_let_time_look_at_open_conversations_again(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    inbox = await office.desk.inbox(line)
    await office.desk.writes("Hi", inbox=inbox)
    assert (await office.desk.conversation(inbox)).timer_at is None
    await administrator.does("PATCH", f"/lines/{line.id}", {"name": "Other"})
    assert (await office.desk.conversation(inbox)).timer_at is None
    change = {"lifetimes": {"customer_silent_s": 60, "operator_silent_s": None}}
    await administrator.does("PATCH", f"/lines/{line.id}", change)
    assert (await office.desk.conversation(inbox)).timer_at == office.desk.clock.now()


async def test_a_line_says_whether_it_is_open_and_until_when(office: Office) -> None:
    line, administrator = await office.desk.line(), await boss(office)
    assert (await detail(administrator, line.id))["opening"] == {"open": True, "until": None}
    day = (Interval(10 * 60, 14 * 60),)
    week = (day, day, day, day, day, day, day)
    calendar = Calendar(CalendarId(new_id()), "Office", "UTC", week)
    async with office.desk.storage.transaction() as tx:
        await tx.calendars.insert(calendar)
    change = {"calendar_id": str(calendar.id)}
    changed = await administrator.does("PATCH", f"/lines/{line.id}", change)
    assert changed["opening"] == {"open": True, "until": f"{NOON:%Y-%m-%d}T14:00:00Z"}
    cleared = await administrator.does("PATCH", f"/lines/{line.id}", {"calendar_id": None})
    assert (cleared["calendar_id"], cleared["opening"]) == (None, {"open": True, "until": None})
