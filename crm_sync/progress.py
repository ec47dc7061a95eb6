"""How far a conversation is logged, and what stands in the way."""

from dataclasses import dataclass, replace
from enum import StrEnum

from router.errors import BadCredentials, ProviderError, Rejected, WindowClosed
from router.ids import CustomerId
from router.model import Conversation
from router.news import LeadNews
from router.storage import Transaction
from router.storage.crm import CrmLane, Log, Problem

# Waiting doubles from 5 s to 15 min: so many failures in a row are more than an hour.
TOO_OFTEN = 12
TOLD_CONVERSATIONS = 10


class Logged(StrEnum):
    SYNCED = "synced"
    WAITING = "waiting"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Progress:
    """`none`: the conversation has no lead, and there is no reason for one yet.

    `failed` is no end: it is tried again, or waits for a person, by `problem`. `detail` is the
    CRM's reason; there may be one while it waits.
    """

    state: Logged
    logged_seq: int = 0
    problem: Problem | None = None
    detail: str | None = None


def progress(conversation: Conversation, log: Log | None, lane: CrmLane) -> Progress:
    log = log or Log(conversation.id)
    seq = log.position.seq
    told = conversation.owner_id in (None, log.owner_id)
    if log.lead_id is not None and seq >= conversation.last_seq and told:
        return Progress(Logged.SYNCED, seq)
    if lane.problem is not None:
        return Progress(Logged.FAILED, seq, lane.problem, lane.detail)
    waits = log.lead_id is not None or lane.detail is not None
    return Progress(Logged.WAITING if waits else Logged.NONE, seq, detail=lane.detail)


def problem_of(error: ProviderError, *, failures: int) -> Problem | None:
    """What people are told of the error that was the last of `failures` in a row; None: nothing
    yet, it will be tried again soon.
    """
    match error:
        case BadCredentials():
            return Problem.FIX_THE_SETTINGS
        case Rejected() | WindowClosed():
            return Problem.REFUSED
        case _:
            return Problem.TRIED_TOO_OFTEN if failures >= TOO_OFTEN else None


def heals(error: ProviderError) -> bool:
    """Whether time may heal it."""
    return not isinstance(error, (BadCredentials, Rejected, WindowClosed))


async def write_trouble(
    tx: Transaction,
    account: str,
    customer_id: CustomerId,
    *,
    problem: Problem | None,
    detail: str | None,
) -> None:
    """Store why a customer's lane does not move (None, None: it does), and tell if that is new."""
    lane = await tx.crm.lane(account, customer_id)
    if (lane.problem, lane.detail) == (problem, detail):
        return
    now = replace(lane, problem=problem, detail=detail)
    await tx.crm.save_lane(account, customer_id, now)
    shown = await tx.conversations.of_customer(customer_id, limit=TOLD_CONVERSATIONS)
    for line_id in {one.line_id for one in shown}:
        tx.record.tell(LeadNews(customer_id, line_id))
