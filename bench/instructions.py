"""What the parsers of other protocols cost HTTP/1: `python -m bench.instructions`.

Instructions of `nautscan read --workers 1` are counted with all protocols and with HTTP/1 alone, so
that a busy machine does not matter. What the start of the program takes is counted on an empty
capture, and taken off. Valgrind counts, since virtual machines seldom let perf do so.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.golden.own import make

from bench.http_capture import DEFAULT_FILE
from bench.programs import nautscan
from bench.protocols.repeating import repeat
from bench.slices import first_packets

GOAL = 1.03
PACKETS = 20_000
SHORT_BYTES = 4_000_000
SHORT = ("head", "pipelining", "chunked", "interim")
"""Own captures of one connection with a few requests each."""
PORT = 8080
COUNT = ("valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null")
EMPTY = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
"""A pcap file of Ethernet without packets."""


class CountFailed(RuntimeError):
    """Valgrind, or what it ran, failed."""


@dataclass(frozen=True)
class Counted:
    """Instructions for one capture, start of the program taken off."""

    capture: str
    packets: int
    every_protocol: int
    http_alone: int

    @property
    def ratio(self) -> float:
        """How many times as many with all protocols."""
        return self.every_protocol / self.http_alone


def why_not() -> str | None:
    """What is missing, in words."""
    if shutil.which("valgrind") is None:
        return "needs valgrind; on Debian: apt-get install valgrind"
    return None


def section(file: Path) -> tuple[str, list[dict[str, object]]]:
    """Count, and give the section of the report and its data."""
    with tempfile.TemporaryDirectory(prefix="nautscan-bench-") as folder:
        found = _counted(file, Path(folder))
    lines = [
        "| capture | packets | instructions a packet | with HTTP/1 alone | ratio |",
        "|---|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {one.capture} | {one.packets:,} | {one.every_protocol / one.packets:,.0f} "
        f"| {one.http_alone / one.packets:,.0f} | {one.ratio:.4f} |"
        for one in found
    ]
    text = "\n".join(lines) + f"\n\nNo ratio is to be above {GOAL}.\n"
    return text, [asdict(one) | {"ratio": one.ratio} for one in found]


def _counted(file: Path, folder: Path) -> list[Counted]:
    empty, short = folder / "empty.pcap", folder / "short.pcap"
    empty.write_bytes(EMPTY)
    packets, _ = repeat([make.FOLDER / f"{n}.pcap" for n in SHORT], PORT, short, SHORT_BYTES)
    captures = [("short connections", short, packets)]
    if file.exists():
        captures.insert(0, ("long connections", first_packets(file, PACKETS), PACKETS))
    starts = [_instructions(empty, more) for more in ([], ["--protocols", "http"])]
    return [
        Counted(
            name,
            count,
            _instructions(capture, []) - starts[0],
            _instructions(capture, ["--protocols", "http"]) - starts[1],
        )
        for name, capture, count in captures
    ]


def _instructions(capture: Path, more: Sequence[str]) -> int:
    command = nautscan("read", "--json", "--workers", "1", str(capture), *more)
    done = subprocess.run(
        [*COUNT, sys.executable, *command],
        capture_output=True,
        text=True,
        check=False,
        # Else Python's dictionaries differ from run to run.
        env=os.environ | {"PYTHONHASHSEED": "0"},
    )
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode or found is None:
        raise CountFailed(done.stderr.strip()[-500:])
    return int(found[1].replace(",", ""))


def main() -> int:
    """Count alone and print; 1 where more than the goal was counted."""
    parser = argparse.ArgumentParser(prog="bench.instructions", description=__doc__)
    parser.add_argument("--file", type=Path, default=DEFAULT_FILE, help="the HTTP capture")
    options = parser.parse_args()
    reason = why_not()
    if reason is not None:
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    text, found = section(options.file)
    print(text)
    return 1 if any(float(str(one["ratio"])) > GOAL for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
