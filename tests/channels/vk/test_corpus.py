"""The recordings are of VK's own shapes, as VK publishes them: no field made up, none misspelt."""

import copy
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.channels.contract import received
from tests.checkout import ROOT

SHAPES = ROOT / "tests/channels/vk/corpus.ts"
BROKEN = {"message-without-a-number", "message-of-another-shape"}
LEAST = 40


def updates() -> dict[str, Any]:
    """What VK sends, by the name of its recording; without what is broken on purpose."""
    seen = {one.name: json.loads(one.hook.body) for one in received("vk")}
    return {name: body for name, body in seen.items() if name not in BROKEN}


def complaints(found: dict[str, Any], folder: Path) -> list[str]:
    """What the TypeScript compiler says against the updates, held against VK's types."""
    shutil.copy(SHAPES, folder / "corpus.ts")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    lines = ['import type { Update } from "./corpus"']
    for name, body in found.items():
        constant = name.replace("-", "_")
        lines.append(f"export const {constant}: Update = {json.dumps(body, ensure_ascii=False)}")
    (folder / "found.ts").write_text("\n".join(lines), encoding="utf-8")
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext"]
    options += ["--moduleResolution", "bundler", "--target", "es2022", "--types", "node"]
    tsc = ROOT / "node_modules/.bin/tsc"
    ran = subprocess.run(
        [tsc, *options, "found.ts"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert ran.returncode in (0, 1, 2), ran.stderr
    return [line for line in ran.stdout.splitlines() if "error TS" in line]


def test_recordings_are_as_vk_publishes_them(tmp_path: Path) -> None:
    found = updates()
    assert len(found) >= LEAST
    # One more, to see that a field of our own making would be found.
    made_up = copy.deepcopy(found["text"])
    made_up["object"]["message"]["wording"] = "?"
    (complaint,) = complaints({**found, "made-up": made_up}, tmp_path)
    assert "wording" in complaint
