"""`make new-protocol` makes all that a protocol has, and what it copies is tested itself."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.house.repository import ROOT


def _script() -> ModuleType:
    path = ROOT / "scripts" / "new_protocol.py"
    spec = importlib.util.spec_from_file_location("new_protocol", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = _script()
PROTO, LIMITS, FUZZ = SCRIPT.PROTO, SCRIPT.LIMITS, SCRIPT.FUZZ
CHANGED = (
    PROTO / "mod.rs",
    LIMITS,
    Path("fuzz/Cargo.toml"),
    Path("fuzz/examples/seeds.rs"),
    Path("fuzz/run.sh"),
)
NAME = "ninep"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The files that it reads, as they are."""
    shutil.copytree(ROOT / PROTO / "sample", tmp_path / PROTO / "sample")
    for path in (*CHANGED, FUZZ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_it_makes_a_folder_that_is_registered_and_fuzzed(tree: Path) -> None:
    written = SCRIPT.begin(NAME, tree)
    assert {*CHANGED, PROTO / NAME / "mod.rs", PROTO / NAME / "tests.rs"} < set(written)
    for path in written:
        text = (tree / path).read_text()
        assert NAME in text or NAME.upper() in text
        assert "sample" not in text.casefold() or path in CHANGED
    registry = (tree / PROTO / "mod.rs").read_text()
    table = registry[registry.index("pub static PROTOCOLS") :]
    assert table.rstrip().endswith(f"    {NAME}::PROTOCOL,\n];")
    modules = [line for line in registry.splitlines() if line.startswith(("mod ", "pub mod "))]
    assert f"pub mod {NAME};" in modules
    assert f"pub const {NAME.upper()}_WAITING" in (tree / LIMITS).read_text()
    assert f'("{NAME}", {NAME}::PROTOCOL),' in (tree / "fuzz/examples/seeds.rs").read_text()
    run = (tree / "fuzz/run.sh").read_text()
    assert f" {NAME} engine " in run


def test_what_it_writes_is_rust(tree: Path) -> None:
    """The sample is compiled and tested with the crate; a copy has but other names."""
    files = [tree / path for path in SCRIPT.begin(NAME, tree) if path.suffix == ".rs"]
    files = [path for path in files if NAME in path.parts or path.stem in {NAME, "seeds"}]
    rustfmt = shutil.which("rustfmt")
    assert rustfmt is not None
    settings = ("--edition", "2024", "--config-path", str(ROOT / "rustfmt.toml"))
    done = subprocess.run((rustfmt, *settings, *files), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_each_step_leads_to_something(tree: Path) -> None:
    SCRIPT.begin(NAME, tree)
    steps = SCRIPT.next_steps(NAME)
    paths = [word.rstrip(":") for word in steps.split() if word.startswith("crates/")]
    assert len(paths) > 3
    assert all((tree / path).exists() for path in paths)
    assert (ROOT / "docs/guide/new-protocol.md").exists()


@pytest.mark.parametrize("name", ["", "9p", "Nats", "a-b", "type", "x" * 17])
def test_a_name_that_cannot_be_is_refused(tree: Path, name: str) -> None:
    with pytest.raises(SCRIPT.Refused, match="NAME=nats"):
        SCRIPT.begin(name, tree)


def test_what_is_there_is_left_alone(tree: Path) -> None:
    SCRIPT.begin(NAME, tree)
    before = (tree / PROTO / "mod.rs").read_text()
    with pytest.raises(SCRIPT.Refused, match="is there already"):
        SCRIPT.begin(NAME, tree)
    assert (tree / PROTO / "mod.rs").read_text() == before


def test_nothing_is_written_where_a_file_is_not_as_it_knows_it(tree: Path) -> None:
    (tree / "fuzz/run.sh").write_text("#!/bin/sh\n")
    with pytest.raises(SCRIPT.Refused, match=r"fuzz/run\.sh"):
        SCRIPT.begin(NAME, tree)
    assert not (tree / PROTO / NAME).exists()
