"""How it was: asked once it is closed, and answered by a digit: `queues.timers`, `router.planning`."""

from dataclasses import replace

import pytest

from queues.replies import UNDO
from queues.telling import scores
from router import handling
from router.buttons import MAX_VALUE_BYTES, rating_in, rating_value
from router.channel import Action, Capabilities, CustomerAction, IncomingMessage, Sender
from router.ids import ConversationId, new_id
from router.model import Conversation, Inbox, Line, State
from router.queueing import RatingRequest, Scale, SurveyQuestion
from router.ratings import Rating, score_in
from tests.desk import Desk
from tests.queues.timing import BYE, CAN, answers, closes, passes, setting, spoken, takes

FIVE = RatingRequest(
    ask=True, scale=Scale.FIVE, texts={"en": "How was {operator}?"}, thanks={"en": "Thank you"}
)


async def asked(
    desk: Desk, rating: RatingRequest = FIVE, *, can: Capabilities = CAN
) -> tuple[Line, Inbox, Conversation]:
    """A conversation that was answered and closed, and its customer asked."""
    line, inbox = await setting(desk, can=can, rating=rating)
    anna = await desk.operator("Anna", line)
    await desk.writes(inbox=inbox)
    await takes(desk, inbox, anna)
    await answers(desk, inbox, anna)
    await closes(desk, inbox, anna)
    await passes(desk, UNDO.total_seconds())
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
    async with either_desk.storage.reading() as tx:
        marks = await tx.record.marks([one.id], after_seq=0, up_to_seq=99)
        said = [
            m
            for m in await tx.messages.of_thread(one.thread_id, limit=99)
            if m.text.strip() == "4!"
        ]
    told = [(mark.after_seq, mark.reason) for mark in marks if mark.event == "ConversationRated"]
    assert told == [(said[0].seq, "five_4")]
    await passes(either_desk, 600)
    assert len(await spoken(either_desk, inbox)) == 2


async def test_closing_that_is_taken_back_says_and_asks_nothing(either_desk: Desk) -> None:
    line, inbox = await setting(either_desk, BYE, rating=FIVE)
    anna = await either_desk.operator("Anna", line)
    await either_desk.writes(inbox=inbox)
    await takes(either_desk, inbox, anna)
    await answers(either_desk, inbox, anna)
    one = await closes(either_desk, inbox, anna)
    await passes(either_desk, UNDO.total_seconds() - 1)
    async with either_desk.storage.transaction() as tx:
        await handling.reopen(tx, one.id, anna.id, now=either_desk.clock.now())
    await passes(either_desk, 600)
    assert await spoken(either_desk, inbox) == []
    await closes(either_desk, inbox, anna)
    await passes(either_desk, UNDO.total_seconds())
    goodbye, question = await spoken(either_desk, inbox)
    assert (goodbye, question.splitlines()[0]) == ("Goodbye", "How was Anna?")


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


# --- by a button -------------------------------------------------------------------------


def pressed(inbox: Inbox, one: Conversation, score: int, *, id_: str = "press") -> CustomerAction:
    sender = Sender("visitor-1", scope=str(inbox.id))
    value = rating_value(one.id, score)
    return CustomerAction(sender, "visitor-1", Action.PRESSED, id_, value=value, text=str(score))


async def test_a_press_rates_and_reopens_nothing(either_desk: Desk) -> None:
    _, inbox, one = await asked(either_desk)
    press = pressed(inbox, one, 4)
    stored = [(await either_desk.inbound.receive(inbox, [press]))[0].new for _ in range(2)]
    assert stored == [True, False]
    assert (await rating_of(either_desk, one)).score == 4
    assert (await either_desk.conversation(inbox)).state is State.CLOSED
    await either_desk.works()
    assert (await spoken(either_desk, inbox))[1:] == ["Thank you"]


async def test_a_second_press_does_not_rate_again_and_says_nothing(either_desk: Desk) -> None:
    _, inbox, one = await asked(either_desk)
    presses = [pressed(inbox, one, 4), pressed(inbox, one, 1, id_="another")]
    for press in presses:
        await either_desk.inbound.receive(inbox, [press])
    assert (await rating_of(either_desk, one)).score == 4
    assert (await either_desk.conversation(inbox)).state is State.CLOSED


async def test_a_press_rates_the_conversation_that_it_stood_under(desk: Desk) -> None:
    _, inbox, one = await asked(desk)
    other = replace(one, id=ConversationId(new_id()))
    await desk.inbound.receive(inbox, [pressed(inbox, other, 5)])
    assert (await rating_of(desk, one)).score is None
    desk.clock.move(FIVE.window_s + 1)
    await desk.inbound.receive(inbox, [pressed(inbox, one, 5, id_="late")])
    assert (await rating_of(desk, one)).score is None
    assert (await desk.conversation(inbox)).state is State.CLOSED


@pytest.mark.parametrize("scale", list(Scale))
def test_what_stands_on_a_score_is_that_score(scale: Scale) -> None:
    for button in scores(ConversationId(new_id()), scale):
        brought_back = rating_in(button.value)
        assert brought_back is not None
        assert score_in(button.label, scale) == brought_back[1]
        assert len(button.value) <= MAX_VALUE_BYTES


@pytest.mark.parametrize("room", [5, 6])
async def test_survey_is_a_button_where_there_is_room_for_it(desk: Desk, room: int) -> None:
    more = replace(FIVE, questions=(SurveyQuestion("again"),))
    _, inbox, _ = await asked(desk, more, can=replace(CAN, max_buttons=room))
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        said = (await tx.messages.of_thread(thread.id))[-1]
    links = [one for one in said.buttons if one.url]
    assert len(links) == room - 5
    written = "A few more questions: https://chat.example/rate/" in said.text
    assert written is not bool(links)


async def test_who_can_press_is_asked_with_buttons(desk: Desk) -> None:
    _, inbox, one = await asked(desk, can=replace(CAN, max_buttons=5))
    thread = await desk.thread(inbox)
    async with desk.storage.reading() as tx:
        said = (await tx.messages.of_thread(thread.id))[-1]
    assert said.text == "How was Anna?"
    assert said.buttons == scores(one.id, Scale.FIVE)
