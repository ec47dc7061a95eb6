"""A shop before the eyes of five people, for tests of what their screens show."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from router.model import Inbox, Line
from router.queueing import Queueing
from router.staff import Role
from tests.console.office import Office, Seat, Tab
from tests.console.reducer import Screen

# Fewer than would bring the beat at which a screen finds out by itself that it lost something.
MOMENTS = 20


@dataclass
class Stage:
    """A shop with four conversations, and five people of whom each sees something else."""

    office: Office
    line: Line
    other: Line
    inbox: Inbox
    anna: Seat
    boris: Seat
    chief: Seat
    boss: Seat
    guest: Seat

    @property
    def seats(self) -> tuple[Seat, ...]:
        return (self.anna, self.boris, self.chief, self.boss, self.guest)

    async def id(self, who: str) -> str:
        return str((await self.office.desk.conversation(self.inbox, who)).id)

    async def acts(self, seat: Seat, who: str, act: str, body: Any = None) -> Any:
        path = f"/conversations/{await self.id(who)}/{act}"
        status = {"messages": 202, "notes": 201, "seen": 204}.get(act, 200)
        method = "PUT" if act == "seen" else "POST"
        return await seat.does(method, path, body, status=status)

    def id_of(self, seat: Seat) -> str:
        assert seat.operator is not None
        return str(seat.operator.id)


async def set_stage(office: Office) -> Stage:
    desk = office.desk
    offers = Queueing(auto_accept=False, offer_timeout_s=60)
    line, other = await desk.line(queueing=offers), await desk.line("other", queueing=offers)
    inbox = await desk.inbox(line)
    stage = Stage(
        office,
        line,
        other,
        inbox,
        anna=await office.works("Anna", line),
        boris=await office.works("Boris", other),
        chief=await office.works("Chief", line, role=Role.SUPERVISOR, max_conversations=50),
        boss=await office.works("Boss", role=Role.ADMINISTRATOR),
        guest=await office.works("Guest"),
    )
    for who in ("open", "waiting", "closed", "snoozed", "visited"):
        await desk.writes("Hello", inbox=inbox, who=who, name=who.title())
        desk.clock.move(1)
    for who in ("open", "snoozed"):
        await stage.acts(stage.anna, who, "take")
    await stage.acts(stage.chief, "closed", "take")
    await stage.acts(stage.chief, "closed", "close", {})
    await stage.acts(stage.chief, "visited", "take")
    await stage.acts(stage.chief, "visited", "transfer", {"operator_id": stage.id_of(stage.guest)})
    until = (desk.clock.now() + timedelta(hours=1)).isoformat()
    await stage.acts(stage.anna, "snoozed", "snooze", {"until": until})
    return stage


Story = Callable[[Stage], Awaitable[object]]


async def agree(stage: Stage, tell: Story) -> None:
    """A stale snapshot and the frames since then show what a fresh snapshot shows."""
    office = stage.office
    await office.moment()
    tabs = [await seat.opens() for seat in stage.seats]
    screens = [Screen() for _ in tabs]
    for screen, tab in zip(screens, tabs, strict=True):
        screen.apply(await tab.until("snapshot"))
    await office.moment()
    before = [screen.shown() for screen in screens]
    await tell(stage)
    await office.moment()
    await follow(stage, screens, tabs)
    fresh = await fresh_screens(stage)
    # A busy machine reads what changed later than a moment after it.
    for _ in range(MOMENTS):
        if [one.shown() for one in screens] == [one.shown() for one in fresh]:
            break
        await follow(stage, screens, tabs)
        fresh = await fresh_screens(stage)
    for seat, screen, new in zip(stage.seats, screens, fresh, strict=True):
        assert seat.operator is not None
        assert screen.shown() == new.shown(), seat.operator.name
    # And something was seen to happen.
    assert before != [screen.shown() for screen in screens]


async def follow(stage: Stage, screens: Sequence[Screen], tabs: Sequence[Tab]) -> None:
    """Show what came in the next moment."""
    await stage.office.moment()
    heard = await asyncio.gather(*(tab.drained() for tab in tabs))
    for screen, frames in zip(screens, heard, strict=True):
        for frame in frames:
            screen.apply(frame)


async def fresh_screens(stage: Stage) -> Sequence[Screen]:
    """What each sees who comes now."""
    screens = []
    for seat in stage.seats:
        tab, screen = await seat.opens(), Screen()
        screen.apply(await tab.until("snapshot"))
        await tab.ws.close()
        screens.append(screen)
    return screens
