"""A desk that becomes as a file says: `console.deskstate`."""

import tomllib

import pytest

from console.deskstate import apply, gathered
from router import handling
from router.deskfile import DeskState, document
from router.deskreading import desk_of
from router.errors import Invalid, TooLate
from router.model import State
from router.staff import Role, Status
from router.storage import Transaction
from tests.desk import Desk

FILE = """
[calendars.office]
timezone = "Europe/Moscow"
week = { monday = ["09:00-18:00"] }

[departments.Sales]
members = ["new@example.com"]

[operators."new@example.com"]
name = "New"
languages = ["ru", "en"]
calendar = "office"
shift = "calendar"
deputy = "anna@example.com"

[lines.shop]
calendar = "office"
queue = ["department Sales", "anna@example.com"]
lifetimes = { customer_silent_s = 600 }

[lines.second]
queue = []
"""


async def applied(desk: Desk, text: str, *, before: DeskState | None = None) -> None:
    async with desk.storage.reading() as tx:
        now_there = await gathered(tx)
    start = before or now_there
    after = desk_of(tomllib.loads(text), start)
    new = {one.email for one in after.operators} - {one.email for one in start.operators}
    hashes = dict.fromkeys(new, "a hash")

    async def step(tx: Transaction) -> None:
        await apply(tx, start, after, password_hashes=hashes, now=desk.clock.now())

    await desk.storage.run(step)


async def state(desk: Desk) -> DeskState:
    async with desk.storage.reading() as tx:
        return await gathered(tx)


async def test_desk_is_as_the_file_says(either_desk: Desk) -> None:
    desk = either_desk
    line = await desk.line()
    await desk.operator("Anna", line, role=Role.ADMINISTRATOR)
    await applied(desk, FILE)
    there = document(await state(desk))
    asked = tomllib.loads(FILE)
    assert there["calendars"] == asked["calendars"]
    assert there["departments"] == asked["departments"]
    assert there["operators"]["new@example.com"] == asked["operators"]["new@example.com"]
    assert there["lines"]["shop"] == asked["lines"]["shop"] | {"name": "shop"}
    assert set(there["lines"]) == {"shop", "second"}
    async with desk.storage.reading() as tx:
        queue = await tx.lines.queue(line.id)
        new = await tx.operators.by_email("new@example.com")
        anna = await tx.operators.by_email("anna@example.com")
        assert new is not None
        assert anna is not None
        assert queue == [new.id, anna.id]
        assert (await tx.operators.password(new.id)) == ("a hash", True)
        presence = await tx.presence.get(new.id)
        assert presence is not None
        assert presence.status is Status.OFF


async def test_same_file_again_changes_nothing(desk: Desk) -> None:
    await desk.operator("Anna", await desk.line(), role=Role.ADMINISTRATOR)
    await applied(desk, FILE)
    before = await state(desk)
    await applied(desk, FILE)
    assert await state(desk) == before


async def test_desk_that_changed_meanwhile_is_left_alone(desk: Desk) -> None:
    line = await desk.line()
    await desk.operator("Anna", line, role=Role.ADMINISTRATOR)
    before = await state(desk)
    await desk.line("another")
    with pytest.raises(TooLate):
        await applied(desk, FILE, before=before)
    assert len((await state(desk)).operators) == 1


async def test_last_administrator_stays(desk: Desk) -> None:
    await desk.operator("Anna", await desk.line(), role=Role.ADMINISTRATOR)
    with pytest.raises(Invalid, match="administrator"):
        await applied(desk, '[operators."anna@example.com"]\nname = "Anna"')


async def test_operator_who_left_gives_back_what_they_had(desk: Desk) -> None:
    line = await desk.line()
    inbox = await desk.inbox(line)
    await desk.operator("Anna", line, role=Role.ADMINISTRATOR)
    boris = await desk.operator("Boris", line)
    await desk.writes("Hello", inbox=inbox)
    talk = await desk.conversation(inbox)

    async def gives(tx: Transaction) -> None:
        await handling.take(tx, talk.id, boris, now=desk.clock.now())

    await desk.storage.run(gives)
    await applied(desk, '[operators."boris@example.com"]\nname = "Boris"\nactive = false')
    after = await desk.conversation(inbox)
    assert (after.state, after.previous_owner_id) == (State.WAITING, boris.id)


async def test_conversations_of_a_changed_line_are_timed_anew(desk: Desk) -> None:
    line = await desk.line()
    inbox = await desk.inbox(line)
    await desk.operator("Anna", line, role=Role.ADMINISTRATOR)
    await desk.writes("Hello", inbox=inbox)
    assert (await desk.conversation(inbox)).timer_at is None
    await desk.clock.advance(5)
    await applied(desk, FILE)
    assert (await desk.conversation(inbox)).timer_at == desk.clock.now()
