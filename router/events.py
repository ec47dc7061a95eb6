"""What can happen, in the past tense. Ids and numbers only: never a text, a name or an address.

A change of a conversation carries the `version` that it made and `after_seq`, the last message
of the thread at that moment. Who reacts to what stands in `router/reactions.py`.
"""

from dataclasses import dataclass
from datetime import datetime

from router.ids import (
    ConversationId,
    CustomerId,
    DeliveryId,
    InboxId,
    LeadId,
    LineId,
    MessageId,
    NoteId,
    OperatorId,
    ThreadId,
)
from router.making import quickly
from router.model import DeliveryState
from router.staff import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfConversation(Event):
    """`led`: the conversation has a lead, or somebody to make one of; of the others no CRM hears."""

    conversation_id: ConversationId
    thread_id: ThreadId
    line_id: LineId
    customer_id: CustomerId
    version: int
    after_seq: int
    led: bool = True


# --- what is said ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOpened(OfConversation):
    inbox_id: InboxId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReopened(OfConversation):
    """By a customer's new message within the reopen window, or by an operator."""

    operator_id: OperatorId | None = None


@quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(OfConversation):
    message_id: MessageId
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(OfConversation):
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(OfConversation):
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageGrew(OfConversation):
    """A part of an album came that began before: nobody changed their words."""

    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChangeQueued(OfConversation):
    """An operator wants to change or withdraw what they said, or to react to what a customer said."""

    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChangeFailed(OfConversation):
    """It stays as the customer has it."""

    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReacted(OfConversation):
    """Somebody has another reaction under it, or none any more."""

    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFetched(OfConversation):
    """Files that came as an address were fetched, or given up."""

    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyQueued(OfConversation):
    message_id: MessageId
    seq: int
    operator_id: OperatorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryChanged(OfConversation):
    message_id: MessageId
    delivery_id: DeliveryId
    state: DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(OfConversation):
    note_id: NoteId
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSeen(OfConversation):
    """Up to `seq`, by the customer if `operator_id` is None."""

    seq: int
    operator_id: OperatorId | None


# --- who handles it ----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRouted(OfConversation):
    """A rule of `line_id`, named in `reason`, sent it to another line."""

    to_line_id: LineId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOffered(OfConversation):
    """To one operator; None: to several, the first to accept has it."""

    operator_id: OperatorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDeclined(OfConversation):
    operator_id: OperatorId
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferExpired(OfConversation):
    operator_id: OperatorId
    waited_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationAssigned(OfConversation):
    """`how`: auto, accepted, taken, transferred, reopened, returned."""

    operator_id: OperatorId
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationTransferred(OfConversation):
    operator_id: OperatorId | None
    to_operator_id: OperatorId | None
    to_line_id: LineId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReturned(OfConversation):
    """`operator_id` did not take over what `to_operator_id`, who has it again, sent them."""

    operator_id: OperatorId
    to_operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationIntercepted(OfConversation):
    """A supervisor has it now; who had it takes part still."""

    operator_id: OperatorId
    from_operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPinned(OfConversation):
    """Its owner keeps it also when it is reopened, or no longer."""

    operator_id: OperatorId
    pinned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorJoined(OfConversation):
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorLeft(OfConversation):
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSnoozed(OfConversation):
    """Without `until`: until the customer writes."""

    operator_id: OperatorId
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationWoken(OfConversation):
    """Its time came, the customer wrote, or an operator did; or `operator_id` woke it."""

    operator_id: OperatorId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationClosed(OfConversation):
    operator_id: OperatorId | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationMerged(OfConversation):
    """`merged_id`, of the same customer, goes on in this one."""

    operator_id: OperatorId
    merged_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationUnmerged(OfConversation):
    """`merged_id` goes on by itself again."""

    operator_id: OperatorId
    merged_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSplit(OfConversation):
    """Its messages were `from_id`'s, which is closed."""

    operator_id: OperatorId
    from_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationUnsplit(OfConversation):
    """The messages of `later_id`, which was split from it, are its own again."""

    operator_id: OperatorId
    later_id: ConversationId


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardBeside(OfConversation):
    """Something was said, by the customer or to them, or its last words were changed, in the thread
    of `merged_id`, which goes on in this one.
    """

    merged_id: ConversationId
    message_id: MessageId


# --- what time does ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationOverflowed(OfConversation):
    """It waited too long on `line_id`, and waits on another now."""

    to_line_id: LineId


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationWithdrawn(OfConversation):
    """It waits again: this operator, who had it, could not be reached."""

    operator_id: OperatorId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRated(OfConversation):
    """By the customer, who may do so again. `how`: the scale and the score, as `five_4`."""

    score: int
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerProven(OfConversation):
    """Who writes there is who writes elsewhere. `how`: a code; or one that joined nobody, because
    either of them is more people, or is not wanted.
    """

    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerActed(OfConversation):
    """Without a word: gave their `phone` or `email`, `blocked` us, or `unblocked` us again (`how`)."""

    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaWarned(OfConversation):
    """`promise`, one of queues.targets.Promised, is due soon."""

    promise: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaBreached(OfConversation):
    promise: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLinked(OfConversation):
    lead_id: LeadId


# --- people and the desk -----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChanged(Event):
    customer_id: CustomerId


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerBlocked(Event):
    """By an operator, or unblocked again."""

    customer_id: CustomerId
    operator_id: OperatorId
    blocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersLinked(Event):
    """`merged_id` became part of `customer_id`; `undone` takes that back."""

    customer_id: CustomerId
    merged_id: CustomerId
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponsibleChanged(Event):
    """Another operator answers for a customer in the CRM. `line_ids`: where the customer waits."""

    customer_id: CustomerId
    operator_id: OperatorId | None
    line_ids: tuple[LineId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(Event):
    operator_id: OperatorId
    status: Status
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorChanged(Event):
    operator_id: OperatorId


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChanged(Event):
    line_id: LineId


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxChanged(Event):
    inbox_id: InboxId
    line_id: LineId
