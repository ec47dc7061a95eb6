"""How it was: asked once it is closed, and answered by a digit: `queues.timers`, `router.planning`."""

import pytest

from router.channel import IncomingMessage, Sender
from router.model import Conversation, Inbox, Line, State
from router.queueing import RatingRequest, Scale
from router.ratings import Rating, score_in
from tests.desk import Desk
from tests.queues.timing import answers, closes, events_of, passes, setting, spoken, takes

FIVE = RatingRequest(
    ask=True, scale=Scale.FIVE, texts={"en": "How was {operator}?"}, thanks={"en": "Thank you"}
)


async def asked(desk: Desk, rating: RatingRequest = FIVE) -> tuple[Line, Inbox, Conversation]:
    """A conversation that was answered and closed, and its customer asked."""
    line, inbox = await setting(desk, rating=rating)
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    await takes(desk, inbox, anna)
    await answers(desk, inbox, anna)
    await closes(desk, inbox, anna)
    await desk.works()
    return line, inbox, await desk.conversation(inbox)


async def rating_of(desk: Desk, one: Conversation) -> Rating:
    async with desk.storage.reading() as tx:
        found = await tx.ratings.get(one.id)
    assert found is not None
    return found


async def test_customer_is_asked_once_and_thanked(either_desk: Desk) -> None:
    _, inbox, one = await asked(either_desk)
    (question,) = await spoken(either_desk, inbox)
    assert question.startswith("How was Anna?\nAnswer with a digit from 1 (bad) to 5 (very good)")
    assert "https://chat.example/rate/" in question
    await either_desk.writes(" 4! ", inbox=inbox)
    await either_desk.works()
    again = await either_desk.conversation(inbox)
    assert (again.id, again.state) == (one.id, State.CLOSED)
    rated = await rating_of(either_desk, one)
    assert (rated.score, rated.rated_at) == (4, either_desk.clock.now())
    assert (await spoken(either_desk, inbox))[1:] == ["Thank you"]
    assert (await events_of(either_desk, one)).count("ConversationRated") == 1
    await passes(either_desk, 600)
    assert len(await spoken(either_desk, inbox)) == 2


@pytest.mark.parametrize("text", ["5 pieces, please", "6", "Hello", "👍"])
async def test_who_says_something_else_is_heard(desk: Desk, text: str) -> None:
    _, inbox, one = await asked(desk)
    await desk.writes(text, inbox=inbox)
    assert (await desk.conversation(inbox)).state is State.WAITING
    assert (await rating_of(desk, one)).score is None


async def test_second_digit_is_no_rating_any_more(desk: Desk) -> None:
    _, inbox, one = await asked(desk)
    await desk.writes("1", inbox=inbox)
    await desk.writes("2", inbox=inbox)
    assert (await rating_of(desk, one)).score == 1
    assert (await desk.conversation(inbox)).state is State.WAITING


async def test_two_digits_that_come_at_once_are_one_rating(either_desk: Desk) -> None:
    _, inbox, one = await asked(either_desk)
    sender = Sender("visitor-1", scope=str(inbox.id))
    both = [IncomingMessage(f"d{n}", "visitor-1", sender, n) for n in "35"]
    await either_desk.inbound.receive(inbox, both)
    assert (await rating_of(either_desk, one)).score == 3
    assert (await either_desk.conversation(inbox)).state is State.WAITING


async def test_digit_that_comes_too_late_is_a_message(desk: Desk) -> None:
    _, inbox, one = await asked(desk)
    desk.clock.move(FIVE.window_s + 1)
    await desk.writes("5", inbox=inbox)
    assert (await rating_of(desk, one)).score is None
    assert (await desk.conversation(inbox)).state is State.WAITING


async def test_line_that_does_not_ask_takes_a_digit_as_a_message(desk: Desk) -> None:
    _, inbox, _ = await asked(desk, RatingRequest())
    assert await spoken(desk, inbox) == []
    await desk.writes("5", inbox=inbox)
    assert (await desk.conversation(inbox)).state is State.WAITING


@pytest.mark.parametrize(
    ("text", "scale", "score"),
    [
        ("5", Scale.FIVE, 5),
        (" 3. ", Scale.FIVE, 3),
        ("4/5", Scale.FIVE, 4),
        ("2️⃣", Scale.FIVE, 2),
        ("0", Scale.FIVE, None),
        ("55", Scale.FIVE, None),
        ("5 or 6?", Scale.FIVE, None),
        ("👍", Scale.LIKE, 1),
        ("👍🏽!", Scale.LIKE, 1),
        ("👎", Scale.LIKE, 0),
        ("👍 thanks", Scale.LIKE, None),
        ("", Scale.LIKE, None),
        ("5", None, None),
    ],
)
def test_a_score_is_all_that_a_message_says(
    text: str, scale: Scale | None, score: int | None
) -> None:
    assert score_in(text, scale) == score
