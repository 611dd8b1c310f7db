"""Make the capture of a protocol once, and keep it with what is known about it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.golden.captures import Capture

from bench.http_capture import DEFAULT_FILE
from bench.lab import laboratory, require, run
from bench.protocols.repeating import repeat
from bench.protocols.traffic import Expected, Made, Repeated, Traffic
from bench.recording import PacketsMissing, record

FOLDER = DEFAULT_FILE.parent / "protocols"
ATTEMPTS = 3
REPEATED_BYTES = 60_000_000


@dataclass(frozen=True)
class Facts:
    """What is known about a capture without NautScan."""

    made: str
    packets: int
    file_bytes: int
    expected: dict[str, int]
    """How many rows there must be, by condition."""
    made_with: list[str]


def ensure(traffic: Traffic, folder: Path, *, force: bool = False) -> tuple[Path, Facts]:
    """Return the capture of a protocol, making it first where there is none.

    Raises LabError where it could not be made.
    """
    file = folder / f"{traffic.name}.pcap"
    about = file.with_name(file.name + ".json")
    if file.exists() and about.exists() and not force:
        return file, Facts(**json.loads(about.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    about.unlink(missing_ok=True)
    # Beside first, so that a broken attempt never looks like a capture.
    partial = file.with_name(file.name + ".part")
    if isinstance(traffic, Repeated):
        packets, expected, made_with = _repeat(traffic, partial)
    else:
        packets, expected, made_with = _record_whole(traffic, partial)
    partial.replace(file)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    facts = Facts(made, packets, file.stat().st_size, dict(expected), made_with)
    about.write_text(json.dumps(asdict(facts), indent=2) + "\n")
    return file, facts


def _record_whole(traffic: Made, file: Path) -> tuple[int, Expected, list[str]]:
    """Try again where packets are missing."""
    for _ in range(ATTEMPTS - 1):
        with suppress(PacketsMissing):
            return _record(traffic, file)
    return _record(traffic, file)


def _record(traffic: Made, file: Path) -> tuple[int, Expected, list[str]]:
    require(["tcpdump", "ip", "ethtool", "ss"])
    said: list[Expected] = []
    with (
        tempfile.TemporaryDirectory(prefix="nautscan-lab-") as home,
        laboratory(Path(home)) as lab,
        traffic.session(lab) as load,
    ):
        packets = record(lab, file, lambda: said.append(load()))
    versions = [_version(command) for command in traffic.versions]
    return packets, said[0], versions + [run(one.version).strip() for one in traffic.libraries]


def _repeat(traffic: Repeated, file: Path) -> tuple[int, Expected, list[str]]:
    captures = [Capture(name) for name in traffic.captures]
    packets, rounds = repeat([c.path for c in captures], traffic.port, file, REPEATED_BYTES)
    asked = sum(traffic.requests(c.truths("tshark")[0]["facts"]) for c in captures)
    return packets, {"true": asked * rounds}, [f"{rounds:,} times {', '.join(traffic.captures)}"]


def _version(command: Sequence[str]) -> str:
    """Ask a program its version; it may print it anywhere, and fail."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = (done.stdout or done.stderr).strip().splitlines()
    first = next((line for line in lines if any(char.isdigit() for char in line)), "")
    return f"{Path(command[0]).name}: {first.strip()}"
