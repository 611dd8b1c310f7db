"""Nothing gets into the repository that names a machine, a registry or a secret, or is too big."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.house.repository import ROOT, name_of, text_of, tracked_files

LARGEST_CAPTURE_BYTES = 1 << 20
CAPTURES = {".pcap", ".pcapng", ".cap", ".gz", ".zst"}

# Written in pieces, so that this file does not match itself.
FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"(pypi\." r"org|files\.python" r"hosted|registry\.npm" r"js|registry\.yarn" r"pkg"
        r"|index\.crates\.io|static\.crates\.io|proxy\.golang)"
    ),
    "an index for pip or uv": re.compile(r"^\s*--?(extra-)?index" r"-url", re.MULTILINE),
    "a folder of one machine": re.compile(r"(?<![\w.])/(?:wor" r"k/|hom" r"e/(?!app)\w+/)"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE" r" KEY-----"),
    "an access key": re.compile(r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[bp]-\w{10,})"),
}  # fmt: skip

LOCKS = ("Cargo.lock", "bench/requirements.txt")


def _text_files() -> list[tuple[str, str]]:
    texts = ((name_of(path), text_of(path)) for path in tracked_files())
    return [(name, text) for name, text in texts if text is not None]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_has(what: str) -> None:
    """Found in a file: take it out, and out of history too if it is a secret."""
    found = [
        f"{name}: {match[0]!r}"
        for name, text in _text_files()
        if (match := FORBIDDEN[what].search(text))
    ]
    assert not found


def _locks() -> list[Path]:
    return [ROOT / name for name in LOCKS] + sorted(ROOT.glob("requirements*.txt"))


@pytest.mark.parametrize("lock", _locks(), ids=name_of)
def test_lock_file_carries_no_address(lock: Path) -> None:
    """Every mirror serves the same tree; the registry index of Cargo's format is no address."""
    text = lock.read_text().replace("registry+https://github.com/rust-lang/crates.io-index", "")
    assert "://" not in text


def test_python_locks_have_hashes() -> None:
    """Pip --require-hashes refuses them otherwise; this says so before a release does."""
    for lock in [*ROOT.glob("requirements*.txt"), ROOT / "bench" / "requirements.txt"]:
        pins = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
        assert pins
        assert not [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin], lock


def test_npm_lock_has_hashes_and_no_address() -> None:
    """Each package of the page is held by its hash, wherever it comes from."""
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    own = packages.pop("")
    assert own["name"]
    assert [name for name, facts in packages.items() if "integrity" not in facts] == []
    assert [name for name, facts in packages.items() if "resolved" in facts] == []


def test_captures_in_the_repository_are_small() -> None:
    """Golden captures are cut to what they show."""
    large = [
        name_of(path)
        for path in tracked_files()
        if path.suffix in CAPTURES and path.stat().st_size > LARGEST_CAPTURE_BYTES
    ]
    assert not large
