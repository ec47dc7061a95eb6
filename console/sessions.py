"""Coming in: sign-in and its throttle, sessions, tokens of scripts, one-time passwords.

A session is a random secret in a cookie; the database holds its hash. It ends 30 days after it
was last used, when it is signed out, when the password changes, and when its operator is
dismissed. The CSRF token is made from the same secret, so there is nothing more to store.
"""

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from console.access import Viewer, viewer
from console.passwords import Passwords, one_time_password
from router.bus import Bus
from router.clock import Clock
from router.errors import ActError, Invalid, RouterError
from router.ids import OperatorId, new_id
from router.news import DeskNews, News, OperatorNews
from router.proxies import counted
from router.staff import Operator, Presence, Role, Status
from router.storage import Storage, Transaction
from router.storage.access import Session, Token

LASTS = timedelta(days=30)
# A session's end moves when it is used, but not at every request.
PROLONG_AFTER = timedelta(hours=1)
WINDOW = timedelta(minutes=15)
MAX_FAILURES_OF_EMAIL = 8
MAX_FAILURES_OF_ADDRESS = 40
SECRET_BYTES = 32
KNOWN_FOR_S = 5.0
MOST_KNOWN = 10_000
MAX_SECRET_CHARS = 100


class NotSignedIn(RouterError):
    """Nobody is signed in here, or not with this password."""


class TooManyFailures(RouterError):
    """Too many failed sign-ins; `retry_after_s` says for how long."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too many failed sign-ins")
        self.retry_after_s = retry_after_s


class WrongPassword(ActError):
    """The current password is not that one."""

    code = "wrong_password"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from. A script has no session."""

    viewer: Viewer
    session: Session | None = None
    csrf_token: str = ""
    must_change_password: bool = False


def hashed(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def csrf_token(secret: str) -> str:
    return hmac.new(secret.encode(), b"csrf", sha256).hexdigest()


def shows(given: str | None, token: str) -> bool:
    """Whether a request shows its session's CSRF token."""
    return hmac.compare_digest((given or "").encode(), token.encode())


class Sessions:
    """Once it listens to the bus, it remembers for some seconds who somebody is: every request
    asks. Whoever changes an operator, a queue or a session tells news, and it looks again.
    """

    def __init__(self, storage: Storage, clock: Clock, passwords: Passwords) -> None:
        self._storage = storage
        self._clock = clock
        self._passwords = passwords
        self._known: dict[bytes, tuple[float, SignedIn]] = {}
        self._generation = 0
        self._listens = False

    def listen(self, bus: Bus) -> Callable[[], None]:
        """Gives the way to stop."""
        stops = [bus.listen(self._hear), bus.on_gap(self._forget)]
        self._listens = True

        def stop() -> None:
            self._listens = False
            self._forget()
            for one in stops:
                one()

        return stop

    def _hear(self, news: News) -> None:
        match news:
            case DeskNews():
                self._forget()
            case OperatorNews(operator_id=operator_id):
                self._generation += 1
                for hash_, (_, one) in tuple(self._known.items()):
                    if one.viewer.operator_id == operator_id:
                        del self._known[hash_]
            case _:
                pass

    def _forget(self) -> None:
        self._generation += 1
        self._known.clear()

    # --- coming in ------------------------------------------------------------

    async def sign_in(self, email: str, password: str, *, address: str) -> tuple[str, SignedIn]:
        """Begin a session; gives its secret, for the cookie.

        Raises:
            NotSignedIn: no such operator, or not this password; which, is not said.
            TooManyFailures: of this e-mail or from this address, lately.
        """
        email = email.strip().lower()
        by_email = hashed(f"email {email}")
        by_address = hashed(f"address {counted(address)}")
        attempt = await self._attempt(
            {by_email: MAX_FAILURES_OF_EMAIL, by_address: MAX_FAILURES_OF_ADDRESS}
        )
        async with self._storage.reading() as tx:
            operator = await tx.operators.by_email(email)
            expected, _ = await tx.operators.password(operator.id) if operator else (None, False)
        fits = await self._passwords.fits(expected, password)
        if operator is None or not fits or not operator.active:
            raise NotSignedIn("this e-mail and password do not fit")
        now = self._clock.now()
        secret = secrets.token_urlsafe(SECRET_BYTES)
        async with self._storage.transaction() as tx:
            await tx.access.forgive(by_email)
            await tx.access.take_back(attempt)
            await tx.access.forget_ended(now)
            await tx.access.begin(_session(secret, operator.id, now))
            await tx.access.audit("signed_in", at=now, operator_id=operator.id)
        return secret, await self.of_cookie(secret)

    async def _attempt(self, most: Mapping[bytes, int]) -> list[int]:
        """Note an attempt as failed before it is looked at, so that many at once are as slow as
        many in turn; gives what takes that back. Raises `TooManyFailures`.
        """
        now, who = self._clock.now(), list(most)

        async def step(tx: Transaction) -> list[int]:
            failures = await tx.access.failures(who, since=now - WINDOW)
            if any(failures.get(one, 0) >= most[one] for one in who):
                raise TooManyFailures(int(WINDOW.total_seconds()))
            return await tx.access.failed(who, at=now, forget_before=now - WINDOW)

        return await self._storage.run(step)

    async def of_cookie(self, secret: str) -> SignedIn:
        """Who the cookie's holder is. Raises `NotSignedIn`."""
        if not secret or len(secret) > MAX_SECRET_CHARS:
            raise NotSignedIn("sign in")
        hash_, now_s = hashed(secret), self._clock.monotonic()
        until_s, known = self._known.get(hash_, (0.0, None))
        if known is not None and now_s < until_s:
            return known
        generation = self._generation
        found = await self._found(secret, hash_)
        # News that came while we read would otherwise be lost.
        if self._listens and generation == self._generation:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[hash_] = (now_s + KNOWN_FOR_S, found)
        return found

    async def _found(self, secret: str, hash_: bytes) -> SignedIn:
        now = self._clock.now()
        async with self._storage.reading() as tx:
            session = await tx.access.session(hash_, now=now)
            operator = await tx.operators.get(session.operator_id) if session else None
            if session is None or operator is None or not operator.active:
                raise NotSignedIn("sign in")
            line_ids = await tx.lines.of_operator(operator.id)
            _, must_change = await tx.operators.password(operator.id)
        if now - session.used_at >= PROLONG_AFTER:
            async with self._storage.transaction() as tx:
                await tx.access.prolong(session.hash, used_at=now, until=now + LASTS)
            session = replace(session, used_at=now, until=now + LASTS)
        return SignedIn(viewer(operator, line_ids), session, csrf_token(secret), must_change)

    async def of_token(self, secret: str) -> SignedIn:
        """Which script shows this token. Raises `NotSignedIn`."""
        if not secret or len(secret) > MAX_SECRET_CHARS:
            raise NotSignedIn("this token is not known")
        now = self._clock.now()
        async with self._storage.reading() as tx:
            token = await tx.access.token(hashed(secret))
        if token is None:
            raise NotSignedIn("this token is not known")
        if token.used_at is None or now - token.used_at >= PROLONG_AFTER:
            async with self._storage.transaction() as tx:
                await tx.access.used_token(token.id, at=now)
        return SignedIn(Viewer(token.role, token_id=token.id))

    # --- and going ------------------------------------------------------------

    async def sign_out(self, session: Session) -> None:
        now = self._clock.now()
        async with self._storage.transaction() as tx:
            await tx.access.end(session.hash)
            await tx.access.audit("signed_out", at=now, operator_id=session.operator_id)
            tx.record.tell(OperatorNews(session.operator_id))

    async def change_password(self, session: Session, *, current: str, new: str) -> None:
        """One's own; every other session of this operator ends.

        Raises:
            WrongPassword: `current` is not the password.
            Invalid: the new one is the old one.
        """
        operator_id, now = session.operator_id, self._clock.now()
        attempt = await self._attempt({hashed(f"password {operator_id}"): MAX_FAILURES_OF_EMAIL})
        async with self._storage.reading() as tx:
            expected, _ = await tx.operators.password(operator_id)
        if not await self._passwords.fits(expected, current):
            raise WrongPassword("this is not your current password")
        if new == current:
            raise Invalid("choose another password", fields={"new": "is the old one"})
        hash_ = await self._passwords.hashed(new)
        async with self._storage.transaction() as tx:
            await tx.operators.set_password(operator_id, hash_, must_change=False)
            await tx.access.take_back(attempt)
            await tx.access.end_all(operator_id, but=session.hash)
            await tx.access.audit("password_changed", at=now, operator_id=operator_id)
            tx.record.tell(OperatorNews(operator_id))

    async def alive(self, tx: Transaction, held: Sequence[Session]) -> set[bytes]:
        """Which of these sessions are still good; their operators may have been dismissed."""
        good = await tx.access.sessions([one.hash for one in held], now=self._clock.now())
        active = {one.id for one in await tx.operators.all() if one.active}
        return {hash_ for hash_, session in good.items() if session.operator_id in active}

    # --- making operators -------------------------------------------------------

    async def one_time(self) -> tuple[str, str]:
        """A one-time password and its hash."""
        password = one_time_password()
        return password, await self._passwords.hashed(password)


def _session(secret: str, operator_id: OperatorId, now: datetime) -> Session:
    return Session(hashed(secret), operator_id, begun_at=now, used_at=now, until=now + LASTS)


async def enrol(
    tx: Transaction, operator: Operator, *, password_hash: str | None, now: datetime
) -> None:
    """Add an operator, who is not there yet and holds nothing. Their password is for one time.

    Raises `Invalid` if the e-mail is somebody's already.
    """
    if await tx.operators.by_email(operator.email) is not None:
        raise Invalid("somebody has this e-mail", fields={"email": "is taken"})
    await tx.operators.insert(operator, password_hash=password_hash, must_change_password=True)
    await tx.presence.put(Presence(operator.id, Status.OFF, status_since=now))
    await tx.loads.start(operator.id, at=now)
    tx.record.tell(OperatorNews(operator.id), DeskNews())


async def add_operator(
    storage: Storage,
    clock: Clock,
    passwords: Passwords,
    *,
    email: str,
    name: str,
    role: Role = Role.OPERATOR,
    max_conversations: int = 5,
) -> str:
    """Add an operator; gives their one-time password. Raises `Invalid` if the e-mail is taken."""
    password = one_time_password()
    hash_ = await passwords.hashed(password)
    operator = Operator(
        OperatorId(new_id()),
        email.strip().lower(),
        name,
        role=role,
        max_conversations=max_conversations,
    )
    now = clock.now()
    async with storage.transaction() as tx:
        await enrol(tx, operator, password_hash=hash_, now=now)
        await tx.access.audit("operator_added", at=now, subject_id=operator.id)
    return password


async def make_administrator(
    storage: Storage, clock: Clock, passwords: Passwords, *, email: str, name: str
) -> str | None:
    """Make the first operator, an administrator; gives their one-time password.

    None, and nothing done, if there are operators already.
    """
    async with storage.reading() as tx:
        if await tx.operators.any():
            return None
    return await add_operator(
        storage, clock, passwords, email=email, name=name, role=Role.ADMINISTRATOR
    )


async def make_token(storage: Storage, clock: Clock, *, role: Role, name: str) -> str:
    """A new token for a script; it is shown once."""
    secret, now = secrets.token_urlsafe(SECRET_BYTES), clock.now()
    token = Token(new_id(), name, role, made_at=now)
    async with storage.transaction() as tx:
        await tx.access.add_token(token, hash_=hashed(secret))
        await tx.access.audit("token_made", at=now, subject_id=token.id)
    return secret
