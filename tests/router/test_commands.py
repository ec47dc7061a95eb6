"""The command line beside a desk: `export` and `apply`, and a token for a script."""

import asyncio
from pathlib import Path

from click.testing import CliRunner

from console.passwords import Passwords
from console.sessions import Sessions
from router.__main__ import main
from router.clock import SystemClock
from router.staff import Role
from router.storage import Storage


def router(folder: Path, *arguments: str, said: str = "") -> tuple[int, str]:
    """Gives the exit code, and what it printed. In this process: a start takes two seconds."""
    environment = {"ROUTER_DATA_DIR": str(folder / "var")}
    done = CliRunner(env=environment).invoke(main, arguments, input=said, catch_exceptions=False)
    return done.exit_code, done.output


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


def test_a_script_is_known_by_the_token_that_is_printed(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    router(tmp_path, "migrate")
    code, token = router(tmp_path, "token", "--role", "admin", "--name", "reports")
    assert code == 0
    assert asyncio.run(role_of(tmp_path, token.strip())) is Role.ADMINISTRATOR


async def role_of(folder: Path, token: str) -> Role:
    url = f"sqlite:///{folder}/var/liniya.sqlite3"
    storage, passwords = (
        Storage.open(url, on_commit=lambda _: None, reactions=lambda _: ()),
        Passwords(),
    )
    try:
        return (await Sessions(storage, SystemClock(), passwords).of_token(token)).viewer.role
    finally:
        passwords.close()
        await storage.close()
