"""Who is who, proven by a code that went to where the other is known to read. Pure.

A code is sent where one customer reads and typed where another writes: whoever types it reads both.
Its digits stand in no text that is kept: a mask does, and delivery alone puts them in.
"""

import hmac
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from router.batches import Incoming, Ref
from router.ids import CodeId, ConversationId, CustomerId, IdentityId, InboxId, MessageId, ThreadId

DIGITS = 6
MASK = "•" * DIGITS
GOOD_FOR = timedelta(minutes=10)
MAX_TRIES = 5
MAX_AN_HOUR = 3
LONGEST_GUESS_CHARS = 100

ALONE = re.compile(rf"(?<![\w.,+-])\d{{{DIGITS}}}(?![\w+-]|[.,]\d)")
SPREAD = re.compile(rf"\W{{0,3}}(?:\d[\s-]{{0,2}}){{{DIGITS}}}\W{{0,3}}")
NOT_DIGITS = re.compile(r"\D+")

SENT = {
    "en": "Your code is {code}. Tell it only in the chat on our site. "
    "If you did not ask for it, ignore it.",
    "ru": "Ваш код: {code}. Назовите его только в чате на нашем сайте. "
    "Если вы его не запрашивали, не обращайте внимания.",
}
ASKED = {
    "en": "We sent a code to {place}. Write it here.",
    "ru": "Мы отправили код: {place}. Напишите его здесь.",
}
RIGHT = {
    "en": "Thank you, the code is right: we know who you are.",
    "ru": "Спасибо, код верный: мы вас узнали.",
}
UNUSABLE = {
    "en": "The code is right. A colleague will look at the rest.",
    "ru": "Код верный. Остальное посмотрит сотрудник.",
}
WRONG = {
    "en": "This is not the code. Tries left: {left}.",
    "ru": "Код неверный. Осталось попыток: {left}.",
}
VOID = {
    "en": "The code we sent is no longer good.",
    "ru": "Отправленный код больше не действует.",
}
NAMED = {
    "telegram": "Telegram", "vk": "VK", "viber": "Viber", "whatsapp": "WhatsApp", "max": "MAX",
    "email": "e-mail", "sms": "SMS",
}  # fmt: skip
ELSEWHERE = {"en": "where you wrote to us before", "ru": "туда, где вы нам уже писали"}


class CodeState(StrEnum):
    """`RIGHT`: somebody typed it, and nothing followed yet."""

    ASKED = "asked"
    RIGHT = "right"
    PROVEN = "proven"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Code:
    """`thread_id`, where `customer_id` has to type it; `identity_id`, whose it proves them to be.

    `answered`: for so many wrong tries the customer was told. `sealed`: for delivery.
    """

    id: CodeId
    thread_id: ThreadId
    conversation_id: ConversationId
    customer_id: CustomerId
    identity_id: IdentityId
    to_customer_id: CustomerId
    to_conversation_id: ConversationId
    message_id: MessageId
    hash: bytes
    sealed: bytes | None
    made_at: datetime
    until: datetime
    state: CodeState = CodeState.ASKED
    tries: int = 0
    answered: int = 0


def hash_of(code_id: CodeId, digits: str) -> bytes:
    """What is compared."""
    return sha256(code_id.bytes + digits.encode()).digest()


def guess_in(text: str) -> str | None:
    """The six digits that a text may mean; None if it has none, or more than one such number."""
    if len(text) > LONGEST_GUESS_CHARS:
        return None
    if SPREAD.fullmatch(text):
        return NOT_DIGITS.sub("", text)
    found = ALONE.findall(text)
    return found[0] if len(found) == 1 else None


def guessed(code: Code, digits: str, *, now: datetime) -> Code:
    """A code after a try: right, one try poorer, or void."""
    if code.state is not CodeState.ASKED:
        return code
    tries = code.tries + 1
    if now >= code.until:
        return replace(code, tries=tries, state=CodeState.VOID, sealed=None)
    if hmac.compare_digest(code.hash, hash_of(code.id, digits)):
        return replace(code, state=CodeState.RIGHT, sealed=None)
    if tries < MAX_TRIES:
        return replace(code, tries=tries)
    return replace(code, tries=tries, state=CodeState.VOID, sealed=None)


def heard(
    batch: Sequence[Incoming],
    known: Collection[Ref],
    codes: Mapping[tuple[InboxId, str], Code],
    *,
    now: datetime,
) -> tuple[list[Incoming], list[Code]]:
    """The batch without the codes in its words, and the codes that were tried.

    `known`: these were stored before, and try nothing again. `codes`, by inbox and thread key.
    """
    seen, current, after = set(known), dict(codes), list[Incoming]()
    for one in batch:
        code, digits = current.get(one.place), guess_in(one.message.text)
        if code is not None and digits is not None and one.ref not in seen:
            tried = guessed(code, digits, now=now)
            if tried is not code:
                current[one.place] = tried
                one = _masked(one, right=tried.state is CodeState.RIGHT)
        seen.add(one.ref)
        after.append(one)
    return after, [code for place, code in current.items() if code is not codes[place]]


def _masked(one: Incoming, *, right: bool) -> Incoming:
    """Without the digits, if they are the code or all that it says; another number stays."""
    text = one.message.text
    if SPREAD.fullmatch(text):
        text = MASK
    elif right:
        text = ALONE.sub(MASK, text)
    else:
        return one
    return replace(one, message=replace(one.message, text=text, html=None))


def said(texts: Mapping[str, str], language: str | None, **values: object) -> str:
    """The words in Russian, or in English for any other language."""
    return texts[_spoken(language)].format(**values)


def place_of(kind: str, language: str | None) -> str:
    """Where a code went, without its address."""
    return NAMED.get(kind) or ELSEWHERE[_spoken(language)]


def _spoken(language: str | None) -> str:
    return "ru" if (language or "").replace("_", "-").partition("-")[0] == "ru" else "en"
