"""The page behind the link of a question: `console.page_of_ratings`."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from console.page_of_ratings import RatingPage
from console.paper import text_on
from router import lapsing
from router.channel import Capabilities
from router.model import Conversation
from router.queueing import AnswerKind, RatingRequest, Scale, SurveyQuestion
from router.ratings import Rating
from tests.desk import Desk

TOKEN = "t" * 32
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def asked(desk: Desk) -> Conversation:
    line = await desk.line(rating=RatingRequest(ask=True, window_s=3600))
    inbox = await desk.inbox(line)
    await desk.writes(inbox=inbox)
    one = await desk.conversation(inbox)
    async with desk.storage.transaction() as tx:
        await lapsing.ask_rating(
            tx,
            one,
            "How was it?",
            scale=Scale.FIVE,
            token=TOKEN,
            capabilities=Capabilities(max_text_chars=1000),
            now=desk.clock.now(),
        )
    return one


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(RatingPage(desk.storage, desk.clock).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def rating_of(desk: Desk, one: Conversation) -> Rating:
    async with desk.storage.reading() as tx:
        found = await tx.ratings.get(one.id)
    assert found is not None
    return found


@pytest.mark.parametrize(("language", "words"), [("en-GB", "How did we do?"), ("ru", "справились")])
async def test_customer_is_asked_in_their_language(
    client: Client, asked: Conversation, language: str, words: str
) -> None:
    answer = await client.get(f"/rate/{TOKEN}", headers={"Accept-Language": language})
    text = await answer.text()
    assert answer.status == 200
    assert words in text
    assert f'<html lang="{language[:2]}">' in text
    assert len(re.findall('type="radio"', text)) == 5
    assert "'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_answer_is_kept_and_may_be_changed(
    desk: Desk, client: Client, asked: Conversation
) -> None:
    sent = await client.post(f"/rate/{TOKEN}", data={"score": "2", "comment": "Slow <b>"})
    assert sent.status == 200
    shown = await (await client.get(f"/rate/{TOKEN}")).text()
    assert "Slow &lt;b&gt;</textarea>" in shown
    assert 'value="2" required checked' in shown
    await client.post(f"/rate/{TOKEN}", data={"score": "5", "comment": ""})
    rated = await rating_of(desk, asked)
    assert (rated.score, rated.comment, rated.rated_at) == (5, "", desk.clock.now())
    async with desk.storage.reading() as tx:
        marks = await tx.record.marks([asked.id], after_seq=0, up_to_seq=99)
    told = [mark.reason for mark in marks if mark.event == "ConversationRated"]
    assert told == ["five_2", "five_5"]


@pytest.mark.parametrize("form", [{}, {"score": "9"}, {"score": "x"}, {"score": "0"}])
async def test_answer_without_a_score_is_asked_again(
    desk: Desk, client: Client, asked: Conversation, form: dict[str, str]
) -> None:
    assert (await client.post(f"/rate/{TOKEN}", data=form | {"comment": "x"})).status == 400
    assert (await rating_of(desk, asked)).score is None


async def test_whoever_guesses_or_comes_late_is_told_that_it_is_over(
    desk: Desk, client: Client, asked: Conversation
) -> None:
    assert (await client.get("/rate/" + "g" * 32)).status == 404
    assert (await client.get("/rate/short")).status == 404
    desk.clock.move(3601)
    assert (await client.get(f"/rate/{TOKEN}")).status == 404
    assert (await client.post(f"/rate/{TOKEN}", data={"score": "5"})).status == 404


async def test_more_than_a_comment_is_refused(client: Client, asked: Conversation) -> None:
    assert (await client.post(f"/rate/{TOKEN}", data=b"x" * 30_000)).status == 413


async def test_page_is_the_lines_own(desk: Desk, client: Client, asked: Conversation) -> None:
    async with desk.storage.transaction() as tx:
        line = await tx.lines.get(asked.line_id)
        assert line is not None
        texts = {"en": "How was <{line}>?\nDear {name}"}
        rating = replace(line.rating, texts=texts)
        look = replace(line.look, title="Lamps & Co", colour="#ffcc00")
        await tx.lines.save(replace(line, rating=rating, look=look))
    page = await (await client.get(f"/rate/{TOKEN}", headers={"Accept-Language": "en"})).text()
    assert "Lamps &amp; Co" in page
    assert f"<legend>How was &lt;{line.name}&gt;?</legend>" in page
    assert "--brand: #ffcc00; --on-brand: #000000" in page
    russian = {"Accept-Language": "ru"}
    assert "справились" in await (await client.get(f"/rate/{TOKEN}", headers=russian)).text()


@pytest.mark.parametrize(
    ("colour", "text"),
    [
        ("#2563eb", "#ffffff"),
        ("#ffcc00", "#000000"),
        ("#000000", "#ffffff"),
        ("#ffffff", "#000000"),
    ],
)
def test_text_reads_on_whatever_colour_a_line_has(colour: str, text: str) -> None:
    assert text_on(colour) == text


# --- a short survey -----------------------------------------------------------------------

SURVEY = (
    SurveyQuestion("polite", AnswerKind.FIVE, {"en": "Were we polite?", "ru": "Были вежливы?"}),
    SurveyQuestion("solved", AnswerKind.YES_NO, {"en": "Is it <solved>?"}),
    SurveyQuestion("missing", AnswerKind.TEXT, {"en": "What is missing?"}),
)


@pytest.fixture
async def surveyed(desk: Desk, asked: Conversation) -> Conversation:
    async with desk.storage.transaction() as tx:
        line = await tx.lines.get(asked.line_id)
        assert line is not None
        await tx.lines.save(replace(line, rating=replace(line.rating, questions=SURVEY)))
    return asked


async def test_survey_is_asked_with_the_rating_and_kept_as_it_was_put(
    desk: Desk, client: Client, surveyed: Conversation
) -> None:
    english = {"Accept-Language": "en"}
    page = await (await client.get(f"/rate/{TOKEN}", headers=english)).text()
    assert "Were we polite?" in page
    assert "Is it &lt;solved&gt;?" in page
    given = {"score": "5", "q0": "4", "q1": "no", "q2": " A <b>cable</b> "}
    assert (await client.post(f"/rate/{TOKEN}", data=given, headers=english)).status == 200
    rating = await rating_of(desk, surveyed)
    assert [(one.key, one.value) for one in rating.answers] == [
        ("polite", 4), ("solved", False), ("missing", "A <b>cable</b>"),
    ]  # fmt: skip
    assert rating.answers[0].question == "Were we polite?"
    again = await (await client.get(f"/rate/{TOKEN}", headers=english)).text()
    assert re.search(r'name="q0" value="4" checked', again)
    assert re.search(r'name="q1" value="no" checked', again)
    assert "A &lt;b&gt;cable&lt;/b&gt;</textarea>" in again


async def test_nobody_has_to_answer_a_survey_and_nonsense_says_nothing(
    desk: Desk, client: Client, surveyed: Conversation
) -> None:
    given = {"score": "3", "q0": "9", "q1": "maybe", "q2": "  ", "q7": "x"}
    assert (await client.post(f"/rate/{TOKEN}", data=given)).status == 200
    rating = await rating_of(desk, surveyed)
    assert (rating.score, rating.answers) == (3, ())


async def test_a_rating_by_a_button_leaves_the_survey_as_it_is(
    desk: Desk, client: Client, surveyed: Conversation
) -> None:
    await client.post(f"/rate/{TOKEN}", data={"score": "5", "q1": "yes"})
    async with desk.storage.transaction() as tx:
        await lapsing.rate(tx, surveyed.id, score=2, comment="", now=desk.clock.now())
    rating = await rating_of(desk, surveyed)
    assert (rating.score, [one.value for one in rating.answers]) == (2, [True])
