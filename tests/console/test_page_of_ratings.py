"""The page behind the link of a question: `console.page_of_ratings`."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from console.page_of_ratings import RatingPage
from router import lapsing
from router.channel import Capabilities
from router.model import Conversation
from router.queueing import RatingRequest, Scale
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
