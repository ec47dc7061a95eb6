"""What a first visit costs to load: sizes of the build, against the goals' hard stops."""

import gzip
import json
import re
from pathlib import Path

from tests.checkout import ROOT

CONSOLE = ROOT / "console/web/dist"
WIDGET = ROOT / "widget/dist"
KB = 1000


def gz(*files: Path) -> int:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)


def named(page: Path, pattern: str) -> list[Path]:
    """The built files that a page names."""
    names = re.findall(pattern, page.read_text())
    found = [path for name in names if (path := page.parent / "assets" / name).is_file()]
    assert found, f"{page} names nothing like {pattern}"
    return found


def test_console_begins_small() -> None:
    page = CONSOLE / "index.html"
    assert gz(*named(page, r"assets/([\w.-]+\.js)\b")) <= 180 * KB
    assert gz(*named(page, r"assets/([\w.-]+\.css)\b")) <= 18 * KB


# What draws charts is a part of its own, for the pages that have any.
CHARTS = "Bars-"


def test_no_part_that_comes_later_is_large() -> None:
    at_once = set(named(CONSOLE / "index.html", r"assets/([\w.-]+\.js)\b"))
    later = {file: gz(file) for file in CONSOLE.glob("assets/*.js") if file not in at_once}
    charts = {file for file in later if file.name.startswith(CHARTS)}
    assert [file.name for file in charts if later[file] > 80 * KB] == []
    assert [
        file.name for file, size in later.items() if size > 50 * KB and file not in charts
    ] == []


def test_button_on_a_site_costs_next_to_nothing() -> None:
    budgets = json.loads((ROOT / "widget/budgets.json").read_text())
    assert budgets["loader"]["gz_bytes"] <= 5 * KB
    assert budgets["first_open"]["gz_bytes"] <= 30 * KB
    assert gz(WIDGET / "loader.js") <= budgets["loader"]["gz_bytes"]
    assert gz(*named(WIDGET / "chat.html", r"assets/([\w.-]+\.(?:js|css))\b")) <= 30 * KB
