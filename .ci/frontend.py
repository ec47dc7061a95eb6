"""Build, check or test the front ends with a Node that fits: `.ci/frontend.py build`.

`build` does nothing when no source has changed since the last build. Where the machine has
no Node 22 or newer with its npm, one is installed into .venv.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("package.json", "package-lock.json", ".npmrc", "console/web", "widget")
NOT_SOURCES = {"node_modules", "dist", "coverage", "test-results", ".vite"}
OUTPUTS = (ROOT / "console/web/dist", ROOT / "widget/dist")
INSTALLED = ROOT / "node_modules/.installed"
BUILT = ROOT / "console/web/dist/.built-from"
OLDEST_NODE = 22


class Trouble(Exception):
    """One sentence for the person at the keyboard."""


def main(task: str) -> None:
    """Do one task: build, check or test."""
    os.chdir(ROOT)
    match task:
        case "build":
            build()
        case "check" | "test":
            environment = node_environment()
            install(environment)
            npm(environment, "run", task)
        case _:
            raise Trouble("Use: .ci/frontend.py build | check | test")


def build() -> None:
    """Make both front ends, unless what stands is made from the same sources."""
    wanted = fingerprint(SOURCES)
    if all(output.is_dir() for output in OUTPUTS) and read(BUILT) == wanted:
        return
    environment = node_environment()
    install(environment)
    say("Building the console and the widget")
    npm(environment, "run", "build")
    BUILT.write_text(wanted)


def install(environment: Mapping[str, str]) -> None:
    """Bring node_modules to what the lock file names."""
    wanted = fingerprint(name for name in SOURCES if not Path(name).is_dir())
    if read(INSTALLED) == wanted:
        return
    say("Installing what the front ends are built with")
    try:
        npm(environment, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    except subprocess.CalledProcessError:
        raise Trouble(
            "The front ends' packages could not be installed; npm gives the reason above."
            " Without the console and the widget the desk starts by: make run FRONTEND=no"
        ) from None
    INSTALLED.write_text(wanted)


def npm(environment: Mapping[str, str], *arguments: str) -> None:
    """Run npm in the root workspace."""
    command = shutil.which("npm", path=environment["PATH"])
    assert command is not None
    subprocess.run([command, *arguments], env=environment, check=True)


def node_environment() -> Mapping[str, str]:
    """An environment whose first `node` is new enough and has its npm beside it."""
    own = Path(sys.executable).parent
    with_own = os.environ | {"PATH": f"{own}{os.pathsep}{os.environ['PATH']}"}
    if fits(with_own["PATH"]):
        return with_own
    say(f"No Node {OLDEST_NODE} or newer with npm here: installing one into .venv")
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    try:
        subprocess.run([*pip, "--require-hashes", "-r", "requirements-node.lock"], check=True)
    except subprocess.CalledProcessError:
        raise Trouble(
            f"Node could not be installed; install Node {OLDEST_NODE} or newer."
        ) from None
    return with_own


def fits(path: str) -> bool:
    """Whether the first `node` on `path` is new enough and has npm."""
    node = shutil.which("node", path=path)
    if node is None or not (Path(node).parent / "npm").exists():
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = re.match(r"v(\d+)\.", answer.stdout)
    return major is not None and int(major[1]) >= OLDEST_NODE


def fingerprint(names: Iterator[str] | tuple[str, ...]) -> str:
    """A hash of the names and contents of all source files in `names`."""
    digest = hashlib.sha256()
    for name in names:
        for file in sorted(files_in(ROOT / name)):
            content = file.read_bytes()
            digest.update(f"{file.relative_to(ROOT)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def files_in(path: Path) -> Iterator[Path]:
    """All source files at or under `path`."""
    if path.is_file():
        yield path
    for folder, subfolders, files in os.walk(path):
        subfolders[:] = [name for name in subfolders if name not in NOT_SOURCES]
        yield from (Path(folder, name) for name in files)


def read(stamp: Path) -> str | None:
    """What a stamp says, or None."""
    return stamp.read_text() if stamp.is_file() else None


def say(sentence: str) -> None:
    """Tell the person at the keyboard what takes time now."""
    print(sentence, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:2] or [""])
    except Trouble as trouble:
        sys.exit(str(trouble))
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
