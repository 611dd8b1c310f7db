"""What the documents tell people to run over capture files runs."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
from pathlib import Path

import pytest

from nautscan.cli.main import run
from tests.unit.house.repository import ROOT, tracked_files
from tests.unit.shop import write_shop

COMMAND = re.compile(r"^(?:\.venv/bin/)?nautscan (?:read|sql|export) ")
CAPTURES = ("a.pcap", "capture.pcap", "yesterday.pcap", "FILE")
"""Names that the documents give to any capture."""


def _commands() -> list[tuple[str, str]]:
    """Document and command line, of every block of shell; quotes may go over several lines."""
    found = []
    for path in tracked_files():
        if path.suffix != ".md" or "reference" in path.parts:
            continue
        for block in re.findall(r"```sh\n(.*?)```", path.read_text(), re.DOTALL):
            lines = iter(block.splitlines())
            for line in lines:
                if not COMMAND.match(line):
                    continue
                command = line
                while command.count('"') % 2:
                    command += "\n" + next(lines)
                found.append((str(path.relative_to(ROOT)), command))
    return found


COMMANDS = _commands()


@pytest.fixture(scope="module")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small capture under each name of the documents."""
    folder = tmp_path_factory.mktemp("captures")
    shop = write_shop(tmp_path_factory.mktemp("shop")).path
    for name in CAPTURES:
        shutil.copy(shop, folder / name)
    (folder / "b.pcapng.gz").write_bytes(gzip.compress(shop.read_bytes()))
    shutil.copy(shop, folder / "b.pcapng.zst")
    (folder / "protos").mkdir()
    shutil.copy(ROOT / "tests" / "data" / "person_search.proto", folder / "protos")
    return folder


def test_there_are_examples() -> None:
    """The search finds what it is for."""
    assert len(COMMANDS) > 25
    assert {"README.md", "docs/guide/tls.md"} <= {document for document, _ in COMMANDS}


@pytest.mark.parametrize(("document", "command"), COMMANDS)
def test_it_runs(
    document: str,
    command: str,
    captures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """Each, as it stands, without a complaint."""
    monkeypatch.chdir(captures)
    words = shlex.split(command, comments=True)
    if "--help" not in words:
        assert run(words[1:]) == 0, f"{document}: {capfdbinary.readouterr().err!r}"
