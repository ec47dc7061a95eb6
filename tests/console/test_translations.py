"""What the server says to operators is in the console's languages: `console/web/src/language`.

Sentences are found where they stand in the code. What a provider says itself is shown as it is,
unless the console happens to know it.
"""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from router import errors
from router.calendars import MISTAKES
from router.errors import ActError, ProviderError
from router.retry import in_words
from router.wrong import OTHERWISE, SENTENCES
from tests.checkout import ROOT, python_files, syntax

LANGUAGES = ("en", "ru")
PROVIDER_ERRORS = {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, ProviderError)
}
PLACEHOLDER = re.compile(r"\{\w+\}")


def words(language: str, area: str) -> dict[str, object]:
    path = ROOT / f"console/web/src/language/{language}/{area}.json"
    found: dict[str, object] = json.loads(path.read_text())
    return found


# As the Bot API's server says them: https://github.com/tdlib/telegram-bot-api, read 2026-11-28.
OF_TELEGRAM = (
    "Bad Request: message is too long",
    "Bad Request: message caption is too long",
    "Bad Request: message text is empty",
    "Bad Request: text must be non-empty",
    "Bad Request: file is too big",
    "Request Entity Too Large",
    "Bad Request: file must be non-empty",
    "Bad Request: PHOTO_INVALID_DIMENSIONS",
    "Bad Request: IMAGE_PROCESS_FAILED",
    "Bad Request: VOICE_MESSAGES_FORBIDDEN",
    "Bad Request: not enough rights to send text messages to the chat",
    "Bad Request: not enough rights to send photos to the chat",
    "Bad Request: not enough rights to send documents to the chat",
    "Bad Request: not enough rights to send videos to the chat",
    "Bad Request: CHAT_WRITE_FORBIDDEN",
    "Bad Request: CHAT_RESTRICTED",
    "Bad Request: message thread not found",
    "Bad Request: TOPIC_CLOSED",
    "Bad Request: TOPIC_DELETED",
    "Bad Request: message can't be edited",
    "Bad Request: message to edit not found",
    "Bad Request: MESSAGE_ID_INVALID",
    "Bad Request: message can't be deleted for everyone",
    "Bad Request: message can't be deleted",
    "Bad Request: BUTTON_URL_INVALID",
    "Bad Request: chat not found",
    "Bad Request: have no rights to send a message",
    "Forbidden: bot was blocked by the user",
    "Forbidden: user is deactivated",
    "Forbidden: bot can't initiate conversation with a user",
    "Forbidden: bot was kicked from the group chat",
    "Forbidden: bot was kicked from the supergroup chat",
    "Forbidden: bot is not a member of the group chat",
    "Forbidden: bot is not a member of the supergroup chat",
    "Forbidden: the group chat was deleted",
    "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    "Connection timed out",
    "Read timeout expired",
    "Connection refused",
    "Wrong response from the webhook: 404 Not Found",
    "Wrong response from the webhook: 403 Forbidden",
    "Wrong response from the webhook: 502 Bad Gateway",
    "Wrong response from the webhook: 503 Service Unavailable",
)


def key(sentence: str) -> str:
    """Under which its translations stand; the same as `keyOf` in `console/web/src/words.ts`."""
    numbered = PLACEHOLDER.sub("n", re.sub(r"\d+", "n", sentence))
    return re.sub(r"\W+", "_", numbered).strip("_").lower()


def texts(node: ast.AST | None) -> Iterator[str]:
    """The sentences that an expression may give; a value put into one becomes a number."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(p.value) if isinstance(p, ast.Constant) else "0" for p in parts)
        case ast.BoolOp(values=values):
            for value in values:
                yield from texts(value)
        case ast.IfExp(body=body, orelse=orelse):
            yield from texts(body)
            yield from texts(orelse)
        case _:
            return


def calls(*folders: str) -> Iterator[tuple[str, ast.Call]]:
    """All calls in these folders, by the name of what they call."""
    for path in python_files():
        if path.parts[0] in folders:
            for node in ast.walk(syntax(path)):
                match node:
                    case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                        yield name, node
                    case _:
                        pass


@cache
def field_problems() -> set[str]:
    found = {*SENTENCES.values(), *MISTAKES.values(), OTHERWISE, "is empty"}
    for name, call in calls("console", "router", "queues", "crm_sync"):
        for given in call.keywords:
            if name == "Invalid" and given.arg == "fields" and isinstance(given.value, ast.Dict):
                for value in given.value.values:
                    found.update(texts(value))
    for path in ("console/api/route.py", "console/api/customers.py", "console/lines.py"):
        found.update(constants(Path(path), "UNSTORABLE", "NO_CONTACT", "WRONG"))
    return found


def constants(path: Path, *names: str) -> Iterator[str]:
    """The sentences that a file gives names to."""
    for node in syntax(path).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name), *_], value=given):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=given):
                pass
            case _:
                continue
        if name in names:
            for value in given.values if isinstance(given, ast.Dict) else [given]:
                yield from texts(value)


@cache
def delivery_reasons() -> set[str]:
    """Of deliveries that failed or are unconfirmed, and of inboxes that do not work."""
    words_of_errors, ends = Path("router/retry.py"), Path("router/delivery.py")
    found = {
        *constants(words_of_errors, "LOST", "GONE"),
        *constants(ends, "ELSEWHERE"),
        *constants(Path("router/rewording.py"), "WITHDRAWN"),
    }
    for node in (*ast.walk(syntax(words_of_errors)), *ast.walk(syntax(ends))):
        match node:
            case ast.FunctionDef(name="in_words"):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return):
                        found.update(texts(inner.value))
            case ast.Call(func=ast.Name(id="_ended"), args=[_, _, reason]):
                found.update(texts(reason))
            case _:
                pass
    for name, call in calls("router", "crm_sync"):
        if name in PROVIDER_ERRORS and call.args:
            found.update(texts(call.args[0]))
    return found


@cache
def channel_reasons() -> set[str]:
    """What channels name trouble by, on an inbox's card and under a message that failed."""
    found = set(constants(Path("channels/vk/refusals.py"), "AWAY", "ACCOUNT", "GONE", "REFUSED"))
    for path in python_files():
        if path.parts[0] != "channels":
            continue
        for node in ast.walk(syntax(path)):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=named), *_]):
                    found.update(constants(path, named) if name in PROVIDER_ERRORS else ())
                case ast.Call(func=ast.Name(id=name), args=[reason, *_]):
                    found.update(texts(reason) if name in PROVIDER_ERRORS else ())
                case _:
                    pass
    return found


@cache
def codes() -> set[str]:
    """Of all problems that the API answers with."""
    kinds = [one for one in vars(errors).values() if isinstance(one, type)]
    found = {one.code for one in kinds if issubclass(one, ActError) and one is not ActError}
    for name, call in calls("console"):
        if name == "problem" and len(call.args) > 1:
            found.update(texts(call.args[1]))
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_server_has_words_in_every_language(language: str) -> None:
    known = words(language, "server")
    said = field_problems() | delivery_reasons() | channel_reasons()
    assert {one for one in said if key(one) not in known} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_of_telegram_that_operators_meet_have_words(language: str) -> None:
    """The desk repeats Telegram's own sentence; the console says what to do about it."""
    known = words(language, "server")
    own = constants(
        Path("channels/telegram/business.py"), "NOT_CONNECTED", "MAY_NOT", "NO_REACTIONS"
    )
    said = (*OF_TELEGRAM, *own)
    assert len(said) == len(OF_TELEGRAM) + 3
    assert [one for one in said if key(one) not in known] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_words_in_every_language(language: str) -> None:
    known = words(language, "common")
    assert {one for one in codes() if f"error_{one}" not in known} == set()


def test_the_sentences_are_found() -> None:
    """An empty search would prove nothing."""
    assert {"is taken", "has more than 0 entries", "is no phone"} <= field_problems()
    assert {"the provider could not be reached for a day", "no connection"} <= delivery_reasons()
    assert {
        "Telegram does not accept the bot's token",
        "VK does not accept the access token",
        "VK does not say which message it is",
    } <= channel_reasons()
    assert {"too_late", "moved_on", "busy", "password_must_change", "our_bug"} <= codes()
    for error in PROVIDER_ERRORS - {"ProviderError", "Moved"}:  # `Moved` ends no delivery
        assert in_words(getattr(errors, error)()) in delivery_reasons()
