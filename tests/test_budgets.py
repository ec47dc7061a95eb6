"""How large things may be, what they may be called, and what no file may do."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checkout import ROOT, line_count, python_files, script_files, syntax

MAX_FILE_LINES = 400
MAX_ADAPTER_LINES = 350
MAX_FUNCTION_LINES = 40
SAYS_NOTHING = {
    "base", "common", "const", "constants", "helper", "helpers", "manager", "managers", "misc",
    "models", "util", "utils",
}  # fmt: skip
Function = ast.FunctionDef | ast.AsyncFunctionDef


def written_files() -> list[Path]:
    """Our Python files without the migrations: a program writes those, and nobody edits them."""
    return [path for path in python_files() if path.parts[-2] != "versions"]


def budget(path: Path) -> int:
    """How many lines a file may have."""
    return MAX_ADAPTER_LINES if path.parts[0] in {"channels", "crm_sync"} else MAX_FILE_LINES


def functions(tree: ast.Module) -> Iterator[Function]:
    """All functions and methods."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """How many lines a function has without its docstring: a promise costs nothing."""
    first, last = function.lineno, function.end_lineno or function.lineno
    promise = function.body[0] if ast.get_docstring(function) is not None else None
    promised = (promise.end_lineno or promise.lineno) - promise.lineno + 1 if promise else 0
    return last - first + 1 - promised


def called(node: ast.AST) -> str:
    """The dotted name of what a call calls, or nothing."""
    return ast.unparse(node.func) if isinstance(node, ast.Call) else ""


def places(pattern: str, *, words: tuple[str, ...]) -> list[str]:
    """Where our Python calls, imports, raises or marks something whose name fits.

    Whatever fits has one of `words` in it: only where one stands is worth reading.
    """
    found = []
    for path in python_files():
        if not any(word in (ROOT / path).read_text(encoding="utf-8") for word in words):
            continue
        for node in ast.walk(syntax(path)):
            match node:
                case ast.Import(names=names):
                    texts = [name.name for name in names]
                case ast.ImportFrom(module=module, names=names):
                    texts = [f"{module}.{name.name}" for name in names]
                case ast.Attribute() | ast.Name():
                    texts = [ast.unparse(node)]
                case _:
                    continue
            found += [
                f"{path}:{node.lineno} {text}" for text in texts if re.fullmatch(pattern, text)
            ]
    return found


def test_no_file_has_more_than_one_subject() -> None:
    sizes = {str(path): line_count(path) for path in [*written_files(), *script_files()]}
    assert {path: size for path, size in sizes.items() if size > budget(Path(path))} == {}


def test_no_function_does_more_than_one_thing() -> None:
    long = {
        f"{path}:{function.lineno} {function.name}": body_lines(function)
        for path in written_files()
        for function in functions(syntax(path))
        if body_lines(function) > MAX_FUNCTION_LINES
    }
    assert long == {}


def test_every_name_says_what_is_inside() -> None:
    nodes = {part for path in [*python_files(), *script_files()] for part in path.parts}
    assert sorted(node for node in nodes if node.split(".")[0].strip("_") in SAYS_NOTHING) == []


def test_nothing_is_patched() -> None:
    patching = r"(unittest\.)?mock(\..*)?|unittest\.mock.*|monkeypatch\.(setattr|setitem)"
    assert places(patching, words=("mock", "monkeypatch")) == []


def test_no_test_is_skipped() -> None:
    skipping = r"(pytest\.)?(mark\.)?(skip|skipif|importorskip)|unittest\.skip.*"
    assert places(skipping, words=("skip",)) == []


def test_nothing_is_left_for_later() -> None:
    assert places("NotImplementedError", words=("NotImplementedError",)) == []


def test_every_module_of_the_hub_has_its_layer() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    placed = {name for layer in layers for name in re.findall(r"router\.(\w+)", layer)}
    modules = {path.stem for path in (ROOT / "router").glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in (ROOT / "router").glob("*/__init__.py")}
    assert sorted(modules - placed) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def short():\n    return 1\n", 2),
        ('def promised():\n    """One.\n\n    Two.\n    """\n    return 1\n', 2),
        ("async def waiting(\n    first,\n):\n    await first\n", 4),
    ],
)
def test_a_promise_costs_no_lines(source: str, lines: int) -> None:
    assert [body_lines(function) for function in functions(ast.parse(source))] == [lines]
