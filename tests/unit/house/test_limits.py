"""Every cap is reached by a test, and what it cuts off is counted where people can see it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.house.repository import ROOT

CRATES = ("nautscan-core", "nautscan-capture")
CONSTANT = re.compile(r"^pub(?:\(crate\))? const ([A-Z0-9_]+):", re.MULTILINE)
REACHES = re.compile(r"((?:^ *///.*\n)+) *#\[test\]\n *fn (\w+)", re.MULTILINE)
JUSTIFIED = re.compile(r"((?:^///.*\n)+)^pub(?:\(crate\))? const ([A-Z0-9_]+):", re.MULTILINE)


def _limits(crate: str) -> str:
    source = ROOT / "crates" / crate / "src"
    parts = [source / "limits.rs", source / "limits" / "proto.rs"]
    return "".join(part.read_text() for part in parts if part.exists())


CAPS = [(crate, name) for crate in CRATES for name in CONSTANT.findall(_limits(crate))]


def _reached(crate: str) -> dict[str, str]:
    """Which test says in its documentation that it reaches a cap."""
    reached = {}
    for path in sorted(Path(ROOT / "crates" / crate).rglob("*.rs")):
        if "target" in path.parts:
            continue
        for documentation, test in REACHES.findall(path.read_text()):
            sentence = re.search(r"Reaches ([^:.]*)", documentation)
            for name in re.findall(r"`([A-Z0-9_]+)`", sentence[1] if sentence else ""):
                reached[name] = test
    return reached


REACHED = {crate: _reached(crate) for crate in CRATES}


@pytest.mark.parametrize(("crate", "name"), CAPS, ids=lambda part: part)
def test_each_cap_is_reached_by_a_test(crate: str, name: str) -> None:
    """Write one, preferably in limits/tests.rs, whose first words are "Reaches `NAME`"."""
    assert name in REACHED[crate]


@pytest.mark.parametrize("crate", CRATES)
def test_each_cap_is_justified(crate: str) -> None:
    justified = {name for _, name in JUSTIFIED.findall(_limits(crate))}
    assert justified == {name for known, name in CAPS if known == crate}


@pytest.mark.parametrize("crate", CRATES)
def test_no_test_reaches_what_is_no_cap(crate: str) -> None:
    assert set(REACHED[crate]) <= {name for known, name in CAPS if known == crate}
