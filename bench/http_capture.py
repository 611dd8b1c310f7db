"""Make the HTTP capture that the file benchmarks read: real nginx, real wrk, a real kernel.

`python -m bench.http_capture` writes FILE and, beside it, FILE.json with what nginx served. The
file is kept and used again; `--force` makes it anew.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.lab import (
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
from bench.recording import record

DEFAULT_FILE = Path(tempfile.gettempdir()) / "nautscan-bench" / "http.pcap"
DEFAULT_PACKETS = 1_000_000
LONGEST_LOAD_SECONDS = 300


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
            captured = record(lab, partial, lambda: load_until(lab, packets))
        truth = served(lab)
    partial.replace(file)
    return _facts(file, captured, truth)


def load_until(lab: Lab, packets: int) -> None:
    """Let wrk ask nginx until so many packets more have crossed."""
    enough = lab.packets() + packets
    wrk = start_wrk(lab, LONGEST_LOAD_SECONDS)
    try:
        while wrk.poll() is None and lab.packets() < enough:
            time.sleep(0.02)
    finally:
        stop(wrk, signal.SIGINT)


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
