"""Who a visitor is: a token that we signed, or a user whom the host site vouches for.

A visitor has one thread, under the visitor's id. A user proven by the host site has the same id,
and so the same thread, in every browser; without a fresh proof nobody gets into that thread, so
that the next person at a shared computer does not read it.

Whoever signs in while they talk goes on in the thread that they began in, which needs the proof
from then on, until that conversation is closed.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import SplitResult, urlsplit
from uuid import UUID, uuid5

from itsdangerous import BadData, URLSafeSerializer

from channels._proof import is_same
from channels.webchat.frames import Hello, Identity, Send
from router.channel import Action, CustomerAction, Secrets, Sender
from router.contacts import email, phone, region_of
from router.ids import InboxId, new_id
from router.model import Contact, ContactKind
from router.visitor import Front

MAX_TOKEN_CHARS = 512
MAX_NAME_CHARS = 100
USER_ID_VERSION = 5
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class ForeignToken(Exception):
    """The token is not ours, or of another inbox."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """`proven`: the host site vouched for this user just now. `new`: nobody has met them yet."""

    id: str
    proven: bool = False
    new: bool = False


class Tokens:
    """Visitors' tokens: opaque to browsers, impossible to make without the keys, newest first."""

    def __init__(self, signing_keys: Sequence[bytes]) -> None:
        # itsdangerous takes the oldest first and signs with the last.
        self._signed = URLSafeSerializer(
            list(signing_keys[::-1]), salt="liniya.visitor", signer_kwargs={"digest_method": sha256}
        )

    def issue(self, inbox_id: InboxId, visitor: Visitor) -> str:
        """Always the same for the same visitor, until the key is replaced."""
        return str(self._signed.dumps([str(inbox_id), visitor.id, visitor.proven]))

    def read(self, inbox_id: InboxId, token: str) -> Visitor:
        """Whose token it is. Raises `ForeignToken`."""
        try:
            known, visitor_id, proven = self._signed.loads(token[:MAX_TOKEN_CHARS])
        except (BadData, ValueError, TypeError):
            raise ForeignToken from None
        if known != str(inbox_id):
            raise ForeignToken
        return Visitor(id=visitor_id, proven=proven)

    def began(self, inbox_id: InboxId, token: str | None) -> Visitor | None:
        """Whose thread that browser was in, if that is no user's of whom it needs a proof."""
        try:
            visitor = self.read(inbox_id, token or "")
        except ForeignToken:
            return None
        return None if UUID(visitor.id).version == USER_ID_VERSION else visitor

    def is_of(self, inbox_id: InboxId, token: str | None, visitor: Visitor) -> bool:
        """Whether the token is that visitor's, signed with whichever of our keys."""
        try:
            return self.read(inbox_id, token or "").id == visitor.id
        except ForeignToken:
            return False


def recognised(front: Front, tokens: Tokens, hello: Hello, *, now: datetime) -> Visitor:
    """Who says hello: the proven user, else the token's visitor, else somebody new.

    Raises:
        ForeignToken: the browser is to forget its token.
    """
    if hello.identity and is_proven(front.secrets, hello.identity, now=now):
        return Visitor(str(uuid5(front.inbox.id, hello.identity.user_id or "")), proven=True)
    if not hello.token:
        return Visitor(str(new_id()), new=True)
    visitor = tokens.read(front.inbox.id, hello.token)
    return Visitor(str(new_id()), new=True) if visitor.proven else visitor


async def placed(front: Front, tokens: Tokens, hello: Hello, user: Visitor) -> Visitor:
    """Where the proven user's words stand: in their own thread, or where this browser's
    conversation goes on that was begun before the proof.
    """
    began = tokens.began(front.inbox.id, hello.token)
    if began is None:
        return user
    proof = sender(front, user, hello)
    # Once is enough: an operator may have parted them since.
    goes_on = await front.desk.signed_in(began.id, proof, joins=not began.proven)
    return Visitor(began.id, proven=True) if goes_on else user


def is_proven(secrets: Secrets, identity: Identity, *, now: datetime) -> bool:
    """Whether the host site signed this user: the hex HMAC-SHA256 of `user_id`.

    An expiry is part of the key, not of the text: so no user can choose an id that reads as
    another's with an expiry.
    """
    secret = secrets.get("identity_secret")
    if not (secret and identity.user_id and identity.signature):
        return False
    if identity.expires_at is not None:
        if now.timestamp() >= identity.expires_at:
            return False
        secret = f"{secret}:{identity.expires_at}"
    expected = hmac.new(secret.encode(), identity.user_id.encode(), sha256).hexdigest()
    return is_same(identity.signature.lower(), expected)


def sender(front: Front, visitor: Visitor, hello: Hello) -> Sender:
    """The visitor as a sender; what the host site says of them is proven only with the user."""
    said = hello.identity or Identity()
    region = region_of(front.line.language)
    language = hello.language if LANGUAGE.fullmatch(hello.language) else None
    return Sender(
        address=visitor.id,
        name=(said.name or "")[:MAX_NAME_CHARS],
        username=(said.user_id or "")[:MAX_NAME_CHARS] if visitor.proven else "",
        language=language,
        contacts=contacts(said.phone, said.email, region=region, proven=visitor.proven),
        proven=visitor.proven,
    )


def contacts(
    phone_given: str | None, email_given: str | None, *, region: str, proven: bool = False
) -> tuple[Contact, ...]:
    """Those of the two that can exist."""
    number = phone(phone_given[:100], region=region) if phone_given else None
    address = email(email_given[:300]) if email_given else None
    found = ((ContactKind.PHONE, number), (ContactKind.EMAIL, address))
    return tuple(Contact(kind, value, proven=proven) for kind, value in found if value)


def press(sender: Sender, thread_key: str, frame: Send, *, at: datetime) -> CustomerAction:
    """A score that the visitor pressed."""
    return CustomerAction(
        sender,
        thread_key,
        Action.PRESSED,
        external_id=f"{thread_key}:{frame.client_id}",
        value=frame.press,
        text=frame.text,
        at=at,
    )


def is_allowed(origin: str | None, *, host: str, front: Front) -> bool:
    """Whether a page of that origin may talk to us: our own, and the line's sites.

    Browsers always name the origin. Who names none is no browser, and no page of another site.
    """
    if origin is None:
        return True
    try:
        page, ours = urlsplit(origin), urlsplit(front.origin)
    except ValueError:
        return False
    if not page.netloc:
        return False
    if page.netloc == host or (page.scheme, page.netloc) == (ours.scheme, ours.netloc):
        return True
    return any(_matches(site, page) for site in front.line.look.allowed_sites)


def _matches(site: str, page: SplitResult) -> bool:
    """Whether `site` ("shop.example", "https://*.shop.example") names that origin."""
    wanted, found, host = site.lower().rstrip("/").rpartition("://")
    if found and wanted != page.scheme:
        return False
    if host.startswith("*."):
        return page.netloc.endswith(host[1:])
    return page.netloc == host
