"""Set-up builds an engine whatever is lacking, and leaves none that only counts.

The scripts run in a clone below a path with a space, with programs that note how they are called.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.house.repository import ROOT

PYTHON = """\
printf '%s\\n' "$*" >>"$ROOT/called"
case "$*" in
*"pip install"*"-e ."*)
  if [ -n "${RUSTC_WORKSPACE_WRAPPER:-}" ]; then
    "$RUSTC_WORKSPACE_WRAPPER" printf 'flag: %s\\n' >>"$ROOT/called"
  else
    echo 'no flag' >>"$ROOT/called"
  fi
  ;;
scripts/train.py)
  [ -z "${LLVM_PROFILE_FILE:-}" ] || exit 1
  mkdir -p "$ROOT/build/profile/counts"
  touch "$ROOT/build/profile/counts/a.profraw"
  ;;
*"compileall"*) exit "${COMPILEALL:-0}" ;;
esac
"""
RUSTC = """\
case "$*" in
-vV) echo 'host: here' ;;
"--print sysroot") printf '%s\\n' "$ROOT/sysroot" ;;
esac
"""
PROFDATA = 'exit "${MERGE:-0}"'
RUSTUP = """\
printf 'info: downloading\\nerror: no network\\n' >&2
exit 1
"""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="shell scripts")


class Clone:
    """A copy of the scripts among programs that do nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "scripts", root / "scripts")
        (root / "crates/core/src").mkdir(parents=True)
        for name in ("Cargo.toml", "Cargo.lock", "pyproject.toml", "crates/core/src/lib.rs"):
            (root / name).touch()
        self.merger = "sysroot/lib/rustlib/here/bin/llvm-profdata"
        for name, text in (("python", PYTHON), ("rustc", RUSTC), ("rustup", RUSTUP)):
            self.program(f".venv/bin/{name}", text)
        self.program(self.merger, PROFDATA)

    def program(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "ROOT": str(self.root),
            **settings,
        }
        return subprocess.run(
            ["bash", *command],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @property
    def flags(self) -> list[str]:
        """What the workspace's crates were compiled with, build by build."""
        lines = (self.root / "called").read_text().splitlines()
        return [line.replace(str(self.root), "") for line in lines if "flag" in line]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "a clone")


COUNTING = "flag: -Cprofile-generate=/build/profile/counts"
TRAINED = "flag: -Cprofile-use=/build/profile/engine.profdata"
PLAIN = "no flag"


def build(clone: Clone, **settings: str) -> str:
    said = ""
    for step in ("watched", "trained"):
        done = clone.run("scripts/engine.sh", step, **settings)
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
    return said


def test_the_engine_is_built_twice_below_a_path_with_a_space(clone: Clone) -> None:
    build(clone)
    assert clone.flags == [COUNTING, TRAINED]


def test_counts_that_the_user_sends_elsewhere_are_there_in_training(clone: Clone) -> None:
    build(clone, LLVM_PROFILE_FILE="/dev/null")
    assert clone.flags == [COUNTING, TRAINED]


def test_a_profile_that_cannot_be_made_ends_in_a_plain_engine(clone: Clone) -> None:
    assert "building the engine as it is" in build(clone, MERGE="1")
    assert clone.flags == [COUNTING, PLAIN]


def test_why_there_are_no_llvm_tools_is_said(clone: Clone) -> None:
    (clone.root / clone.merger).unlink()
    said = build(clone)
    assert "fetching rustup's llvm-tools" in said
    assert "slower than it could be (error: no network)" in said
    assert clone.flags == [PLAIN]


def test_the_engines_script_runs_its_own_steps_only(clone: Clone) -> None:
    done = clone.run("scripts/engine.sh", "install")
    assert done.returncode == 1
    assert "usage" in done.stderr
    assert not (clone.root / "called").exists()


def parts(clone: Clone, *calls: str) -> str:
    """The functions of set-up without what it does, and some calls of them."""
    text = (clone.root / "scripts/setup.sh").read_text()
    functions, _, _ = text.partition('\nscripts/system.sh "$PURPOSE"\n')
    path = clone.root / "scripts/parts.sh"
    path.write_text("\n".join((functions, *calls)))
    return "scripts/parts.sh"


def test_an_interrupted_set_up_leaves_no_stamp_of_an_engine_that_counts(clone: Clone) -> None:
    (clone.root / "src/nautscan").mkdir(parents=True)
    (clone.root / "src/nautscan/_engine.so").touch()
    clone.program(".venv/bin/nautscan", "")
    whole, broken = (
        (f"python_packages_ready() {{ {end}; }}", "engine") for end in ("true", "exit")
    )
    assert clone.run(parts(clone, *whole)).returncode == 0
    assert clone.run(parts(clone, *whole)).returncode == 0
    assert clone.flags == [COUNTING, TRAINED]
    source = clone.root / "crates/core/src/lib.rs"
    source.write_text("changed")
    clone.run(parts(clone, *broken))
    source.write_text("")
    assert clone.run(parts(clone, *whole)).returncode == 0
    assert clone.flags == [COUNTING, TRAINED, COUNTING, COUNTING, TRAINED]


def test_set_up_goes_on_without_bytecode(clone: Clone) -> None:
    done = clone.run(parts(clone, "bytecode"), COMPILEALL="1")
    assert done.returncode == 0
    assert "bytecode could not be written" in done.stdout
