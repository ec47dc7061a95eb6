"""Where a customer says how it was: a page without scripts, behind the link of the question."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from urllib.parse import parse_qs

from aiohttp import web

from console.pages import SECURITY, language_of
from console.paper import heading_of, style_of
from console.survey import answered, asked_besides
from queues.replies import fill
from router.clock import Clock
from router.lapsing import hash_of, rate
from router.model import Line
from router.queueing import Look, Scale, SurveyQuestion
from router.ratings import SCORES, Answer, Rating
from router.storage import Storage, Transaction

MAX_COMMENT_CHARS = 2000
MAX_BODY_BYTES = 20_000
THUMBS = {0: "👎", 1: "👍"}
A_TOKEN = re.compile(r"[\w-]{16,64}")
HEADERS = SECURITY | {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "ask": "How did we do?",
        "0": "Badly",
        "1": "Well",
        "worst": "very badly",
        "best": "very well",
        "comment": "What should we know? (optional)",
        "send": "Send",
        "thanks": "Thank you. Your answer is kept.",
        "choose": "Choose one of the answers first.",
        "gone": "This question is over.",
    },
    "ru": {
        "ask": "Как мы справились?",
        "0": "Плохо",
        "1": "Хорошо",
        "worst": "очень плохо",
        "best": "отлично",
        "comment": "Что нам стоит знать? (необязательно)",
        "send": "Отправить",
        "thanks": "Спасибо. Ваш ответ сохранён.",
        "choose": "Сначала выберите один из ответов.",
        "gone": "На этот вопрос больше нельзя ответить.",
    },
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What a customer filled in; no score if they chose none there is."""

    score: int | None
    comment: str
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked: how it was, and what else the line wants to know."""

    rating: Rating
    line: Line

    @property
    def questions(self) -> Sequence[SurveyQuestion]:
        return self.line.rating.questions

    def form(self, language: str, *, wrong: str = "") -> str:
        own = fill(self.line.rating.texts.get(language, ""), {"line": self.line.name})
        return form(
            self.rating, language, questions=self.questions, wrong=wrong, question=own or None
        )


class RatingPage:
    """Serves `/rate/{token}`. Who has the token may answer, and change it while they are asked."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def routes(self) -> Sequence[web.RouteDef]:
        return [web.get("/rate/{token}", self._show), web.post("/rate/{token}", self._take)]

    async def _show(self, request: web.Request) -> web.Response:
        async with self._storage.reading() as tx:
            asked = await self._asked(tx, request.match_info["token"])
        language = language_of(request)
        if asked is None:
            return _page(language, f"<h1>{WORDS[language]['gone']}</h1>", status=404)
        return _page(language, asked.form(language), look=asked.line.look)

    async def _take(self, request: web.Request) -> web.Response:
        language, token = language_of(request), request.match_info["token"]
        if (request.content_length or MAX_BODY_BYTES + 1) > MAX_BODY_BYTES:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY_BYTES, request.content_length or 0)
        body = await request.read()

        async def step(tx: Transaction) -> tuple[Asked | None, bool]:
            asked = await self._asked(tx, token)
            if asked is None:
                return None, False
            said = answer_of(body, asked.rating.scale, asked.questions, language)
            if said.score is None:
                return asked, False
            await rate(
                tx,
                asked.rating.conversation_id,
                score=said.score,
                comment=said.comment,
                answers=said.answers if asked.questions else None,
                now=self._clock.now(),
            )
            return asked, True

        asked, kept = await self._storage.run(step)
        words = WORDS[language]
        if asked is None:
            return _page(language, f"<h1>{words['gone']}</h1>", status=404)
        if not kept:
            shown = asked.form(language, wrong=words["choose"])
            return _page(language, shown, look=asked.line.look, status=400)
        thanks = f'<h1 role="status">{words["thanks"]}</h1>'
        return _page(language, thanks, look=asked.line.look)

    async def _asked(self, tx: Transaction, token: str) -> Asked | None:
        """What is asked with this token, while it is."""
        rating = await tx.ratings.by_token(hash_of(token)) if A_TOKEN.fullmatch(token) else None
        if rating is None or rating.asked_at is None or rating.scale is None:
            return None
        conversation = await tx.conversations.get(rating.conversation_id)
        line = await tx.lines.get(conversation.line_id) if conversation else None
        if line is None:
            return None
        until = rating.asked_at + timedelta(seconds=line.rating.window_s)
        return Asked(rating, line) if self._clock.now() <= until else None


def answer_of(
    body: bytes,
    scale: Scale | None,
    questions: Sequence[SurveyQuestion] = (),
    language: str = "en",
) -> Filled:
    """What a form says; whatever else was sent says nothing."""
    try:
        given = parse_qs(body.decode(), max_num_fields=10 + len(questions))
    except ValueError:
        given = {}
    text, scores = given.get("score", [""])[0], set(SCORES[scale].values()) if scale else set()
    score = int(text) if len(text) == 1 and text in "012345" else None
    comment = given.get("comment", [""])[0][:MAX_COMMENT_CHARS]
    answers = answered(questions, given, language=language)
    return Filled(score if score in scores else None, comment.strip(), answers)


def form(
    rating: Rating,
    language: str,
    *,
    questions: Sequence[SurveyQuestion] = (),
    question: str | None = None,
    wrong: str = "",
) -> str:
    """The questions as HTML, with what was answered before; `question` is the line's own."""
    assert rating.scale is not None
    words = WORDS[language]
    scores = sorted(set(SCORES[rating.scale].values()))
    choices = "".join(_choice(one, rating, words) for one in scores)
    problem = f'<p role="alert">{wrong}</p>' if wrong else ""
    return (
        f'<form method="post">{problem}<fieldset class="main">'
        f"<legend>{escape(question or words['ask'])}</legend>"
        f'<div class="scores">{choices}</div></fieldset>'
        f"{asked_besides(questions, rating.answers, language=language)}"
        f'<label for="comment">{words["comment"]}</label>'
        f'<textarea id="comment" name="comment" rows="4" maxlength="{MAX_COMMENT_CHARS}">'
        f"{escape(rating.comment)}</textarea>"
        f'<button type="submit">{words["send"]}</button></form>'
    )


def _choice(score: int, rating: Rating, words: Mapping[str, str]) -> str:
    label = str(score)
    if rating.scale is Scale.LIKE:
        label = f"{THUMBS[score]} <small>{words[str(score)]}</small>"
    elif score in (1, 5):
        label = f"{score} <small>{words['worst' if score == 1 else 'best']}</small>"
    checked = " checked" if rating.score == score else ""
    return (
        f'<label><input type="radio" name="score" value="{score}" required{checked}>'
        f"<b>{label}</b></label>"
    )


def _page(language: str, body: str, *, look: Look | None = None, status: int = 200) -> web.Response:
    nonce, look = secrets.token_urlsafe(16), look or Look(title="")
    text = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{WORDS[language]['ask']}</title>"
        f'<style nonce="{nonce}">{style_of(look)}</style></head>'
        f"<body><main>{heading_of(look)}{body}</main></body></html>"
    )
    policy = POLICY.format(nonce=nonce)
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        charset="utf-8",
        headers=HEADERS | {"Content-Security-Policy": policy},
    )
