"""The documents say what is so: names, paths, commands and words that exist."""

import re
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from router.__main__ import main
from tests.checkout import ROOT, documents, python_files

WORDS = (
    "Line", "Channel", "Inbox", "Customer", "Identity", "Thread", "Conversation", "Message", "Note",
    "File", "Delivery", "Receipt", "Queue", "Operator", "Presence", "Offer", "Assignment",
    "Decision", "Calendar", "Person", "Lead", "TimelineEntry", "Link", "Arrival", "Event", "Work",
)  # fmt: skip
FOLDERS = "router|channels|queues|crm_sync|console|widget|config|tests|docs|bench|\\.ci"
A_PATH = re.compile(rf"(?<![\w/.:-])(?:{FOLDERS})/[\w./*-]*(?![\w{{<…*])")
A_TARGET = re.compile(r"(?:\$ |`)make ((?:[a-z]+ ?)+)")
A_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
A_COMMAND = re.compile(r"^  ([a-z]+)\b", re.MULTILINE)
A_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
A_SECTION = re.compile(r"\]\(([^)#\s:]*)#([^)\s]+)\)")
A_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(\w+))?`")
A_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
A_SETTING = re.compile(r"\bROUTER_[A-Z_]+")
A_METRIC = re.compile(r"`liniya_(\w+)")
A_LOG_ENTRY = re.compile(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", re.MULTILINE)


def read(path: str | Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def exists(named: str) -> bool:
    """Whether a path exists, or a file whose name begins so: docs/decisions/0004."""
    return (ROOT / named).exists() or any(ROOT.glob(f"{named.rstrip('./')}*"))


def test_made_documents_are_up_to_date() -> None:
    pages = runpy.run_path(str(ROOT / ".ci/documents.py"))["pages"]()
    assert [path for path, text in pages.items() if read(path) != text] == [], "run: make docs"


def test_every_path_that_is_named_exists() -> None:
    missing = [
        f"{page}: {named}"
        for page in documents()
        for named in A_PATH.findall(read(page))
        if not exists(named)
    ]
    assert missing == []


def test_every_link_leads_somewhere() -> None:
    broken = [
        f"{page}: {link}"
        for page in documents()
        for link in A_LINK.findall(read(page))
        if not (ROOT / page.parent / link).exists()
    ]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """What a link may name after `#`, as hosts of repositories make it of the headings."""
    headings = A_HEADING.findall(A_FENCE.sub("", read(page)))
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_every_section_that_is_linked_exists() -> None:
    broken = [
        f"{page}: {link}#{section}"
        for page in documents()
        for link, section in A_SECTION.findall(read(page))
        if section not in anchors(page.parent / link if link else page)
    ]
    assert broken == []


def test_readme_leads_to_every_page() -> None:
    linked = {(ROOT / link).resolve() for link in A_LINK.findall(read("README.md"))}
    pages = {ROOT / page for page in documents() if page.parent == Path("docs")}
    assert sorted(pages - linked) == []


def test_every_promise_of_the_readme_names_its_test() -> None:
    promises = read("README.md").partition("## What it promises")[2].partition("\n## ")[0]
    assert [one for one in promises.split("\n- ")[1:] if not A_TEST.search(one)] == []


def test_every_test_that_is_named_exists() -> None:
    named = [(page, *named) for page in documents() for named in A_TEST.findall(read(page))]
    assert named
    gone = [
        f"{page}: {path}::{test}"
        for page, path, test in named
        if not (ROOT / path).is_file() or (test and f"def {test}(" not in read(path))
    ]
    assert gone == []


def test_every_setting_that_is_named_exists() -> None:
    known = set(A_SETTING.findall(read("docs/settings.md")))
    named = {setting for page in documents() for setting in A_SETTING.findall(read(page))}
    assert sorted(named - known) == []


def test_every_metric_and_log_entry_to_watch_exists() -> None:
    code = "\n".join(read(path) for path in python_files() if path.parts[0] != "tests")
    watched = read("docs/operations.md")
    entries = re.findall(r"\w+", "".join(A_LOG_ENTRY.findall(watched.partition("Watch for:")[2])))
    names = [*A_METRIC.findall(watched), *(entry for entry in entries if "_" in entry)]
    assert names
    assert [name for name in names if f'"{name}"' not in code] == []


def test_map_of_the_hub_names_every_module() -> None:
    named = set(re.findall(r"\b\w+(?=\.py\b)|\b\w+(?=/)", read("router/__init__.py")))
    modules = {path.stem for path in (ROOT / "router").glob("*.py")} - {"__init__"}
    assert named ^ (modules | {"storage"}) == set()


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {
        word for page in documents() for run in A_TARGET.findall(read(page)) for word in run.split()
    }
    assert sorted(named - targets) == []


def test_every_command_is_documented() -> None:
    helped = CliRunner().invoke(main, ["--help"])
    commands = A_COMMAND.findall(helped.output.partition("Commands:")[2])
    told = "\n".join(read(page) for page in documents())
    assert commands
    assert [name for name in commands if f"python -m router {name}" not in told] == []


def test_every_process_of_the_procfile_is_a_command() -> None:
    lines = dict(line.split(": ") for line in read("Procfile").splitlines())
    assert lines == {
        "web": "python -m router web",
        "worker": "python -m router worker",
        "poller": "python -m router poller",
        "release": "python -m router migrate",
    }


@pytest.mark.parametrize("word", WORDS)
def test_every_word_stands_in_the_glossary(word: str) -> None:
    assert f"| **{word}** | " in read("docs/glossary.md")


def test_decisions_are_numbered_and_complete() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    for number, page in enumerate(pages, start=1):
        text = page.read_text(encoding="utf-8")
        assert page.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_changes_are_told_in_one_place() -> None:
    headings = re.findall(r"^## (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
