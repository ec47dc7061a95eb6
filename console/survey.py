"""The questions of a line's survey on the page of ratings, and what was answered. Pure."""

from collections.abc import Mapping, Sequence
from html import escape

from router.queueing import AnswerKind, SurveyQuestion
from router.ratings import Answer
from router.shaping import clean

MOST_CHARS = 1_000
YES_NO: Mapping[str, Mapping[str, str]] = {
    "en": {"yes": "Yes", "no": "No"},
    "ru": {"yes": "Да", "no": "Нет"},
}
FIVE = tuple(str(score) for score in range(1, 6))


def text_of(question: SurveyQuestion, language: str) -> str:
    """In this language, else in any."""
    texts = question.texts
    return texts.get(language) or next(iter(texts.values()), "") or question.key


def answered(
    questions: Sequence[SurveyQuestion], given: Mapping[str, Sequence[str]], *, language: str
) -> tuple[Answer, ...]:
    """Of a form's fields; what is no answer to its question says nothing."""
    found = []
    for place, one in enumerate(questions):
        value = _value(one.kind, next(iter(given.get(f"q{place}", ())), ""))
        if value is not None:
            found.append(Answer(one.key, text_of(one, language), value))
    return tuple(found)


def _value(kind: AnswerKind, text: str) -> int | bool | str | None:
    match kind:
        case AnswerKind.FIVE:
            return int(text) if text in FIVE else None
        case AnswerKind.YES_NO:
            return text == "yes" if text in ("yes", "no") else None
        case AnswerKind.TEXT:
            return clean(text[:MOST_CHARS]).strip() or None


def asked_besides(
    questions: Sequence[SurveyQuestion], before: Sequence[Answer], *, language: str
) -> str:
    """As HTML. None of them has to be answered."""
    known = {one.key: one for one in before}
    return "".join(
        _question(place, one, known.get(one.key), language) for place, one in enumerate(questions)
    )


def _question(place: int, one: SurveyQuestion, before: Answer | None, language: str) -> str:
    name, text = f"q{place}", escape(text_of(one, language))
    if one.kind is AnswerKind.TEXT:
        said = escape(str(before.value)) if before else ""
        box = f'<textarea id="{name}" name="{name}" rows="3" maxlength="{MOST_CHARS}">'
        return f'<div class="more"><label for="{name}">{text}</label>{box}{said}</textarea></div>'
    yes_no = one.kind is AnswerKind.YES_NO
    labels = YES_NO[language] if yes_no else dict(zip(FIVE, FIVE, strict=True))
    chosen = _written(before)
    choices = "".join(
        f'<label><input type="radio" name="{name}" value="{value}"'
        f"{' checked' if value == chosen else ''}><b>{label}</b></label>"
        for value, label in labels.items()
    )
    scores = f'<div class="scores">{choices}</div>'
    return f'<fieldset class="more"><legend>{text}</legend>{scores}</fieldset>'


def _written(before: Answer | None) -> str:
    match before.value if before else None:
        case bool() as yes:
            return "yes" if yes else "no"
        case None:
            return ""
        case value:
            return str(value)
