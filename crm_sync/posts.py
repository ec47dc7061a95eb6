"""What is logged of a conversation in one step: a post, and how far the log is with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crm_sync import parting, timeline
from crm_sync.backlog import Backlog, Waiting
from crm_sync.crm import Crm, CrmRef, Inside, TimelineEntry
from crm_sync.once import Once
from router.news import LeadNews
from router.storage import Transaction
from router.storage.crm import Log


@dataclass(frozen=True, slots=True)
class Post:
    """What stands on a lead's timeline with `log`; `whole`: that holds all of the conversation."""

    to: CrmRef
    entries: Sequence[TimelineEntry]
    log: Log
    whole: bool


class Posts:
    def __init__(self, crm: Crm, once: Once, *, account: str) -> None:
        self._crm = crm
        self._once = once
        self._account = account

    async def append(
        self, backlog: Backlog, waiting: Waiting, *, to: CrmRef, log: Log, version: int
    ) -> Post:
        """Append one post to a lead, unless that is done where it is kept.

        `version`: the conversation's, whose changes were all read.
        """
        max_chars, noted = self._crm.capabilities.max_post_chars, log.position
        here = parting.own(waiting.talk.conversation, noted)
        placed = timeline.placed(waiting.talk, here, max_chars=max_chars)
        post = timeline.first_post(placed, max_chars=max_chars, ends_with=backlog.lane.asked_key)
        entries = [one.entry for one in post]
        if entries and not isinstance(self._crm, Inside):
            await self._once.make(
                backlog,
                entries[-1].key,
                to,
                lambda: self._crm.append(entries, to),
                post=(waiting.talk.conversation.id, parting.noting(noted, post[-1].then)),
            )
        if len(post) < len(placed):
            then = parting.noting(noted, post[-1].then)
            return Post(to, entries, replace(log, position=then), whole=False)
        log = replace(log, position=parting.noting(noted, timeline.end(waiting.talk, here)))
        if waiting.whole:
            log = replace(log, version=version)
        return Post(to, entries, log, whole=waiting.whole)

    async def keep(self, tx: Transaction, waiting: Waiting, post: Post) -> None:
        """Write down how far it is logged; where nobody else keeps it, what is logged too."""
        if post.entries and isinstance(self._crm, Inside):
            await self._crm.append_in(tx, post.entries, post.to)
        await tx.crm.save_log(self._account, post.log)
        tx.record.tell(LeadNews(waiting.talk.customer.id, waiting.talk.line.id))
