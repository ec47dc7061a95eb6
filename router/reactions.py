"""Who reacts durably to what: the lanes of work that each event wakes, in its own transaction."""

from collections.abc import Iterable

from router import events
from router.events import Event, OfConversation

DISTRIBUTE, DELIVER, CRM, FETCH = "distribute", "deliver", "crm", "fetch"

# What changes the line's queue, what is to be sent, what the CRM's log or lead is about.
QUEUED = (
    events.ConversationOpened,
    events.ConversationReopened,
    events.ConversationTransferred,
    events.OfferDeclined,
    events.OfferExpired,
)
SENT = (events.ReplyQueued, events.DeliveryChanged)
LOGGED = (
    events.MessageReceived,
    events.MessageEdited,
    events.MessageDeleted,
    events.ReplyQueued,
    events.ConversationAssigned,
    events.ConversationTransferred,
    events.ConversationReopened,
    events.ConversationClosed,
    events.CustomerChanged,
    events.CustomersLinked,
)


def reactions(event: Event) -> Iterable[tuple[str, object]]:
    """The lanes, as kind and key, that `event` makes due."""
    if isinstance(event, OfConversation):
        if isinstance(event, QUEUED):
            yield DISTRIBUTE, event.line_id
        if isinstance(event, SENT):
            yield DELIVER, event.thread_id
    if isinstance(event, LOGGED):
        yield CRM, event.customer_id
