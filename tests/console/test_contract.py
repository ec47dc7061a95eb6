"""The console's TypeScript says of the API what the API says of itself: `console/web/src/api`.

The description that the server gives is made into types, and the compiler compares each with its
namesake. What comes must be just that; what is sent may be narrower, but never more.
"""

import json
import os
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from console.api.openapi import document
from console.server import routes
from tests.checkout import ROOT

API = ROOT / "console/web/src/api"
FILES = (
    "shapes",
    "inboxes",
    "cards",
    "trying",
    "frames",
    "lines",
    "hours",
    "duty",
    "codes",
    "ratings",
    "notices",
)
# What a channel's form asks for is made from its settings, not from a shape.
FREE = {"ChannelForm", "Schema", "SchemaProperty", "FieldValue"}
WORD = re.compile(r"^export (?:interface|type) (\w+)(<T>)?", re.MULTILINE)
CALL = re.compile(r'(?:call|upload)<.+?>\(\s*"?(\w+)"?, (`[^`]+`|"[^"]+"|at\(id\))')
COMPARER = """
type Keys<A, B> = [keyof A] extends [keyof B] ? true : { unknown_here: Exclude<keyof A, keyof B> }
type Fits<A, B> = [A] extends [B] ? true : { differs: { [K in keyof A & keyof B]:
  [A[K]] extends [B[K]] ? never : K }[keyof A & keyof B] | Exclude<keyof B, keyof A> }
export const comes = <A, B>(_: Keys<A, B>, __: Keys<B, A>, ___: Fits<A, B>, ____: Fits<B, A>) => {}
export const goes = <A, B>(_: Keys<A, B>, __: Fits<A, B>) => {}
"""
HEAD = (
    'import type { components } from "./schema"',
    'import { comes, goes } from "./comparer"',
    'type S = components["schemas"]',
)
OPTIONS = {
    "strict": True,
    "noEmit": True,
    "skipLibCheck": True,
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "types": [],
}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return document(routes(), address="http://desk.example", version="0")


def ours() -> dict[str, str]:
    """Name → file of what the files of `FILES` export."""
    return {
        name: file for file in FILES for name, _ in WORD.findall((API / f"{file}.ts").read_text())
    }


def run(*command: str | Path, folder: Path) -> str:
    """What a program of the front end's tools says. They are run by the Node beside our Python."""
    own = Path(sys.executable).parent
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=os.environ | {"PATH": f"{own}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def bodies(described: dict[str, Any]) -> set[str]:
    """The names of what is sent."""
    contents = [
        operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for operations in described["paths"].values()
        for operation in operations.values()
    ]
    refs = [content["schema"].get("$ref", "") for content in contents if content]
    return {ref.rpartition("/")[2] for ref in refs} | {"FeedWord"}


def comparisons(described: dict[str, Any], files: dict[str, str]) -> list[str]:
    lines, sent = [], bodies(described)
    for name in described["components"]["schemas"]:
        page = re.fullmatch(r"Page_(\w+)_", name)
        here = page[1] if page else name
        if here not in files:
            continue
        mine = f'import("{API}/{files[here]}").{here}'
        if page:
            mine = f'import("{API}/shapes").Page<{mine}>'
        theirs = f'S["{name}"]'
        if name in sent:
            lines.append(f"goes<{mine}, {theirs}>(true, true)  // {name}")
        else:
            lines.append(f"comes<{mine}, {theirs}>(true, true, true, true)  // {name}")
    return lines


def differing(described: dict[str, Any], folder: Path) -> set[str]:
    """The names of the types of which both sides say different things."""
    (folder / "openapi.json").write_text(json.dumps(described))
    tools = ROOT / "node_modules/.bin"
    made = ("openapi.json", "-o", "schema.d.ts", "--default-non-nullable=false")
    assert run(tools / "openapi-typescript", *made, folder=folder) == ""
    lines = [*HEAD, *comparisons(described, ours())]
    assert len(lines) > 40
    (folder / "comparer.ts").write_text(COMPARER)
    (folder / "contract.ts").write_text("\n".join(lines) + "\n")
    settings = {"compilerOptions": OPTIONS, "files": ["contract.ts"]}
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    said = run(tools / "tsc", "-p", ".", "--pretty", "false", folder=folder)
    found = re.findall(r"^contract\.ts\((\d+),", said, re.MULTILINE)
    assert bool(found) == bool(said), said
    return {lines[int(number) - 1].rpartition("// ")[2] for number in found}


def test_what_crosses_the_api_is_the_same_on_both_sides(
    described: dict[str, Any], tmp_path: Path
) -> None:
    assert differing(described, tmp_path) == set()


def test_whatever_one_side_changes_alone_is_noticed(
    described: dict[str, Any], tmp_path: Path
) -> None:
    changed = deepcopy(described)
    schemas = changed["components"]["schemas"]
    schemas["ContactView"]["required"].remove("proven")
    schemas["PageVisit"]["properties"]["title"] = {"type": ["string", "null"]}
    schemas["FileView"]["properties"]["pages"] = {"type": "integer"}
    schemas["SyncView"]["properties"]["state"]["enum"].append("half")
    del schemas["LineChange"]["properties"]["colour"]
    directly = {"ContactView", "PageVisit", "FileView", "SyncView", "LineChange"}
    assert directly <= differing(changed, tmp_path)


def test_every_type_of_the_console_has_a_namesake(described: dict[str, Any]) -> None:
    """Names for a choice of words (`Role`, `Stage`) stand in the types that use them."""
    plain = set(re.findall(r"^export type (\w+) =(?: \||\s*\")", sources(), re.MULTILINE))
    known = {re.sub(r"Page_\w+_", "Page", name) for name in described["components"]["schemas"]}
    unions = {"FeedFrame", "FeedWord", "ThreadItem"}
    assert set(ours()) - known - plain - FREE - unions == set()


def sources() -> str:
    return "".join((API / f"{name}.ts").read_text() for name in FILES)


def test_the_console_asks_only_for_what_there_is(described: dict[str, Any]) -> None:
    known = {
        (method.upper(), re.sub(r"\{\w+\}", "{}", path))
        for path, operations in described["paths"].items()
        for method in operations
    }
    calls = CALL.findall((API / "index.ts").read_text())
    asked = {
        ("POST", method) if method.startswith("/") else (method, placed(path))
        for method, path in calls
    }
    assert len(asked) > 35
    assert asked - known == set()


def placed(path: str) -> str:
    """A path as the client writes it, with its ids taken out."""
    plain = path.strip('`"').replace("${at(id)}", "/conversations/{}")
    plain = plain.replace("at(id)", "/conversations/{}")
    return re.sub(r"\$\{\w+\}", "{}", plain)
