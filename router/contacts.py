"""Phones and e-mail addresses: found in what people write, and brought into one form.

Finding is timid: a contact missed is asked for, a wrong one makes a wrong customer. So a number
is a phone only if it is complete for its country, and not if the words before it say that it is
an order, an invoice or a card.
"""

import re

import phonenumbers
from phonenumbers import (
    Leniency,
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberMatch,
    PhoneNumberMatcher,
    PhoneNumberType,
)

from router.model import Contact, ContactKind

DEFAULT_REGION = "RU"
# The country of a number without a country code, by the language of the line.
REGIONS = {
    "be": "BY", "de": "DE", "es": "ES", "fr": "FR", "it": "IT", "kk": "KZ", "pl": "PL",
    "ru": "RU", "tr": "TR", "uk": "UA", "uz": "UZ",
}  # fmt: skip
# Freephone and the like are what a company prints, not where a customer is reached.
REACHABLE = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
LONGEST_TEXT_CHARS = 20_000
LONGEST_LOCAL_CHARS = 64
LONGEST_EMAIL_CHARS = 254

EMAIL = re.compile(
    r"(?<![\w.+@/:%-])"
    r"(?P<local>[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)"
    r"@(?:[^\W_]+(?:-+[^\W_]+)*\.)+(?:xn--[a-z0-9-]+|[^\W\d_]{2,24})"
    r"(?![\w@-])",
    re.IGNORECASE,
)
LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
COUNTED_BY_OTHERS = re.compile(
    r"(?:[№#]|\b(?:заказ|заявк|сч[её]т|накладн|артикул|трек|договор|чек|инн|огрн|снилс|кпп|бик|карт"
    r"|код|id|order|invoice|track|ticket|account|card|code)\w*)\W*(?:(?!тел|моб|phone)\w{1,6}\W+)?$",
    re.IGNORECASE,
)


def contacts_in(text: str, *, region: str = DEFAULT_REGION) -> tuple[Contact, ...]:
    """The contacts that `text` names, each once, in the order of their first appearance.

    None of them is proven. Only the first `LONGEST_TEXT_CHARS` are read.

    Args:
        text: What a person wrote.
        region: The country, ISO 3166, of numbers without a country code.
    """
    text = LINK.sub(_blank, text[:LONGEST_TEXT_CHARS])
    found = [(match.start(), Contact(ContactKind.EMAIL, value)) for match, value in _emails(text)]
    text = EMAIL.sub(_blank, text)
    for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
        if _is_contact(match, before=text[max(0, match.start - 40) : match.start]):
            value = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
            found.append((match.start, Contact(ContactKind.PHONE, value)))
    return tuple(dict.fromkeys(contact for _, contact in sorted(found, key=lambda one: one[0])))


def phone(given: str, *, region: str = DEFAULT_REGION) -> str | None:
    """A phone that somebody gave as such, in E.164; None if there can be no such phone."""
    try:
        number = phonenumbers.parse(given, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def email(given: str) -> str | None:
    """An e-mail address that somebody gave as such, in lower case; None if it cannot be one."""
    match = EMAIL.fullmatch(given.strip())
    return given.strip().lower() if match and _fits(match) else None


def region_of(language: str | None) -> str:
    """The country in which a line of that language ("ru", "pt-BR") has its phones."""
    spoken, _, country = (language or "").replace("_", "-").partition("-")
    if country.upper() in phonenumbers.SUPPORTED_REGIONS:
        return country.upper()
    return REGIONS.get(spoken.lower(), DEFAULT_REGION)


def _emails(text: str) -> list[tuple[re.Match[str], str]]:
    return [(match, match[0].lower()) for match in EMAIL.finditer(text) if _fits(match)]


def _fits(match: re.Match[str]) -> bool:
    return len(match["local"]) <= LONGEST_LOCAL_CHARS and len(match[0]) <= LONGEST_EMAIL_CHARS


def _is_contact(match: PhoneNumberMatch, *, before: str) -> bool:
    raw = match.raw_string
    if phonenumbers.number_type(match.number) not in REACHABLE:
        return False
    if raw.startswith("+"):
        return True
    national = phonenumbers.national_significant_number(match.number)
    bare = raw.isdigit() and len(raw) <= len(national)
    return not bare and not COUNTED_BY_OTHERS.search(before)


def _blank(match: re.Match[str]) -> str:
    return "\n" * len(match[0])
