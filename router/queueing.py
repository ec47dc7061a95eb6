"""How a line works: every setting of its queue, its automatic replies, its times and its ratings.

Values only. Durations (`*_s`) are seconds of wall clock unless a calendar is named; weights
(`*_weight`) are hundredths of one conversation of an operator's capacity, so that sums are exact.
A text is a mapping of language to words.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from router.ids import LineId

WHOLE = 100


class Strategy(StrEnum):
    """Who among those who come into question.

    `round_robin`: the next in the queue's order after the last choice. `sequential`: the first in
    the queue's order who has not refused. `least_busy`: who has the smallest share of their
    capacity taken, then who is idle longest. `longest_idle`. `broadcast`: all of them are asked,
    the first to accept has it.
    """

    ROUND_ROBIN = "round_robin"
    SEQUENTIAL = "sequential"
    LEAST_BUSY = "least_busy"
    LONGEST_IDLE = "longest_idle"
    BROADCAST = "broadcast"


class Rung(StrEnum):
    """Whom the customer knows, asked before the queue."""

    PINNED = "pinned"
    RESPONSIBLE = "responsible"
    LAST_OPERATOR = "last_operator"
    DEPUTY = "deputy"


class Shift(StrEnum):
    """When an operator works: whenever they say so, by their calendar, or from clock to clock."""

    ALWAYS = "always"
    CALENDAR = "calendar"
    CLOCK = "clock"


class WhenClosed(StrEnum):
    """What the queue does outside the line's hours."""

    WAIT = "wait"
    DISTRIBUTE = "distribute"


@dataclass(frozen=True, slots=True)
class Sticky:
    """The ladder of those whom a returning customer knows, each for `owner_wait_s` at most.

    Who is here and has room gets the conversation; who is full is waited for until the rung's time
    is over; who is away is not waited for.
    """

    rungs: tuple[Rung, ...] = (Rung.PINNED, Rung.RESPONSIBLE, Rung.LAST_OPERATOR)
    owner_wait_s: int = 0
    lookup_wait_s: int = 3


@dataclass(frozen=True, slots=True)
class Capacity:
    """What counts. `weights` is per channel kind; what is not named weighs `WHOLE`.

    `reserved_weight` of each operator's capacity is kept for returning customers and transfers.
    `max_per_operator` and `max_open` are conversations of this line, for each and in all.
    """

    weights: Mapping[str, int] = field(default_factory=dict)
    silent_after_s: int | None = None
    reserved_weight: int = 0
    max_per_operator: int | None = None
    max_open: int | None = None
    transfer_may_exceed: bool = True
    take_may_exceed: bool = False


@dataclass(frozen=True, slots=True)
class Preferences:
    """Who speaks the customer's language, and has the skills asked for, is preferred so long."""

    by_language: bool = False
    fallback_after_s: int = 60


@dataclass(frozen=True, slots=True)
class Priority:
    """Head starts in seconds: who has one is served as if they had waited that much longer."""

    line_s: int = 0
    by_tier_s: Mapping[str, int] = field(default_factory=dict)
    by_channel_s: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Overflow:
    """Who has waited so long goes to another line; outside our hours at once, if it says so."""

    to_line: LineId
    after_s: int
    at_once_when_closed: bool = False


@dataclass(frozen=True, slots=True)
class Queueing:
    """How a line's queue chooses, offers and gives up.

    Who declined or missed a conversation is not asked again while another can take it, and never
    within `refusal_rest_s`. `min_gap_s` lies between two that one operator is given. An owner
    who cannot be reached for `owner_absent_s` loses what waits for an answer; None: never.
    """

    strategy: Strategy = Strategy.ROUND_ROBIN
    auto_accept: bool = True
    offer_timeout_s: int = 60
    missed_offers_until_away: int = 3
    refusal_rest_s: int = 120
    min_gap_s: int = 0
    sticky: Sticky = Sticky()
    capacity: Capacity = Capacity()
    preferences: Preferences = Preferences()
    priority: Priority = Priority()
    overflow: Overflow | None = None
    when_closed: WhenClosed = WhenClosed.WAIT
    transfer_needs_accept: bool = False
    owner_absent_s: int | None = None


# --- how it looks --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
    """How a line shows itself to visitors. `greeting` maps a language to a text."""

    title: str = ""
    colour: str = "#2563eb"
    greeting: Mapping[str, str] = field(default_factory=dict)
    ask_contact: str = "after_first"
    consent_url: str | None = None
    allowed_sites: tuple[str, ...] = ()


# --- what is said by itself ---------------------------------------------------


class LeadWhen(StrEnum):
    """When an unknown visitor becomes a lead."""

    CONTACT = "contact"
    AT_ONCE = "at_once"


class ReplyWhen(StrEnum):
    """What an automatic reply follows; `after_s` counts from there."""

    OPENED = "opened"
    CLOSED_HOURS = "closed_hours"
    WAITING = "waiting"
    OPERATOR_SILENT = "operator_silent"
    CUSTOMER_SILENT = "customer_silent"
    CLOSED = "closed"
    AUTO_CLOSED = "auto_closed"


class Hours(StrEnum):
    """Whether a condition asks for the line to be open."""

    ANY = "any"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AutomaticReply:
    """One stage: what is said `after_s` from `when`, in the customer's language.

    `key` names it for good: a stage is said once in a conversation, or `once_ever` in a thread.
    `channels` empty: on all. `options` are choices under the text, by language; `ask_phone` is what
    stands on a button that hands over the customer's own number.
    """

    key: str
    when: ReplyWhen
    texts: Mapping[str, str]
    after_s: int = 0
    hours: Hours = Hours.ANY
    channels: tuple[str, ...] = ()
    once_ever: bool = False
    active: bool = True
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ask_phone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replies:
    """A line's automatic replies; a thread hears at most `most_per_day` of them within 24 hours."""

    stages: tuple[AutomaticReply, ...] = ()
    most_per_day: int = 6


# --- its times ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """When a conversation closes by itself; None: never."""

    customer_silent_s: int | None = None
    operator_silent_s: int | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """How soon, in the calendar's open time; None: no promise."""

    first_reply_s: int | None = None
    next_reply_s: int | None = None
    resolution_s: int | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """The promise to customers, another for some tiers; warned of at a share of its time."""

    targets: Targets = Targets()
    by_tier: Mapping[str, Targets] = field(default_factory=dict)
    warn_percent: int = 80

    @property
    def is_given(self) -> bool:
        """Whether anybody is promised anything."""
        return any(targets != Targets() for targets in (self.targets, *self.by_tier.values()))


class Scale(StrEnum):
    LIKE = "like"
    FIVE = "five"


class AnswerKind(StrEnum):
    """How a question of a survey is answered: 1 to 5, yes or no, in words."""

    FIVE = "five"
    YES_NO = "yes_no"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    """`key` names it for good, for programs."""

    key: str
    kind: AnswerKind = AnswerKind.FIVE
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RatingRequest:
    """Whether and how customers are asked how it was, once closed.

    With `questions` the request has a link to a page that asks these, too.
    """

    ask: bool = False
    scale: Scale = Scale.LIKE
    after_s: int = 0
    texts: Mapping[str, str] = field(default_factory=dict)
    thanks: Mapping[str, str] = field(default_factory=dict)
    window_s: int = 86_400
    questions: tuple[SurveyQuestion, ...] = ()


# --- which line, how soon -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CrmCondition:
    """A field of the CRM's record beside a value; `op` is one of = != < <= > >= has."""

    field: str
    op: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a new conversation goes and how soon, if all that is named holds; empty: holds.

    The first rule that holds settles it. `words` holds if the text has one of them, `sources` if
    the first page's address, referrer or UTM has.
    """

    name: str
    channels: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    crm: tuple[CrmCondition, ...] = ()
    hours: Hours = Hours.ANY
    to_line: LineId | None = None
    head_start_s: int = 0
    language: str | None = None
    skills: tuple[str, ...] = ()
    active: bool = True


# --- when something may fall due ------------------------------------------------


def patience_s(
    queueing: Queueing,
    replies: Replies,
    *,
    sla: Sla,
    lifetimes: Lifetimes,
    rating: RatingRequest,
) -> int | None:
    """The shortest time after which something may fall due by itself, counted from anything that
    happens in a conversation; None if nothing ever will. Calendar time is never shorter.
    """
    delays = [
        *_delays(queueing),
        *(stage.after_s for stage in replies.stages if stage.active),
        *_promised(sla),
        lifetimes.customer_silent_s,
        lifetimes.operator_silent_s,
        rating.after_s if rating.ask else None,
    ]
    return min((one for one in delays if one is not None), default=None)


def _delays(queueing: Queueing) -> Iterator[int | None]:
    yield queueing.capacity.silent_after_s
    yield queueing.owner_absent_s
    if queueing.overflow is not None:
        yield 0 if queueing.overflow.at_once_when_closed else queueing.overflow.after_s


def _promised(sla: Sla) -> Iterator[int]:
    """Until the warning of each promise, or its breach, whichever is first."""
    warned = min(sla.warn_percent, 100)
    for targets in (sla.targets, *sla.by_tier.values()):
        for promised_s in (targets.first_reply_s, targets.next_reply_s, targets.resolution_s):
            if promised_s is not None:
                yield promised_s * warned // 100
