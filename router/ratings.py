"""How a conversation was, said afterwards. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from router.ids import ConversationId, OperatorId
from router.queueing import Scale

# What customers send, worst first; a skin or a final mark changes nothing.
SCORES: Mapping[Scale, Mapping[str, int]] = {
    Scale.LIKE: {"👎": 0, "👍": 1, "0": 0, "1": 1},
    Scale.FIVE: {str(score): score for score in range(1, 6)},
}
ORNAMENT = re.compile("[\\s.!\U0001f3fb-\U0001f3ff\ufe0f\u20e3]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """To a question of a survey, as it was put then: settings change, what was said does not.

    1 to 5, whether yes, or words.
    """

    key: str
    question: str
    value: int | bool | str


@dataclass(frozen=True, slots=True)
class Rating:
    """How it was: by the customer, if they were asked and answered, and by a supervisor."""

    conversation_id: ConversationId
    scale: Scale | None = None
    asked_at: datetime | None = None
    score: int | None = None
    comment: str = ""
    rated_at: datetime | None = None
    supervisor_id: OperatorId | None = None
    supervisor_score: int | None = None
    supervisor_comment: str = ""
    answers: tuple[Answer, ...] = ()


def how(scale: Scale | None, score: int) -> str:
    """The scale and the score in one code: `five_4`, `like_1`; empty for a scale nobody asked by."""
    return f"{scale.value}_{score}" if scale else ""


def score_in(text: str, scale: Scale | None) -> int | None:
    """The score that a message is, if it is nothing else: who says more, says something new."""
    if scale is None:
        return None
    return SCORES[scale].get(ORNAMENT.sub("", text.removesuffix("/5")))
