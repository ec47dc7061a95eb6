"""Re-checks in production what may never be otherwise."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from uuid import UUID

from router.ids import LineId, OperatorId
from router.staff import Load
from router.storage import Storage, Transaction
from router.storage.audit import Held
from router.storage.board import line_of

NAMED = 20
NOTHING = Held(0, 0)
# A step that fails is tried again within this time; what nobody looked at for longer is lost.
LATEST_LOOK = timedelta(minutes=5)
# Ten audits in a row that did not take place.
LATEST_AUDIT = timedelta(minutes=5)


class Breach(StrEnum):
    """Which promise is broken."""

    ORPHANED = "orphaned"
    FORGOTTEN = "forgotten"
    OWNER_DIFFERS = "owner_differs"
    OFFER_DIFFERS = "offer_differs"
    LOAD_DIFFERS = "load_differs"
    PIN_DIFFERS = "pin_differs"
    COUNT_DIFFERS = "count_differs"
    MERGED_AND_OPEN = "merged_and_open"
    SPLIT_DIFFERS = "split_differs"
    NOT_AUDITED = "not_audited"


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken promise: how often, and the first `NAMED` conversations, operators or lines
    concerned.
    """

    breach: Breach
    count: int
    named: tuple[UUID, ...]


async def audit(
    tx: Transaction, *, now: datetime, working_since: datetime | None = None
) -> list[Finding]:
    """What is wrong; nothing, if all is well. Changes nothing: give it one consistent state.

    - Who is not closed has an owner, a live offer, or a time at which they are looked at again;
      and that time was not missed. What fell due while nobody worked is not missed before
      `LATEST_LOOK` has gone by since `working_since`; None: they always did.
    - A conversation and its running assignment, or its live offer, name the same one operator; of
      what is held out to several at once, the same ones, and nothing of their capacity is taken.
    - What is pinned is pinned to somebody.
    - What was merged into another is closed.
    - A conversation that was split from another begins where that one, which is closed, ends, and
      each has the messages of its part of the thread.
    - An operator's load is what they hold and what they are offered.
    - The kept numbers of a line's load are those that a count gives.
    """
    conversations = tx.conversations
    loads = misloaded(
        (await tx.loads.all()).values(),
        held=await tx.audit.held(),
        held_out=await tx.audit.held_out(),
    )
    had_time = working_since is None or now - working_since >= LATEST_LOOK
    forgotten = await tx.audit.forgotten(now - LATEST_LOOK) if had_time else []
    found = [
        _finding(Breach.ORPHANED, await conversations.without_anyone(now)),
        _finding(Breach.FORGOTTEN, forgotten),
        _finding(Breach.OWNER_DIFFERS, await tx.audit.disowned()),
        _finding(Breach.OFFER_DIFFERS, await tx.audit.misoffered()),
        _finding(Breach.LOAD_DIFFERS, loads),
        _finding(Breach.PIN_DIFFERS, await tx.audit.unkept()),
        _finding(Breach.COUNT_DIFFERS, await _miscounted(tx)),
        _finding(Breach.MERGED_AND_OPEN, await tx.audit.merged_and_open()),
        _finding(Breach.SPLIT_DIFFERS, await tx.audit.misparted()),
    ]
    return [one for one in found if one.count]


async def set_right(storage: Storage, findings: Sequence[Finding]) -> None:
    """Count anew where kept numbers differ: they decide nothing, and people look at them."""
    for finding in findings:
        if finding.breach is Breach.COUNT_DIFFERS:
            for line_id in map(LineId, finding.named):
                await storage.run(partial(_recount, line_id))


async def _recount(line_id: LineId, tx: Transaction) -> None:
    # Two who did so at once would do it twice.
    if await tx.lines.lock(line_id) is not None:
        tx.record.move(await tx.board.miscounted([line_id]))


async def _miscounted(tx: Transaction) -> list[LineId]:
    lines = [line.id for line in await tx.lines.all()]
    return sorted({line_of(key) for key in await tx.board.miscounted(lines)})


async def write_down(tx: Transaction, findings: Sequence[Finding], *, now: datetime) -> None:
    """Keep what an audit found, for the processes that do not audit."""
    rows = [
        {"breach": one.breach.value, "count": one.count, "named": [str(id_) for id_ in one.named]}
        for one in findings
    ]
    await tx.audit.keep(rows, at=now)


async def last_findings(tx: Transaction, *, now: datetime, asking_since: datetime) -> list[Finding]:
    """What the last audit found. An audit that is too old is a finding itself, but not before
    `LATEST_AUDIT` has gone by since `asking_since`: a desk that starts has had no time for one.
    """
    last = await tx.audit.last()
    found = [
        Finding(Breach(row["breach"]), row["count"], tuple(map(UUID, row["named"])))
        for row in (last[1] if last else ())
        if row["breach"] in set(Breach)
    ]
    audited_at = max(last[0], asking_since) if last else asking_since
    if now - audited_at > LATEST_AUDIT:
        found.append(Finding(Breach.NOT_AUDITED, 1, ()))
    return found


def misloaded(
    loads: Iterable[Load],
    *,
    held: Mapping[OperatorId, Held],
    held_out: Mapping[OperatorId, Held],
) -> list[OperatorId]:
    """Whose load is not what they hold and what they are offered, by number or by weight."""
    kept = {
        one.operator_id: (
            Held(one.open_count, one.open_weight),
            Held(one.offered_count, one.offered_weight),
        )
        for one in loads
        if one.open_count or one.offered_count or one.weight
    }
    counted = {
        operator: (held.get(operator, NOTHING), held_out.get(operator, NOTHING))
        for operator in held.keys() | held_out.keys()
    }
    return sorted(
        operator
        for operator in kept.keys() | counted.keys()
        if kept.get(operator) != counted.get(operator)
    )


def _finding(breach: Breach, ids: Iterable[UUID]) -> Finding:
    concerned = tuple(ids)
    return Finding(breach, len(concerned), concerned[:NAMED])
