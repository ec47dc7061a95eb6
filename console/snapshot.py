"""What a client begins with, and what it checks itself by: a snapshot, counts, sums of versions."""

from collections.abc import Iterable, Mapping, Sequence

from console.access import List, Viewer, counter_keys, lines_among, person, sees
from console.api.lists import listed
from console.api.shapes import ConversationView, Counts, Page, Snapshot
from console.desk import Desk
from console.staff import inboxes_now, lines_now, operators_now
from console.views import conversation_view
from router.ids import LineId
from router.model import Conversation
from router.staff import Role
from router.storage import Transaction
from router.storage.statements import Page as Walked

PAGED = (List.WAITING, List.ALL, List.CLOSED)


async def snapshot(
    tx: Transaction, desk: Desk, viewer: Viewer
) -> tuple[Snapshot, list[Conversation]]:
    """Everything that one operator's screen begins with, and the conversations of theirs in it."""
    me = person(viewer)
    line_ids = lines_among(viewer, [line.id for line in await tx.lines.all()])
    mine = await listed(tx, viewer, List.MINE, line_ids)
    operators = await operators_now(tx, desk)
    pages = {which: await listed(tx, viewer, which, line_ids) for which in PAGED}
    standing = (mine, pages[List.WAITING], pages[List.ALL])
    merged = await tx.conversations.merged_into(
        *{one.id for walked in standing for one in walked.items}
    )
    frame = Snapshot(
        build=desk.build,
        server_time=desk.clock.now(),
        me=next(one for one in operators if one.id == me.id),
        lines=await lines_now(tx),
        inboxes=await inboxes_now(tx, desk, whole=viewer.role is Role.ADMINISTRATOR),
        operators=operators,
        mine=[conversation_view(one) for one in mine.items],
        waiting=_page(pages[List.WAITING]),
        all=_page(pages[List.ALL]),
        closed=_page(pages[List.CLOSED]),
        merged=[conversation_view(one) for one in merged if sees(viewer, one)],
        counts=(await counts(tx, [viewer], line_ids))[0],
    )
    return frame, list(mine.items)


def _page(walked: Walked[Conversation]) -> Page[ConversationView]:
    return Page(items=[conversation_view(one) for one in walked.items], next=walked.next)


async def counts(
    tx: Transaction, viewers: Sequence[Viewer], line_ids: Iterable[LineId]
) -> list[Counts]:
    """Each viewer's numbers, from the kept counters, in one query."""
    lines = list(line_ids)
    keys = [counter_keys(viewer, lines_among(viewer, lines)) for viewer in viewers]
    asked = {key for one in keys for group in one.values() for key in group}
    numbers = await tx.record.counts(sorted(asked)) if asked else {}
    return [Counts(**_sums(one, numbers)) for one in keys]


def _sums(keys: Mapping[str, Sequence[str]], numbers: Mapping[str, int]) -> dict[str, int]:
    return {name: sum(numbers[key] for key in group) for name, group in keys.items()}


async def version_sums(
    tx: Transaction, viewers: Sequence[Viewer], line_ids: Iterable[LineId]
) -> list[dict[str, int]]:
    """List → the sum of its first page's versions; viewers of the same lines are read once."""
    lines = list(line_ids)
    known: dict[tuple[LineId, ...], dict[str, int]] = {}
    found = []
    for viewer in viewers:
        theirs = tuple(lines_among(viewer, lines))
        if theirs not in known:
            known[theirs] = {
                which.value: _sum(await listed(tx, viewer, which, theirs)) for which in PAGED
            }
        mine = _sum(await listed(tx, viewer, List.MINE, theirs))
        found.append(known[theirs] | {List.MINE.value: mine})
    return found


def _sum(walked: Walked[Conversation]) -> int:
    return sum(one.version for one in walked.items)
