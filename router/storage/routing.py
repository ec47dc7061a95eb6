"""Presence, load, offers, assignments and decisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from router.ids import ConversationId, LineId, OfferId, OperatorId, new_id
from router.model import Conversation, Offer, OfferState
from router.queueing import WHOLE
from router.staff import Load, Presence, Status
from router.storage.built import Built
from router.storage.engine import Connection
from router.storage.raw import Shape
from router.storage.rows import fields, load_of, offer_of, presence_of
from router.storage.statements import MOST, NOW, OF_IDS, OF_LINE, insert
from router.storage.tables.routing import (
    assignments,
    decisions,
    offers,
    operator_load,
    presence,
)

ASSIGNED = Shape(
    assignments,
    ("id", "conversation_id", "operator_id", "from_at", "how", "line_id", "waited_s"),
)
DECIDED = Shape(decisions, tuple(column.name for column in decisions.columns))
# What each step of the distributor asks is built once.
LOCK_LOADS = Built(
    sa.select(operator_load)
    .where(operator_load.c.operator_id.in_(OF_IDS))
    .order_by(operator_load.c.operator_id)
    .with_for_update(),
    lists=("of_ids",),
)
OFFERS_DUE = Built(
    sa.select(offers)
    .where(
        offers.c.line_id == OF_LINE,
        offers.c.state == sa.literal_column("'live'"),
        offers.c.deadline <= NOW,
    )
    .order_by(offers.c.deadline)
    .limit(MOST),
)
REFUSED = Built(
    sa.select(offers)
    .where(
        offers.c.conversation_id.in_(OF_IDS),
        offers.c.state.in_([OfferState.DECLINED.value, OfferState.EXPIRED.value]),
    )
    .order_by(offers.c.made_at),
    lists=("of_ids",),
)
_load = operator_load.c
_taken = (_load.open_count + _load.offered_count) * WHOLE + _load.open_extra + _load.offered_extra
_MOVE_LOAD = (
    sa.update(operator_load)
    .where(_load.operator_id == sa.bindparam("whose"))
    .values(
        open_count=_load.open_count + sa.bindparam("opened"),
        offered_count=_load.offered_count + sa.bindparam("offered"),
        open_extra=_load.open_extra + sa.bindparam("open_more"),
        offered_extra=_load.offered_extra + sa.bindparam("offered_more"),
        idle_since=sa.func.coalesce(
            sa.bindparam("moved_at", type_=_load.idle_since.type), _load.idle_since
        ),
        given_at=sa.func.coalesce(
            sa.bindparam("queue_gave_at", type_=_load.given_at.type), _load.given_at
        ),
    )
)
MOVE_LOAD = Built(_MOVE_LOAD)
MOVE_LOAD_THAT_FITS = Built(
    _MOVE_LOAD.where(
        sa.or_(
            _taken + sa.bindparam("weight") <= sa.bindparam("cap"), _taken <= sa.bindparam("light")
        )
    )
)


class PresenceRows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def get(self, operator_id: OperatorId) -> Presence | None:
        return (await self.many([operator_id])).get(operator_id)

    async def many(self, ids: Sequence[OperatorId]) -> dict[OperatorId, Presence]:
        query = sa.select(presence).where(presence.c.operator_id.in_(ids))
        return {row.operator_id: presence_of(row) for row in await self._connection.rows(query)}

    async def all(self) -> dict[OperatorId, Presence]:
        rows = await self._connection.rows(sa.select(presence))
        return {row.operator_id: presence_of(row) for row in rows}

    async def set_status(self, operator_id: OperatorId, status: Status, *, at: datetime) -> None:
        """What they say of themselves; what they missed before does not count any more."""
        statement = insert(self._connection.dialect, presence)
        row = {
            "operator_id": operator_id,
            "status": status.value,
            "status_since": at,
            "missed_offers": 0,
        }
        statement = statement.on_conflict_do_update(
            index_elements=[presence.c.operator_id],
            set_={name: statement.excluded[name] for name in row if name != "operator_id"},
        )
        await self._connection.run(statement, row)

    async def put(self, one: Presence) -> None:
        statement = insert(self._connection.dialect, presence)
        row: dict[str, Any] = {name: getattr(one, name) for name in Presence.__slots__}
        row["status"] = one.status.value
        statement = statement.on_conflict_do_update(
            index_elements=[presence.c.operator_id],
            set_={name: statement.excluded[name] for name in row if name != "operator_id"},
        )
        await self._connection.run(statement, row)

    async def reach(self, ids: Sequence[OperatorId], until: datetime) -> None:
        """These operators can be reached at least until then."""
        await self._connection.run(
            sa.update(presence)
            .where(
                presence.c.operator_id.in_(ids),
                sa.or_(presence.c.reachable_until.is_(None), presence.c.reachable_until < until),
            )
            .values(reachable_until=until)
        )

    async def push(self, operator_id: OperatorId, until: datetime) -> None:
        """A push notice reaches this operator at least until then."""
        later = sa.or_(presence.c.pushed_until.is_(None), presence.c.pushed_until < until)
        await self._connection.run(
            sa.update(presence)
            .where(presence.c.operator_id == operator_id, later)
            .values(pushed_until=until)
        )

    async def missed(self, operator_id: OperatorId, *, limit: int, at: datetime) -> bool:
        """Count a missed offer; True if that was one too many and the operator is away now."""
        await self._connection.run(
            sa.update(presence)
            .where(presence.c.operator_id == operator_id)
            .values(missed_offers=presence.c.missed_offers + 1)
        )
        statement = (
            sa.update(presence)
            .where(
                presence.c.operator_id == operator_id,
                presence.c.missed_offers >= limit,
                presence.c.status == Status.AVAILABLE.value,
            )
            .values(status=Status.AWAY.value, status_since=at, missed_offers=0)
        )
        return await self._connection.run(statement) == 1

    async def answered(self, operator_id: OperatorId) -> None:
        """An offer was taken or declined: somebody is there."""
        await self._connection.run(
            sa.update(presence)
            .where(presence.c.operator_id == operator_id, presence.c.missed_offers > 0)
            .values(missed_offers=0)
        )


class Loads:
    """What operators hold. Every path that gives or frees one changes it here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def lock(self, ids: Sequence[OperatorId]) -> dict[OperatorId, Load]:
        """The operators' loads, held until the transaction ends; locked in the order of ids."""
        rows = await self._connection.rows(LOCK_LOADS, {"of_ids": ids})
        return {row.operator_id: load_of(row) for row in rows}

    async def all(self) -> dict[OperatorId, Load]:
        rows = await self._connection.rows(sa.select(operator_load))
        return {row.operator_id: load_of(row) for row in rows}

    async def start(self, operator_id: OperatorId, *, at: datetime) -> None:
        statement = insert(self._connection.dialect, operator_load).on_conflict_do_nothing()
        row = {"operator_id": operator_id, "open_count": 0, "offered_count": 0, "idle_since": at}
        await self._connection.run(statement, row)

    async def change(
        self,
        operator_id: OperatorId,
        *,
        at: datetime,
        opened: int = 0,
        offered: int = 0,
        open_weight: int = 0,
        offered_weight: int = 0,
        cap_weight: int | None = None,
        given: bool = False,
    ) -> bool:
        """Move counts and weights. False, and nothing moves, if that would pass `cap_weight`.

        `given`: by the queue, not by themselves or a colleague.
        """
        row: dict[str, Any] = {
            "whose": operator_id,
            "opened": opened,
            "offered": offered,
            "open_more": open_weight - opened * WHOLE,
            "offered_more": offered_weight - offered * WHOLE,
            "moved_at": at if opened or offered else None,
            "queue_gave_at": at if given else None,
        }
        if cap_weight is None:
            return await self._connection.run(MOVE_LOAD, row) == 1
        # Who holds nothing gets one thing, or what weighs more than any cap would wait for ever.
        light = 0 if cap_weight > 0 and opened + offered == 1 else -1
        row |= {"weight": open_weight + offered_weight, "cap": cap_weight, "light": light}
        return await self._connection.run(MOVE_LOAD_THAT_FITS, row) == 1


class Offers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, *made: Offer) -> None:
        rows = [
            {name: getattr(offer, name) for name in Offer.__slots__} | {"state": offer.state.value}
            for offer in made
        ]
        await self._connection.run(sa.insert(offers), rows)

    async def live(self, conversation_id: ConversationId) -> list[Offer]:
        query = sa.select(offers).where(
            offers.c.conversation_id == conversation_id,
            offers.c.state == sa.literal_column("'live'"),
        )
        return [offer_of(row) for row in await self._connection.rows(query)]

    async def due(self, line_id: LineId, now: datetime, *, limit: int = 100) -> list[Offer]:
        """The line's live offers whose deadline is over."""
        given = {"of_line": line_id, "now": now, "most": limit}
        return [offer_of(row) for row in await self._connection.rows(OFFERS_DUE, given)]

    async def settle(self, offer_id: OfferId, state: OfferState, *, reason: str = "") -> bool:
        """False if it was settled before."""
        statement = (
            sa.update(offers)
            .where(offers.c.id == offer_id, offers.c.state == OfferState.LIVE.value)
            .values(state=state.value, reason=reason)
        )
        return await self._connection.run(statement) == 1

    async def ending_before(self, until: datetime) -> list[ConversationId]:
        """The conversations whose live offer ends before then."""
        query = sa.select(offers.c.conversation_id).where(
            offers.c.state == sa.literal_column("'live'"), offers.c.deadline < until
        )
        return [row.conversation_id for row in await self._connection.rows(query)]

    async def postpone(self, ids: Sequence[ConversationId], until: datetime) -> None:
        """Let the live offers of these conversations end then. The caller holds them."""
        await self._connection.run(
            sa.update(offers)
            .where(offers.c.conversation_id.in_(ids), offers.c.state == sa.literal_column("'live'"))
            .values(deadline=until)
        )

    async def refused(self, ids: Sequence[ConversationId]) -> dict[ConversationId, list[Offer]]:
        """The offers of each conversation that were declined or missed, oldest first."""
        found: dict[ConversationId, list[Offer]] = {}
        for row in await self._connection.rows(REFUSED, {"of_ids": ids}):
            found.setdefault(row.conversation_id, []).append(offer_of(row))
        return found


class Assignments:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def begin(
        self, conversation: Conversation, operator_id: OperatorId, *, at: datetime, how: str
    ) -> None:
        """They have it from now; `conversation` as it was before."""
        await self.begin_all([(conversation, operator_id)], at=at, how=how)

    async def begin_all(
        self, pairs: Sequence[tuple[Conversation, OperatorId]], *, at: datetime, how: str
    ) -> None:
        rows = []
        for one, operator_id in pairs:
            waited_s = (at - one.waiting_since).total_seconds() if one.waiting_since else None
            rows.append((new_id(), one.id, operator_id, at, how, one.line_id, waited_s))
        await self._connection.put([(ASSIGNED, rows)])

    async def end(self, conversation_id: ConversationId, *, at: datetime) -> None:
        await self._connection.run(
            sa.update(assignments)
            .where(assignments.c.conversation_id == conversation_id, assignments.c.to_at.is_(None))
            .values(to_at=at)
        )


class Decisions:
    """Rows as the distributor writes them: a mapping per decision."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        decided = itemgetter(*DECIDED.columns[1:])
        await self._connection.put([(DECIDED, [(new_id(), *decided(row)) for row in rows])])

    async def latest(
        self, ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Mapping[str, Any]]:
        """The last decision on each conversation."""
        rows = await self._connection.rows(_latest(), {"of_ids": list(ids)})
        return {row.conversation_id: dict(fields(row)) for row in rows}

    async def of_conversation(
        self, conversation_id: ConversationId, *, limit: int = 20
    ) -> list[Mapping[str, Any]]:
        """The latest first."""
        query = (
            sa.select(decisions)
            .where(decisions.c.conversation_id == conversation_id)
            .order_by(decisions.c.at.desc(), decisions.c.id.desc())
            .limit(limit)
        )
        return [dict(fields(row)) for row in await self._connection.rows(query)]


@cache
def _latest() -> Built:
    newest_first = sa.func.row_number().over(
        partition_by=decisions.c.conversation_id,
        order_by=(decisions.c.at.desc(), decisions.c.id.desc()),
    )
    numbered = (
        sa.select(decisions, newest_first.label("number"))
        .where(decisions.c.conversation_id.in_(OF_IDS))
        .subquery()
    )
    return Built(sa.select(numbered).where(numbered.c.number == 1), lists=("of_ids",))
