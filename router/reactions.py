"""Who reacts durably to what: the lanes of work that each event wakes, in its own transaction."""

from collections.abc import Iterable

from router import events
from router.events import Event, OfConversation
from router.model import DeliveryState

DISTRIBUTE, TIMERS, ATTEND, FEED = "distribute", "timers", "attend", "feed"
DELIVER, CRM, FETCH, PROVE = "deliver", "crm", "fetch", "prove"
SIMULATE, NOTIFY = "simulate", "notify"

# What changes the line's queue, what the CRM's log or lead is about.
QUEUED = (
    events.ConversationOpened,
    events.ConversationReopened,
    events.ConversationTransferred,
    events.OfferDeclined,
    events.OfferExpired,
    events.ConversationWithdrawn,
    events.LeadLinked,
)
LOGGED = (
    events.MessageReceived,
    events.MessageEdited,
    events.MessageDeleted,
    events.ReplyQueued,
    events.ConversationAssigned,
    events.ConversationTransferred,
    events.ConversationReopened,
    events.ConversationReturned,
    events.ConversationIntercepted,
    events.ConversationClosed,
    events.CustomerChanged,
    events.CustomersLinked,
)


def reactions(event: Event) -> Iterable[tuple[str, object]]:
    """The lanes, as kind and key, that `event` makes due."""
    if isinstance(event, OfConversation):
        if isinstance(event, QUEUED):
            yield DISTRIBUTE, event.line_id
        if isinstance(event, events.ConversationOverflowed):
            yield DISTRIBUTE, event.to_line_id
        if isinstance(event, events.ConversationRouted):
            yield DISTRIBUTE, event.to_line_id
        if _is_to_send(event):
            yield DELIVER, event.thread_id
    if isinstance(event, events.ResponsibleChanged):
        for line_id in event.line_ids:
            yield DISTRIBUTE, line_id
    if isinstance(event, LOGGED) and not _is_unled(event):
        yield CRM, event.customer_id


def _is_unled(event: Event) -> bool:
    """Most visitors never say who they are: their words wait until they do."""
    return isinstance(event, OfConversation) and not event.led


def _is_to_send(event: OfConversation) -> bool:
    match event:
        case events.ReplyQueued() | events.MessageChangeQueued():
            return True
        case events.DeliveryChanged(state=state):
            return state is DeliveryState.QUEUED
        case _:
            return False
