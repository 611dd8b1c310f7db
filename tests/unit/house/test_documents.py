"""What the documents tell people to type, open or read exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nautscan.cli.main import COMMANDS
from tests.unit.house.repository import ROOT, name_of, tracked_files

MAKE_TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def _documents() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".md"]


def _commands_in(text: str) -> str:
    """Code blocks and inline code: prose may say `make` without meaning the program."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL))


@pytest.mark.parametrize("document", _documents(), ids=name_of)
def test_make_targets_exist(document: Path) -> None:
    """`make x` in a document is a target."""
    named = set(re.findall(r"(?<![\w.-])make ([a-z][a-z-]*)", _commands_in(document.read_text())))
    assert named <= MAKE_TARGETS


@pytest.mark.parametrize("document", _documents(), ids=name_of)
def test_commands_exist(document: Path) -> None:
    """`nautscan x` in a document is a command."""
    code = _commands_in(document.read_text())
    named = set(re.findall(r"(?:^|[ `/|;(])nautscan ([a-z][a-z-]*)", code, re.MULTILINE))
    assert named <= set(COMMANDS)


@pytest.mark.parametrize("document", _documents(), ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    """A relative link names a file of the repository."""
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text())
    broken = [
        link
        for link in links
        if not re.match(r"[a-z]+:", link) and not (document.parent / link).exists()
    ]
    assert broken == []


def test_each_make_target_says_what_it_does() -> None:
    """`make help` lists every target."""
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    described = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(phony[1].split()) == described
