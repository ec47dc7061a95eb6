"""Ids: ours are UUIDv7, so that a new row lands at the end of its index.

They are the `UUID` of PostgreSQL's driver, on either database: written in C, it is made, hashed,
compared and told as text in a tenth of the time, and a message handles dozens.
"""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

from asyncpg.pgproto import pgproto
from uuid_utils import uuid7

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
CodeId = NewType("CodeId", UUID)
SimulationId = NewType("SimulationId", UUID)


def new_id() -> UUID:
    return id_of(uuid7().bytes)


def made_at(id_: UUID) -> datetime:
    """When an id of ours was made, to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def id_of(raw: bytes) -> UUID:
    """The id of these 16 bytes."""
    made: UUID = pgproto.UUID(raw)
    return made
