"""Ask capinfos and tshark what each shared capture holds: `python -m tests.golden.peers`.

Writes peers.json, which is checked in, so that tests need neither program and one version of them
is compared with. Frames and bytes of TCP and UDP are what `tshark -z conv,tcp` sums up, taken
frame by frame, because that table rounds sizes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.golden.captures import DIRECTORY, Capture, all_captures

FILE = Path(__file__).with_name("peers.json")

NOT_QUOTED = "not icmp and not icmpv6"
"""ICMP errors quote headers of packets that are not there."""


def main() -> None:
    """Write the file."""
    captures = all_captures()
    if not captures:
        sys.exit(f"no captures in {DIRECTORY}")
    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip((c.name for c in captures), pool.map(_ask, captures), strict=True))
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(answers[name])}" for name in answers)
    tools = json.dumps({name: _version(name) for name in ("capinfos", "tshark")})
    FILE.write_text(f'{{"tools": {tools},\n "captures": {{\n{lines}\n}}}}\n', encoding="utf-8")
    sys.stdout.write(f"{len(answers)} captures\n")


def load() -> dict[str, dict[str, Any]]:
    """What was answered, by capture."""
    captures: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["captures"]
    return captures


def tools() -> dict[str, str]:
    """The versions that answered."""
    versions: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))["tools"]
    return versions


def _ask(capture: Capture) -> dict[str, Any]:
    return _capinfos(capture.path) | _transports(capture.path) | _dns(capture.path)


def _dns(path: Path) -> dict[str, Any]:
    """Times from each DNS, mDNS or LLMNR question to its answer, in whole microseconds."""
    fields = ("-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", "-e", "dns.time")
    told = _run("tshark", "-n", "-r", str(path), "-o", "tcp.reassemble_out_of_order:TRUE",
        "-Y", f"dns.time and {NOT_QUOTED}", *fields)  # fmt: skip
    times = [time for line in told.split() for time in line.split(",")]
    return {"dns_times": [str(int(Decimal(time) * 1_000_000)) for time in times]} if times else {}


def _capinfos(path: Path) -> dict[str, Any]:
    """Packets, bytes on the wire, first and last time; nothing of a file that it refuses."""
    told = _run("capinfos", "-T", "-M", "-r", "-c", "-d", "-a", "-e", "-S", str(path))
    fields = told.strip().split("\t")
    if len(fields) != len(("file", "packets", "bytes", "first", "last")):
        return {}
    _, packets, size, first, last = fields
    counts: dict[str, Any] = {"packets": int(packets), "bytes": int(size)}
    return counts | ({} if first == "n/a" else {"first": first, "last": last})


def _transports(path: Path) -> dict[str, Any]:
    """Frames with a TCP or UDP header, and their bytes on the wire."""
    fields = ("tcp.stream", "udp.stream", "frame.len")
    wanted = [word for field in fields for word in ("-e", field)]
    told = _run("tshark", "-n", "-r", str(path), "-Y", NOT_QUOTED, "-T", "fields", *wanted)
    frames = [line.split("\t") for line in told.splitlines()]
    return {
        name: [
            sum(bool(frame[column]) for frame in frames),
            sum(int(frame[-1]) for frame in frames if frame[column]),
        ]
        for column, name in enumerate(("tcp", "udp"))
    }


def _run(*command: str) -> str:
    """Standard output; both programs fail on damaged files and still tell what they read."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout


def _version(program: str) -> str:
    return _run(program, "--version").splitlines()[0]


if __name__ == "__main__":
    main()
