"""The step of the lane `crm/<customer>`: what was said and done → the CRM, in order, once.

A step logs the oldest of the customer's conversations that is behind, up to one post of it, and
is due again at once if there is more. No transaction is open while the CRM is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm_sync import mapping
from crm_sync.backlog import Backlog, Waiting, read_backlog
from crm_sync.crm import (
    GONE,
    Crm,
    CrmMatch,
    CrmRecord,
    CrmRef,
    CrmUser,
    Person,
)
from crm_sync.once import Once
from crm_sync.posts import Post, Posts
from crm_sync.progress import Progress, heals, problem_of, progress, write_trouble
from crm_sync.users import Users, operator_of
from router import events
from router.clock import Clock
from router.errors import Busy, ProviderError, Rejected, Throttled
from router.identity import enrich, entrust
from router.ids import CustomerId, LeadId, new_id
from router.model import Conversation
from router.news import LeadNews
from router.staff import Operator
from router.states import linked, of
from router.storage import Conflict, Lane, LostLease, Storage, Transaction
from router.storage.crm import Link, LinkKind, Log, Problem
from router.work import SetAside

KIND = "crm"
# A lead that vanishes as soon as it is made is not made again and again.
GONE_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Led:
    """A conversation's lead; its log; and the version whose changes were all read."""

    ref: CrmRef
    log: Log
    version: int


class Sync:
    """Logs to one CRM account; `account` names it among all that the desk ever had."""

    def __init__(self, storage: Storage, clock: Clock, crm: Crm, *, account: str) -> None:
        self._storage = storage
        self._clock = clock
        self._crm = crm
        self._account = account
        self._once = Once(storage, clock, crm, account=account)
        self._posts = Posts(crm, self._once, account=account)
        self._users = Users(crm, clock)

    async def step(self, lane: Lane) -> None:
        """One step of a customer's lane.

        Raises:
            SetAside: the settings are wrong, or the CRM refused; a person must do something.
            ProviderError: it failed, and time may heal it.
        """
        customer_id = CustomerId(UUID(lane.key))
        try:
            await self._log(lane, customer_id)
        except Throttled as error:
            due_at = self._clock.now() + timedelta(seconds=error.retry_after_s)
            async with self._storage.transaction() as tx:
                tx.lanes.give_back(lane, due_at=due_at)
        except ProviderError as error:
            problem = problem_of(error, failures=lane.failures + 1)
            await self._tell(customer_id, problem, error.reason or type(error).__name__)
            if heals(error):
                raise
            raise SetAside(f"{problem}: {error.reason}") from error
        except (Busy, Conflict, LostLease):
            raise
        except Exception as error:
            await self._tell(customer_id, Problem.OUR_BUG, type(error).__name__)
            raise

    async def progress(self, tx: Transaction, conversation: Conversation) -> Progress:
        """How far a conversation is logged, as the console shows it."""
        log = await tx.crm.log(self._account, conversation.id)
        lane = await tx.crm.lane(self._account, conversation.customer_id)
        return progress(conversation, log, lane)

    async def resume(self) -> int:
        """The settings were changed: try again what stands still because of them.

        Raises what `Crm.check` raises, and then tries nothing.
        """
        await self._crm.check()
        async with self._storage.transaction() as tx:
            stuck = await tx.crm.troubled(self._account, Problem.FIX_THE_SETTINGS)
            for customer_id in stuck:
                await tx.lanes.retry(KIND, str(customer_id), now=self._clock.now())
        return len(stuck)

    # --- one step -----------------------------------------------------------------

    async def _log(self, lane: Lane, customer_id: CustomerId) -> None:
        async with self._storage.reading() as tx:
            backlog = await read_backlog(tx, self._account, customer_id)
        if backlog is None or (backlog.waiting is None and backlog.person is None):
            async with self._storage.transaction() as tx:
                tx.lanes.give_back(lane)
            return
        if backlog.lost is not None:
            await self._once.look_for(lane, backlog, backlog.lost)
            return
        matches = await self._matches(backlog)
        person = await self._person(backlog, matches)
        waiting = backlog.waiting
        try:
            post = await self._post(backlog, waiting, person, matches) if waiting else None
            async with self._storage.transaction() as tx:
                if waiting is not None and post is not None:
                    await self._posts.keep(tx, waiting, post)
                if backlog.lane.detail is not None:
                    await write_trouble(tx, self._account, customer_id, problem=None, detail=None)
                more = post is not None and (backlog.more or not post.whole)
                tx.lanes.give_back(lane, due_at=self._clock.now() if more else None)
        except Rejected as error:
            if waiting is None or not await self._forget(lane, waiting, error):
                raise

    async def _post(
        self, backlog: Backlog, waiting: Waiting, person: CrmRef, matches: Sequence[CrmMatch]
    ) -> Post:
        led = await self._lead(backlog, waiting, person, matches)
        led = await self._assign(led, waiting)
        return await self._posts.append(
            backlog, waiting, to=led.ref, log=led.log, version=led.version
        )

    async def _matches(self, backlog: Backlog) -> Sequence[CrmMatch]:
        """Whom the CRM knows by what is proven: a claim finds nobody."""
        known = backlog.person is not None and backlog.person.ref is not None
        if known and (backlog.waiting is None or backlog.waiting.log.lead_id is not None):
            return ()
        proven = mapping.person(backlog.customer, backlog.identities).proven
        if not proven and not backlog.identities:
            return ()
        return await self._crm.find(proven, backlog.identities)

    async def _person(self, backlog: Backlog, matches: Sequence[CrmMatch]) -> CrmRef:
        """The customer as the CRM's person, made or brought up to date."""
        wanted = mapping.person(backlog.customer, backlog.identities)
        digest = mapping.digest(wanted)
        link = backlog.person or Link(
            LinkKind.PERSON, wanted.id, wanted.id, made_at=self._clock.now()
        )
        if link.ref is not None and link.digest == digest:
            return CrmRef.of(link.ref)
        known = CrmRef.of(link.ref) if link.ref else next((one.person for one in matches), None)
        ref = await self._saved(backlog, wanted, known)
        async with self._storage.transaction() as tx:
            await tx.crm.save_link(self._account, replace(link, ref=ref.text(), digest=digest))
        return ref

    async def _saved(self, backlog: Backlog, wanted: Person, known: CrmRef | None) -> CrmRef:
        if known is not None:
            try:
                return await self._crm.save_person(wanted, known)
            except Rejected as error:
                if error.code != GONE:
                    raise
        return await self._once.make(
            backlog, wanted.key, None, lambda: self._crm.save_person(wanted, None)
        )

    # --- the lead -----------------------------------------------------------------

    async def _lead(
        self, backlog: Backlog, waiting: Waiting, person: CrmRef, matches: Sequence[CrmMatch]
    ) -> _Led:
        """The conversation's own lead, else the customer's open one, else a new one."""
        talk, lead = waiting.talk.conversation, waiting.lead
        if lead is not None and lead.ref is not None and talk.lead_id == lead.our_id:
            return _Led(CrmRef.of(lead.ref), waiting.log, talk.version)
        if found := await self._known(backlog, waiting, person, matches):
            link, record = found
            return await self._link(
                waiting, link, waiting.log, owner=record.owner, fields=record.fields
            )
        planned = waiting.lead or await self._plan(backlog, waiting)
        operator, owner = await self._owner(waiting)
        wanted = mapping.lead(
            LeadId(planned.our_id),
            waiting.talk,
            of=person,
            owner=owner,
            page=waiting.page,
            landing=waiting.landing,
        )
        ref = await self._once.make(
            backlog, wanted.key, None, lambda: self._crm.save_lead(wanted, None)
        )
        log = replace(waiting.log, owner_id=operator.id if operator and owner else None)
        made = await self._crm.read(ref)
        return await self._link(
            waiting,
            replace(planned, ref=ref.text()),
            log,
            owner=owner or made.owner,
            fields=made.fields,
        )

    async def _known(
        self, backlog: Backlog, waiting: Waiting, person: CrmRef, matches: Sequence[CrmMatch]
    ) -> tuple[Link, CrmRecord] | None:
        """The lead that it shares with the one it was split from, else the customer's open one."""
        if waiting.lead is not None and waiting.lead.ref is not None:
            return waiting.lead, await self._crm.read(CrmRef.of(waiting.lead.ref))
        wants_its_own = waiting.log.lead_id is not None or waiting.talk.conversation.own_lead
        return None if wants_its_own else await self._open(backlog, person, matches)

    async def _open(
        self, backlog: Backlog, person: CrmRef, matches: Sequence[CrmMatch]
    ) -> tuple[Link, CrmRecord] | None:
        """The customer's lead that is neither won nor lost: one of ours, or the CRM's own."""
        for link in backlog.leads:
            if link.ref is not None and (record := await self._read_open(CrmRef.of(link.ref))):
                return link, record
        found = next((one.lead for one in matches if one.lead and one.person == person), None)
        record = await self._read_open(found) if found is not None else None
        if found is None or record is None:
            return None
        async with self._storage.reading() as tx:
            ours = await tx.crm.link_to(self._account, LinkKind.LEAD, found.text())
        new = Link(
            LinkKind.LEAD, new_id(), backlog.customer.id, self._clock.now(), ref=found.text()
        )
        return ours or new, record

    async def _read_open(self, ref: CrmRef) -> CrmRecord | None:
        """None: it has ended, or is there no more."""
        try:
            record = await self._crm.read(ref)
        except Rejected as error:
            if error.code != GONE:
                raise
            return None
        return record if record.open else None

    async def _plan(self, backlog: Backlog, waiting: Waiting) -> Link:
        """Give a lead its id before it is made, so that a repeat makes the same one."""
        link = Link(LinkKind.LEAD, new_id(), backlog.customer.id, self._clock.now())
        async with self._storage.transaction() as tx:
            await tx.crm.save_link(self._account, link)
            log = replace(waiting.log, lead_id=LeadId(link.our_id))
            await tx.crm.save_log(self._account, log)
        return link

    async def _link(
        self,
        waiting: Waiting,
        link: Link,
        log: Log,
        *,
        owner: CrmUser | None,
        fields: Mapping[str, Any],
    ) -> _Led:
        """The lead is there: write that down, on the conversation; who is responsible, what the CRM
        knows of the customer.
        """
        assert link.ref is not None
        lead_id, read = LeadId(link.our_id), waiting.talk.conversation
        log, version = replace(log, lead_id=lead_id), read.version
        async with self._storage.transaction() as tx:
            await tx.crm.save_link(self._account, link)
            await tx.crm.save_log(self._account, log)
            responsible_id = await operator_of(tx, owner)
            await entrust(tx, waiting.talk.customer.id, responsible_id, now=self._clock.now())
            await enrich(tx, waiting.talk.customer.id, fields)
            held = await tx.conversations.lock(read.id)
            if held is not None and held[1].lead_id != lead_id:
                after = linked(held[1], lead_id)
                event = events.LeadLinked(**of(after, self._clock.now()), lead_id=lead_id)
                await tx.change(held[1], after, event)
                if held[1].version == version:
                    version = after.version
                else:
                    # Of a change that came between nothing was read, and without a lead on it
                    # nobody was woken.
                    tx.lanes.wake(KIND, waiting.talk.customer.id, self._clock.now())
            tx.record.tell(LeadNews(waiting.talk.customer.id, read.line_id))
        return _Led(CrmRef.of(link.ref), log, version)

    async def _forget(self, lane: Lane, waiting: Waiting, error: Rejected) -> bool:
        """Somebody deleted the lead in the CRM: what is new goes to another. False: not that."""
        link = waiting.lead
        if error.code != GONE or link is None or self._clock.now() < link.made_at + GONE_AFTER:
            return False
        async with self._storage.transaction() as tx:
            log = replace(waiting.log, lead_id=None, owner_id=None)
            await tx.crm.save_log(self._account, log)
            tx.lanes.give_back(lane, due_at=self._clock.now())
        return True

    # --- its owner -------------------------------------------------

    async def _owner(self, waiting: Waiting) -> tuple[Operator | None, CrmUser | None]:
        """Who has the conversation or had it last, and who that is in the CRM."""
        owner_id = mapping.owner(waiting.talk)
        operator = waiting.operators.get(owner_id) if owner_id is not None else None
        return operator, await self._users.of(operator) if operator is not None else None

    async def _assign(self, led: _Led, waiting: Waiting) -> _Led:
        """The lead's owner follows the conversation's, if the CRM knows them.

        Its first owner takes the lead only if it has none: who was responsible before stays.
        """
        if mapping.owner(waiting.talk) in (None, led.log.owner_id):
            return led
        operator, user = await self._owner(waiting)
        if operator is not None and user is not None:
            is_first = led.log.owner_id is None
            if not is_first or (await self._crm.read(led.ref)).owner is None:
                await self._crm.assign(led.ref, user)
                async with self._storage.transaction() as tx:
                    customer_id, now = waiting.talk.customer.id, self._clock.now()
                    await entrust(tx, customer_id, operator.id, now=now)
        return replace(led, log=replace(led.log, owner_id=operator.id if operator else None))

    async def _tell(self, customer_id: CustomerId, problem: Problem | None, detail: str) -> None:
        async with self._storage.transaction() as tx:
            await write_trouble(tx, self._account, customer_id, problem=problem, detail=detail)
