"""Ids: ours are UUIDv7, so that a new row lands at the end of its index."""

from typing import NewType
from uuid import UUID

from uuid_utils.compat import uuid7

LineId = NewType("LineId", UUID)
InboxId = NewType("InboxId", UUID)
OperatorId = NewType("OperatorId", UUID)
CustomerId = NewType("CustomerId", UUID)
IdentityId = NewType("IdentityId", UUID)
ThreadId = NewType("ThreadId", UUID)
ConversationId = NewType("ConversationId", UUID)
MessageId = NewType("MessageId", UUID)
NoteId = NewType("NoteId", UUID)
FileId = NewType("FileId", UUID)
DeliveryId = NewType("DeliveryId", UUID)
OfferId = NewType("OfferId", UUID)
LeadId = NewType("LeadId", UUID)
PersonId = NewType("PersonId", UUID)
CalendarId = NewType("CalendarId", UUID)
DepartmentId = NewType("DepartmentId", UUID)
LeaveId = NewType("LeaveId", UUID)


def new_id() -> UUID:
    return uuid7()
