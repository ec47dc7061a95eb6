"""What lies in this checkout, for the tests that look at the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ("router", "channels", "queues", "crm_sync", "console", "config", "tests", "bench", ".ci")
SCRIPT = ("console/web", "widget")
NOT_OURS = {"node_modules", "dist", "coverage", "__pycache__"}


def python_files() -> list[Path]:
    """Our Python files, relative to the root."""
    return sorted(_files(PYTHON, {".py"}))


def script_files() -> list[Path]:
    """Our TypeScript and Vue files, relative to the root; those that are made are left out."""
    return sorted(
        path
        for path in _files(SCRIPT, {".ts", ".tsx", ".vue", ".mjs", ".js"})
        if not path.name.endswith(".d.ts")
    )


def documents() -> list[Path]:
    """Everything written for people, relative to the root."""
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    return sorted(page.relative_to(ROOT) for page in pages if page.is_file())


def line_count(path: Path) -> int:
    """How many lines a file has."""
    return len((ROOT / path).read_text(encoding="utf-8").splitlines())


def syntax(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _files(folders: tuple[str, ...], suffixes: set[str]) -> Iterator[Path]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*"):
            relative = path.relative_to(ROOT)
            if path.suffix in suffixes and not NOT_OURS.intersection(relative.parts):
                yield relative
