"""docs/channels.md: what the channels can do, and what they said in the recordings.

Made from the code and from what the tests replay, so that it promises no more than both do.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from channels import kinds, load
from router.channel import Capabilities, Channel

MAX_SHOWN_LINES = 40
HEAD = """\
# Channels

What each channel can do, how it is set up, and what it says. This page is made by `make docs`
from `channels/` and from the recordings in `tests/channels/wire/`, which the tests replay.
To write one more: [add a channel](add-a-channel.md).
"""
WAYS: tuple[tuple[str, str], ...] = (
    ("parse", "The provider calls our hook."),
    ("poll", "We ask the provider."),
    ("serve", "Its customers' own clients are connected to us."),
    ("subscribe", "It is told our address, and asked whether it still knows it."),
    ("introduce", "It says who the account is before it is saved."),
    ("profiles", "It says who people are."),
    ("edit", "Messages can be edited and withdrawn."),
    ("react", "Operators can react to customers' messages."),
    ("signal", "It shows that we type."),
)


def channels_page(wire: Path) -> str:
    """The text of docs/channels.md; `wire` holds the recordings."""
    return "\n".join([HEAD, *_table(), *(_section(kind, wire / kind) for kind in kinds())])


def title(kind: str) -> str:
    """What the form calls the channel."""
    named: str = load(kind).account_type.model_json_schema()["title"]
    return named


def anchor(kind: str) -> str:
    return title(kind).lower().replace(" ", "-")


def _table() -> Iterator[str]:
    rows = [_row(kind) for kind in kinds()]
    yield f"| {' | '.join(rows[0])} |"
    yield f"|{'---|' * len(rows[0])}"
    for row in rows:
        yield f"| {' | '.join(row.values())} |"
    yield ""


def _row(kind: str) -> dict[str, str]:
    can: Capabilities = load(kind).capabilities
    return {
        "Channel": f"[{title(kind)}](#{anchor(kind)})",
        "Text": f"{can.max_text_chars:,}",
        "Files": f"{can.max_files} of {can.max_file_bytes // 1_000_000} MB",
        "Buttons": str(can.max_buttons) if can.max_buttons else "no",
        "Receipts": ", ".join(sorted(can.receipts)) or "none",
        "Edits": _yes(can.edits),
        "Reactions": _yes(bool(can.reactions)),
        "Typing": _yes(can.typing),
        "A repeat is harmless": _yes(can.send_is_idempotent),
        "We may write first": _yes(can.can_start),
        "Window": f"{can.reply_window / 3600:g} h" if can.reply_window else "none",
    }


def _section(kind: str, recordings: Path) -> str:
    channel = load(kind)
    module = inspect.getmodule(channel)
    ways = " ".join(told for method, told in WAYS if hasattr(channel, method))
    parts = [f"## {title(kind)}", f"Kind: `{kind}`. {ways}", inspect.getdoc(module) or ""]
    parts += [_settings(channel), *_received(recordings), *_sent(recordings)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _settings(channel: type[Channel]) -> str:
    rows = [
        *_fields(channel.account_type, secret=False),
        *_fields(channel.secrets_type, secret=True),
    ]
    return "\n".join(["| Setting | Meaning | |", "|---|---|---|", *rows]) if rows else ""


def _fields(model: type[BaseModel], *, secret: bool) -> Iterator[str]:
    for name, field in model.model_fields.items():
        told = ["secret"] if secret else []
        if field.is_required():
            told.append("needed")
        elif secret and field.default_factory is not None:
            told.append("made if left out")
        about = f". {field.description}" if field.description else ""
        yield f"| `{name}` | {field.title}{about} | {', '.join(told)} |"


def _received(recordings: Path) -> Iterator[str]:
    for path in sorted(recordings.glob("*.http")):
        expected = _json(path.with_suffix(".json"))
        raw = path.read_bytes().decode().replace("\r\n", "\n")
        yield f"### In: {_words(path)}"
        yield _block("http", raw)
        yield _outcome(expected)


def _outcome(expected: Mapping[str, Any]) -> str:
    match expected.get("is"):
        case "Malformed" if "problems" in expected:
            told = json.dumps({"fields": expected["problems"]}, ensure_ascii=False, indent=2)
            return f"Refused with a 400, and nothing is stored:\n\n{_block('json', told)}"
        case "Malformed":
            return "Cannot be read: kept raw for people, and answered 200."
        case "Unauthenticated":
            return "Refused with a 401."
        case _:
            read = ", ".join(one["is"] for one in expected.get("arrivals", [])) or "nothing"
            return f"Read as: {read}."


def _sent(recordings: Path) -> Iterator[str]:
    for path in sorted(recordings.glob("*.json")):
        if path.with_suffix(".http").exists() or not _json(path)["request"]:
            continue
        told = _json(path)
        request, answer, expected = told["request"], told["answer"], told["expected"]
        head = [f"{request['method']} {request['path']}"]
        head += [f"{name}: {value}" for name, value in request["headers"].items()]
        body = request["body"]
        shown = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=1)
        yield f"### Out: {_words(path)}"
        yield _block("http", "\n".join([*head, "", shown]))
        outcome = expected.get("is") or f"sent, known as `{expected['external_id']}`"
        heard = f" {answer['body']}" if answer.get("body") else ""
        yield f"Answered `{answer['status']}{heard}`: {outcome}."


def _words(path: Path) -> str:
    return path.stem.replace("-", " ")


def _block(language: str, text: str) -> str:
    lines = text.strip().split("\n")
    if len(lines) > MAX_SHOWN_LINES:
        lines = [*lines[:MAX_SHOWN_LINES], "…"]
    return "\n".join([f"```{language}", *lines, "```"])


def _yes(is_so: object) -> str:
    return "yes" if is_so else "no"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
