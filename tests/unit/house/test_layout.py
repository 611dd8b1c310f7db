"""The shape of the tree: tests mirror sources, imports go one way, files stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.unit.house.repository import ROOT, name_of, tracked_files

PACKAGE = ROOT / "src" / "nautscan"
LONGEST_FILE = 500
LONGEST_FUNCTION = 80

LONG_FILES: dict[str, str] = {
    "src/nautscan/api/models.py": "the shapes of all answers, read together as the API's contract",
}
"""Files over the guide, each with the reason why splitting it would make it worse."""

LONG_FUNCTIONS: dict[str, str] = {}
"""Functions over the guide, as file:name, each with its reason."""

ENGINE_IMPORTERS = {"src/nautscan/cli/job.py"}
"""Modules outside sensor/ and offline/ that may: `read` asks it for the schema of no rows."""

GENERATED = re.compile(r"^(web/src/gen/|docs/reference/|LICENSE$|.*\.lock$|.*requirements.*\.txt$)")
SOURCES = {".py", ".rs", ".ts", ".svelte", ".js", ".sh"}


def _packages() -> list[str]:
    return sorted(init.parent.name for init in PACKAGE.glob("*/__init__.py"))


@pytest.mark.parametrize("package", _packages())
def test_each_package_has_its_tests(package: str) -> None:
    """src/nautscan/x is tested in tests/unit/x."""
    tests = ROOT / "tests" / "unit" / package
    assert list(tests.glob("test_*.py")), f"no tests in {name_of(tests)}"


def test_imports_go_one_way() -> None:
    """The contracts in pyproject.toml hold."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_has_few_importers() -> None:
    """Hostile bytes are parsed where capture or files are read, and nowhere else.

    The import linter cannot hold this: it does not see compiled modules.
    """
    allowed = {"sensor", "offline"}
    importers = {
        name_of(path)
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in allowed and _imports_engine(path)
    }
    assert importers <= ENGINE_IMPORTERS


def _imports_engine(path: Path) -> bool:
    """Tell whether a module imports the engine to run it; for type checking does not count."""
    tree = ast.parse(path.read_text())
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    imported = {
        f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".")
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in typing_only
        for alias in node.names
    }
    return any(name.startswith("nautscan._engine") for name in imported)


def test_one_version_everywhere() -> None:
    """The engine, the package and the page are released together."""
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    from nautscan import __version__

    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert python == cargo == __version__


def _own_sources() -> list[Path]:
    return [
        path
        for path in tracked_files()
        if path.suffix in SOURCES
        and not GENERATED.match(name_of(path))
        and not _is_test(name_of(path))
    ]


def _is_test(name: str) -> bool:
    return bool(re.search(r"(^|/)tests?(/|\.rs$)|\.test\.ts$|(^|/)test_", name))


def test_files_stay_small() -> None:
    """Split a file that grows past the guide, or list it with a reason."""
    long = {
        name_of(path): lines
        for path in _own_sources()
        if (lines := _code(path).count("\n")) > LONGEST_FILE
    }
    assert {name: n for name, n in long.items() if name not in LONG_FILES} == {}
    assert not set(LONG_FILES) - set(long), "listed, but short now"


def _code(path: Path) -> str:
    """Return what is held to the guide: not a Rust file's own tests, not a component's styles."""
    text = path.read_text()
    if path.suffix == ".rs":
        return text.split("\n#[cfg(test)]\nmod tests {", 1)[0]
    if path.suffix == ".svelte":
        return re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)
    return text


def test_functions_stay_small() -> None:
    """Split a function that grows past the guide, or list it with a reason. Rust: clippy's task."""
    long = {
        f"{name_of(path)}:{node.name}": lines
        for path in _own_sources()
        if path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert {name: n for name, n in long.items() if name not in LONG_FUNCTIONS} == {}
    assert not set(LONG_FUNCTIONS) - set(long), "listed, but short now"
