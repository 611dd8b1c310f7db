"""Make the HTTP capture that the file benchmarks read: real nginx, real wrk, a real kernel.

`python -m bench.http_capture` writes FILE and, beside it, FILE.json with what nginx served. The
file is kept and used again; `--force` makes it anew.
"""

from __future__ import annotations

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.lab import (
    SERVER_INTERFACE,
    Lab,
    LabError,
    ServedRequests,
    laboratory,
    nginx,
    require,
    run,
    served,
    start_wrk,
    stop,
)

DEFAULT_FILE = Path(tempfile.gettempdir()) / "nautscan-bench" / "http.pcap"
DEFAULT_PACKETS = 1_000_000
LONGEST_LOAD_SECONDS = 300
KERNEL_BUFFER_KIB = 131_072
"""Enough for a second of load. Not more: with rings of 0.5 GiB and above Linux 6.18 was seen to
lose packets that it counted neither as received nor as dropped."""
STRAY_PACKETS = 100
"""Neighbour discovery and the like, which may cross the interface before tcpdump listens."""


@dataclass(frozen=True)
class CaptureFacts:
    """What is known about a capture without NautScan."""

    made: str
    packets: int
    file_bytes: int
    requests: int
    requests_by_status: dict[str, int]
    connections: int
    nginx: str
    tcpdump: str


def main() -> int:
    """Make the capture unless it exists, and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--packets", type=int, default=DEFAULT_PACKETS)
    parser.add_argument("--force", action="store_true", help="make it anew")
    options = parser.parse_args()
    try:
        facts = ensure(options.file, options.packets, force=options.force)
    except LabError as error:
        print(f"no capture made: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(facts), indent=2))
    return 0


def ensure(file: Path, packets: int, *, force: bool = False) -> CaptureFacts:
    """Return the facts of the capture at `file`, making it first where it does not exist."""
    about = file.with_name(file.name + ".json")
    if file.exists() and about.exists() and not force:
        return CaptureFacts(**json.loads(about.read_text()))
    require(["tcpdump", "ip", "ethtool", "nginx", "wrk"])
    file.parent.mkdir(parents=True, exist_ok=True)
    about.unlink(missing_ok=True)
    facts = _make(file, packets)
    about.write_text(json.dumps(asdict(facts), indent=2) + "\n")
    return facts


def _make(file: Path, packets: int) -> CaptureFacts:
    """Capture into a side file first, so that a broken attempt never looks like a capture."""
    partial = file.with_name(file.name + ".part")
    with tempfile.TemporaryDirectory(prefix="nautscan-lab-") as home, laboratory(Path(home)) as lab:
        with nginx(lab):
            captured = _capture(lab, partial, packets)
        truth = served(lab)
    partial.replace(file)
    return _facts(file, captured, truth)


def _capture(lab: Lab, file: Path, packets: int) -> int:
    """Load nginx until about `packets` packets are on file; return how many there are."""
    command = ["tcpdump", "-i", SERVER_INTERFACE, "-n", "-s", "0", "-B", str(KERNEL_BUFFER_KIB)]
    tcpdump = subprocess.Popen(
        lab.in_server([*command, "-Z", "root", "-w", str(file)]),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        time.sleep(1)
        _load_until(lab, packets)
        _wait_until_written(file)
    finally:
        tcpdump.send_signal(signal.SIGINT)
        said = tcpdump.communicate(timeout=120)[1]
    return _count(said, lab.packets())


def _load_until(lab: Lab, packets: int) -> None:
    enough = lab.packets() + packets
    wrk = start_wrk(lab, LONGEST_LOAD_SECONDS)
    try:
        while wrk.poll() is None and lab.packets() < enough:
            time.sleep(0.02)
    finally:
        stop(wrk, signal.SIGINT)


def _wait_until_written(file: Path) -> None:
    """Wait for tcpdump to empty the kernel's buffer: what is left there at its end is lost."""
    size, before = file.stat().st_size, -1
    while size != before:
        time.sleep(1)
        size, before = file.stat().st_size, size


def _count(said: str, crossed: int) -> int:
    """Read tcpdump's closing lines: packets captured, where that is all that crossed."""
    found = re.search(r"^(\d+) packets? captured", said, re.MULTILINE)
    if found is None:
        raise LabError(f"tcpdump: {said.strip()}")
    captured = int(found[1])
    if (
        not re.search(r"^0 packets dropped", said, re.MULTILINE)
        or captured < crossed - STRAY_PACKETS
    ):
        raise LabError(f"not all of {crossed} packets were captured, try again: {said.strip()}")
    return captured


def _facts(file: Path, captured: int, truth: ServedRequests) -> CaptureFacts:
    return CaptureFacts(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        packets=captured,
        file_bytes=file.stat().st_size,
        requests=truth.total,
        requests_by_status=truth.by_status,
        connections=truth.connections,
        nginx=_version(["nginx", "-v"]),
        tcpdump=run(["tcpdump", "--version"]).splitlines()[0],
    )


def _version(command: list[str]) -> str:
    """Ask a program its version; it may print its version to standard error."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (done.stdout or done.stderr).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main())
