"""What a browser has to fetch, after gzip, from the builds that are there."""

import gzip
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from bench.sizes import Asked
from bench.table import Row
from tests.journeys.shapes import ROOT

WIDGET, CONSOLE = ROOT / "widget" / "dist", ROOT / "console" / "web" / "dist"
# Scripts, styles and one language, as the build's own budgets say.
MOST_CONSOLE_BYTES = 182_000
ASSET = re.compile(r"/assets/([\w.-]+\.(?:js|css))")
LANGUAGE = re.compile(r"(en|ru)-[\w-]+\.js")


def measure(_: Asked) -> Iterator[Row]:
    yield from widget()
    yield from console()


def widget() -> Iterator[Row]:
    """On the host's page only the loader; with the chat open also its script, styles, language."""
    budgets = orjson.loads((ROOT / "widget" / "budgets.json").read_bytes())
    loader, parts = _gz_bytes(WIDGET / "loader.js"), _first(WIDGET, "chat.html")
    first_open = sum(map(_gz_bytes, parts[1:]))
    most = {name: budget["gz_bytes"] for name, budget in budgets.items()}
    yield Row(
        what="widget, bytes after gzip",
        where="build",
        ours=f"loader {loader:,}, first open {first_open:,}",
        goal=f"≤ {most['loader']:,}, ≤ {most['first_open']:,}",
        reached=loader <= most["loader"] and first_open <= most["first_open"],
        more=f"{len(parts) + 1} requests; with brotli {_brotli_bytes(parts[1:]):,} for the chat",
        raw={"bytes": {path.name: _gz_bytes(path) for path in parts} | {"loader": loader}},
    )


def console() -> Iterator[Row]:
    parts = _first(CONSOLE, "index.html")
    sizes = {path.name: _gz_bytes(path) for path in parts}
    yield Row(
        what="console, first page, bytes after gzip",
        where="build",
        ours=f"{sum(sizes.values()):,} in {len(sizes)} requests",
        goal=f"≤ {MOST_CONSOLE_BYTES:,}",
        reached=sum(sizes.values()) <= MOST_CONSOLE_BYTES,
        more=f"with brotli {_brotli_bytes(parts):,}",
        raw={"bytes": sizes},
    )


def _first(dist: Path, page: str) -> list[Path]:
    """A page, what it names, and the larger of its languages."""
    html = dist / page
    named = [dist / "assets" / name for name in dict.fromkeys(ASSET.findall(html.read_text()))]
    languages = [one for one in (dist / "assets").iterdir() if LANGUAGE.fullmatch(one.name)]
    largest = max(languages, key=_gz_bytes, default=None)
    return [html, *named, *([largest] if largest else [])]


def _gz_bytes(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))


def _brotli_bytes(paths: Sequence[Path]) -> int:
    """As the build made it; what it did not make is sent as it is."""
    made = [path.with_name(f"{path.name}.br") for path in paths]
    pairs = zip(paths, made, strict=True)
    return sum((br if br.exists() else path).stat().st_size for path, br in pairs)
