"""The front ends are built when something changed, and only then: `.ci/frontend.py`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

NPM = """#!/bin/sh
echo "$1 $2" >> npm.log
case "$1 $2" in
    ci*) [ ! -e unreachable ] && rm -rf node_modules && mkdir node_modules ;;
    "run build") mkdir -p console/web/dist widget/dist ;;
esac
"""


class Checkout:
    """A checkout with two small front ends, and a Node that only notes what it is asked."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("package.json", "package-lock.json", "console/web/a.ts", "widget/b.ts"):
            self.write(name, "1")
        (root / ".ci").mkdir()
        shutil.copy(ROOT / ".ci/frontend.py", root / ".ci/frontend.py")
        (root / "bin").mkdir()
        (root / "bin/python").symlink_to(sys.executable)
        self.program("node", "#!/bin/sh\necho v24.0.0\n")
        self.program("npm", NPM)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def program(self, name: str, text: str) -> None:
        self.write(f"bin/{name}", text)
        (self.root / "bin" / name).chmod(0o755)

    def build(self) -> tuple[int, str]:
        done = subprocess.run(
            [self.root / "bin/python", self.root / ".ci/frontend.py", "build"],
            env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr

    def asked(self) -> list[str]:
        """What npm was asked since the last look."""
        log = self.root / "npm.log"
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_first_build_installs_and_builds_and_the_second_does_nothing(checkout: Checkout) -> None:
    assert checkout.build() == (0, "")
    assert checkout.asked() == ["ci --ignore-scripts", "run build"]
    assert checkout.build() == (0, "")
    assert checkout.asked() == []


def test_changed_source_is_built_without_installing_again(checkout: Checkout) -> None:
    checkout.build()
    checkout.asked()
    checkout.write("widget/b.ts", "2")
    checkout.build()
    assert checkout.asked() == ["run build"]


def test_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.build()
    checkout.asked()
    checkout.write("package-lock.json", "2")
    checkout.build()
    assert checkout.asked() == ["ci --ignore-scripts", "run build"]


def test_lost_output_is_built_again(checkout: Checkout) -> None:
    checkout.build()
    checkout.asked()
    shutil.rmtree(checkout.root / "widget/dist")
    checkout.build()
    assert checkout.asked() == ["run build"]


def test_unreachable_registry_is_one_clear_sentence(checkout: Checkout) -> None:
    checkout.write("unreachable", "")
    status, said = checkout.build()
    assert status == 1
    assert said == (
        "The front ends' packages could not be installed; npm gives the reason above."
        " Without the console and the widget the desk starts by: make run FRONTEND=no\n"
    )
