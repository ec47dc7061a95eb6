"""A CRM as strict as real ones: it makes again what is asked again, and fails as it is told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from crm_sync.crm import (
    GONE,
    CrmCapabilities,
    CrmChoices,
    CrmMatch,
    CrmRecord,
    CrmRef,
    CrmUser,
    FollowUp,
    Lead,
    Person,
    TimelineEntry,
)
from crm_sync.timeline import joined
from router.errors import ProviderError, Rejected
from router.model import Contact, Identity


@dataclass
class Made:
    """A record: under which key it was made, and what stands in it."""

    ref: CrmRef
    key: str
    near: CrmRef | None = None
    owner: CrmUser | None = None
    open: bool = True
    texts: list[str] = field(default_factory=list)
    proven: set[Contact | tuple[str, str, str]] = field(default_factory=set)
    person: CrmRef | None = None
    fields: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """What a call raises. `done`: only its answer is lost, it was done all the same."""

    error: BaseException
    done: bool = False


class StrictCrm:
    """`failures` maps a method to how its next calls fail; `down` fails all of them.

    `blind`: it finds nobody. `assigns`: whom it gives a lead made for nobody. `meanwhile` happens while the next lead is being made.
    """

    capabilities: ClassVar[CrmCapabilities] = CrmCapabilities(lookup_lag_s=20, max_post_chars=2_000)

    def __init__(self, users: Sequence[CrmUser] = ()) -> None:
        self.users = list(users)
        self.made: list[Made] = []
        self.failures: dict[str, list[Failure]] = {}
        self.down: ProviderError | None = None
        self.blind = False
        self.assigns: CrmUser | None = None
        self.meanwhile: Callable[[], Awaitable[object]] | None = None
        self.calls: list[str] = []

    # --- what tests see and do ------------------------------------------------------

    def fail(self, method: str, error: BaseException, *, done: bool = False) -> None:
        self.failures.setdefault(method, []).append(Failure(error, done=done))

    def of_kind(self, kind: str) -> list[Made]:
        return [one for one in self.made if one.ref.kind == kind]

    @property
    def posts(self) -> list[str]:
        return [one.texts[0] for one in self.of_kind("post")]

    def delete(self, made: Made) -> None:
        self.made.remove(made)

    # --- the contract ---------------------------------------------------------------

    async def find(
        self, contacts: Sequence[Contact], identities: Sequence[Identity]
    ) -> Sequence[CrmMatch]:
        self._begin("find")
        if self.blind:
            return []
        wanted = {*contacts, *map(_identified, identities)}
        persons = [one for one in self.of_kind("person") if one.proven & wanted]
        return [CrmMatch(one.ref, self._open_lead(one.ref)) for one in persons]

    async def find_key(self, key: str, near: CrmRef | None) -> CrmRef | None:
        self._begin("find_key")
        return next((one.ref for one in self.made if one.key == key and one.near == near), None)

    async def read(self, ref: CrmRef) -> CrmRecord:
        self._begin("read")
        made = self._get(ref)
        state = "new" if made.open else "lost"
        return CrmRecord(ref, "", state, made.open, made.owner, made.fields)

    async def save_person(self, person: Person, ref: CrmRef | None) -> CrmRef:
        failure = self._begin("save_person")
        made = self._get(ref) if ref else self._make("person", person.key)
        made.proven |= {*person.proven, *map(_identified, person.identities)}
        made.texts = [person.name, *(f"says: {one.value}" for one in person.said)]
        return self._answer(made, failure)

    async def save_lead(self, lead: Lead, ref: CrmRef | None) -> CrmRef:
        failure = self._begin("save_lead")
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        self._get(lead.person)
        made = self._get(ref) if ref else self._make("lead", lead.key)
        made.person, made.owner = lead.person, made.owner or lead.owner or self.assigns
        made.texts = [lead.title]
        return self._answer(made, failure)

    async def append(self, entries: Sequence[TimelineEntry], to: CrmRef) -> CrmRef:
        failure = self._begin("append")
        self._get(to)
        text = joined(entries)
        if len(text) > self.capabilities.max_post_chars:
            raise Rejected("the post is too long", code="too_long")
        made = self._make("post", entries[-1].key, near=to)
        made.texts = [text]
        return self._answer(made, failure)

    async def assign(self, ref: CrmRef, owner: CrmUser) -> None:
        failure = self._begin("assign")
        made = self._get(ref)
        made.owner = owner
        self._answer(made, failure)

    async def add_task(self, task: FollowUp, to: CrmRef) -> CrmRef:
        failure = self._begin("add_task")
        self._get(to)
        return self._answer(self._make("task", task.key, near=to), failure)

    async def choices(self) -> CrmChoices:
        self._begin("choices")
        return CrmChoices(users=tuple(self.users))

    def url(self, ref: CrmRef) -> str:
        return f"https://crm.example/{ref.kind}/{ref.id}"

    async def check(self) -> None:
        self._begin("check")

    # --- how it keeps and fails -------------------------------------------------------

    def _begin(self, method: str) -> Failure | None:
        self.calls.append(method)
        if self.down is not None:
            raise self.down
        planned = self.failures.get(method)
        failure = planned.pop(0) if planned else None
        if failure is not None and not failure.done:
            raise failure.error
        return failure

    def _answer(self, made: Made, failure: Failure | None) -> CrmRef:
        if failure is not None:
            raise failure.error
        return made.ref

    def _make(self, kind: str, key: str, *, near: CrmRef | None = None) -> Made:
        made = Made(CrmRef(kind, f"{kind[0].upper()}{len(self.made) + 1}"), key, near)
        self.made.append(made)
        return made

    def _get(self, ref: CrmRef) -> Made:
        for one in self.made:
            if one.ref == ref:
                return one
        raise Rejected("no such record", code=GONE)

    def _open_lead(self, person: CrmRef) -> CrmRef | None:
        leads = [one.ref for one in self.of_kind("lead") if one.person == person and one.open]
        return leads[-1] if leads else None


def _identified(identity: Identity) -> tuple[str, str, str]:
    return (identity.kind, identity.scope, identity.address)
