"""What automatic replies say: the language, and the values of their variables. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median

from queues.hours import is_open, opening, say_opening, working_time
from queues.replies import VARIABLE
from router.buttons import Button, choices, rating_value
from router.calendars import Calendar
from router.ids import ConversationId
from router.queueing import AutomaticReply, Scale
from router.ratings import SCORES

# Fewer tell nothing of how long one waits.
KNOWN_WAITS = 3
FURTHEST = 100
MINUTE_S, HOUR_S = 60, 3600

MORE = {"en": "A few more questions", "ru": "Ещё несколько вопросов"}
ASKED = {"en": "How did we do?", "ru": "Как мы справились?"}
HOW = {
    (Scale.LIKE, "en"): "Answer 👍 or 👎, or follow the link: {link}",
    (Scale.LIKE, "ru"): "Ответьте 👍 или 👎, или перейдите по ссылке: {link}",
    (
        Scale.FIVE,
        "en",
    ): "Answer with a digit from 1 (bad) to 5 (very good), or follow the link: {link}",
    (
        Scale.FIVE,
        "ru",
    ): "Ответьте цифрой от 1 (плохо) до 5 (отлично) или перейдите по ссылке: {link}",
}


def chosen(texts: Mapping[str, str], *languages: str | None) -> tuple[str, str]:
    """Language and words: the first of these languages that there is, else any; else empty."""
    for language in filter(None, languages):
        for name in (language, language.partition("-")[0]):
            if texts.get(name):
                return name, texts[name]
    return next(((name, text) for name, text in texts.items() if text), ("", ""))


def named_in(text: str) -> frozenset[str]:
    """The variables that a text has."""
    return frozenset(VARIABLE.findall(text))


def opens(calendar: Calendar, language: str, *, now: datetime) -> str:
    """When we open, in words; empty while we are open, and if nobody knows."""
    if is_open(calendar, now):
        return ""
    following = opening(calendar, now)
    return say_opening(following, language) if following else ""


def place_of(place: int) -> str:
    return f"{FURTHEST}+" if place >= FURTHEST else str(place)


def forecast_s(
    waits: Sequence[tuple[datetime, datetime]],
    calendar: Calendar,
    *,
    since: datetime,
    place: int,
    now: datetime,
) -> float | None:
    """How much longer who has waited since then may have to wait.

    As those among the last ones who had not been served by such a time, half as long again for
    each who stands before; in open time. None while too few of them tell.
    """
    waited = working_time(calendar, since, now)
    longer = [
        (whole - waited).total_seconds()
        for begun, ended in waits
        if ended - begun >= waited and (whole := working_time(calendar, begun, ended)) >= waited
    ]
    if len(longer) < KNOWN_WAITS:
        return None
    return median(longer) * (1 + place) / 2


def wait_of(seconds: float | None, language: str) -> str:
    """A forecast in words: "about 5 minutes". Russian or English, English for any other."""
    if seconds is None:
        return ""
    russian = language.partition("-")[0] == "ru"
    if seconds > HOUR_S:
        return "больше часа" if russian else "more than an hour"
    minutes = max(1, round(seconds / MINUTE_S))
    if minutes > 10:
        minutes = 5 * round(minutes / 5)
    if minutes == 1:
        return "около минуты" if russian else "about a minute"
    return f"около {minutes} минут" if russian else f"about {minutes} minutes"


def choices_of(stage: AutomaticReply, language: str) -> tuple[Button, ...]:
    """What may be pressed under a stage's text, in that text's language, else in any."""
    labels = stage.options.get(language) or next(iter(stage.options.values()), ())
    _, asking = chosen(stage.ask_phone, language)
    asked = (Button(asking, asks_phone=True),) if asking else ()
    return (*choices(labels), *asked)


def scores(conversation_id: ConversationId, scale: Scale) -> tuple[Button, ...]:
    """What may be pressed to say how it was, the best of two first and of five last."""
    known = SCORES[scale]
    marks = [mark for mark in known if scale is Scale.FIVE or not mark.isdecimal()]
    if scale is Scale.LIKE:
        marks.reverse()
    return tuple(Button(mark, rating_value(conversation_id, known[mark])) for mark in marks)


def surveyed(text: str, *, link: str, language: str) -> str:
    """A request for a rating by buttons, with where there is more to say."""
    spoken = "ru" if language.partition("-")[0] == "ru" else "en"
    return f"{text}\n{MORE[spoken]}: {link}"


def survey_button(link: str, language: str) -> Button:
    """Where there is more to say, for a channel that has buttons."""
    return Button(MORE["ru" if language.partition("-")[0] == "ru" else "en"], url=link)


def question(text: str, scale: Scale, *, link: str, language: str) -> str:
    """A request for a rating, with how to answer it."""
    spoken = "ru" if language.partition("-")[0] == "ru" else "en"
    return f"{text}\n{HOW[scale, spoken].format(link=link)}"
