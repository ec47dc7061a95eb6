"""How a conversation was: what the customer said of it, and what a supervisor says."""

from typing import Any

from router.ids import ConversationId
from router.model import Inbox, Line
from router.queueing import Scale
from router.staff import Role
from tests.console.office import Office, Seat


async def closed(office: Office, seat: Seat, inbox: Inbox) -> ConversationId:
    """A conversation that `seat` had, and closed."""
    await office.desk.writes("Where is my order?", inbox=inbox)
    id_ = (await office.desk.conversation(inbox)).id
    await seat.does("POST", f"/conversations/{id_}/take")
    await seat.does("POST", f"/conversations/{id_}/close", {})
    return id_


async def shop(office: Office) -> tuple[Line, Inbox]:
    line = await office.desk.line()
    return line, await office.desk.inbox(line)


async def rating(seat: Seat, id_: ConversationId) -> Any:
    return (await seat.gets(f"/conversations/{id_}"))["rating"]


async def test_the_card_shows_what_the_customer_said(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    id_ = await closed(office, anna, inbox)
    assert await rating(anna, id_) is None
    now = office.desk.clock.now()
    async with office.desk.storage.transaction() as tx:
        await tx.ratings.ask(id_, scale=Scale.FIVE, token_hash=b"t", at=now)
    asked = await rating(anna, id_)
    assert (asked["scale"], asked["score"], asked["rated_at"]) == ("five", None, None)
    async with office.desk.storage.transaction() as tx:
        await tx.ratings.rate(id_, score=4, comment="quick", at=now)
    said = await rating(anna, id_)
    assert (said["score"], said["comment"]) == (4, "quick")


async def test_a_supervisor_scores_what_is_closed_and_may_think_again(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    id_ = await closed(office, anna, inbox)
    path = f"/conversations/{id_}/score"
    await chief.does("PUT", path, {"score": 2, "comment": "slow"})
    scored = await chief.does("PUT", path, {"score": 4, "comment": " better than I thought "})
    assert chief.operator is not None
    assert scored["supervisor_id"] == str(chief.operator.id)
    assert (scored["supervisor_score"], scored["supervisor_comment"]) == (
        4,
        "better than I thought",
    )
    assert await rating(anna, id_) == scored


async def test_only_supervisors_score_and_only_what_is_closed(office: Office) -> None:
    line, inbox = await shop(office)
    anna = await office.works("Anna", line)
    chief = await office.works("Chief", line, role=Role.SUPERVISOR)
    id_ = await closed(office, anna, inbox)
    path = f"/conversations/{id_}/score"
    assert await anna.refused("PUT", path, {"score": 5}, status=403) == "forbidden"
    assert await chief.refused("PUT", path, {"score": 6}, status=400) == "invalid"
    await chief.does("POST", f"/conversations/{id_}/reopen")
    assert await chief.refused("PUT", path, {"score": 5}, status=409) == "too_late"
