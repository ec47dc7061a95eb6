"""The command line beside a desk: `python -m router export` and `apply`."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 60


def router(folder: Path, *arguments: str, said: str = "") -> tuple[int, str]:
    """Gives the exit code, and what it printed."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "ROUTER_DATA_DIR": str(folder / "var"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "router", *arguments], env=environment, cwd=folder, input=said,
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_desk_is_kept_as_a_file_and_made_from_one(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert router(tmp_path, "migrate")[0] == 0
    added = ("operator", "--email", "anna@example.com", "--name", "Anna", "--role", "administrator")
    assert router(tmp_path, *added)[0] == 0
    file = tmp_path / "desk.toml"
    file.write_text(
        '[lines.shop]\nqueue = ["anna@example.com", "boris@example.com"]\n'
        '[operators."boris@example.com"]\nname = "Boris"\n'
    )
    code, refused = router(tmp_path, "apply", str(file), said="n\n")
    assert code == 0
    assert "+[lines.shop]" in refused
    assert "one-time password" not in refused
    assert "shop" not in router(tmp_path, "export")[1]
    code, made = router(tmp_path, "apply", str(file), "--yes")
    assert code == 0
    assert "boris@example.com  one-time password: " in made
    code, exported = router(tmp_path, "export")
    assert code == 0
    assert 'queue = [\n    "anna@example.com",\n    "boris@example.com",\n]' in exported
    file.write_text(exported)
    assert router(tmp_path, "apply", str(file)) == (0, "The desk is as the file says.\n")


def test_file_that_is_not_right_changes_nothing_and_says_where(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    router(tmp_path, "migrate")
    file = tmp_path / "desk.toml"
    file.write_text('[lines.shop]\nqueue = ["nobody@example.com"]\n')
    code, said = router(tmp_path, "apply", str(file), "--yes")
    assert code == 1
    assert "lines.shop.queue does not exist" in said
    file.write_text("lines = [")
    code, said = router(tmp_path, "apply", str(file), "--yes")
    assert code == 1
    assert "This is no TOML" in said
