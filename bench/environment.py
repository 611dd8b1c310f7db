"""Python peers: where they are installed, and an environment for those that are not.

`python -m bench.environment` (`make bench-peers`) makes build/bench-peers with what
bench/requirements.txt locks, and runs each peer on a capture of a few packets. Peers are no
dependency of NautScan, so they never go into its own environment.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = ROOT / "build" / "bench-peers"
PEERS = Path(__file__).with_name("peers")
SCRIPTS = {"nfstream": "nfstream_flows.py", "dpkt": "dpkt_http.py", "scapy": "scapy_http.py"}
"""Distribution and the program that uses it."""

VARIABLE = "NAUTSCAN_BENCH_PYTHON"
"""An interpreter that has the peers, asked before all others."""

SMALL_RUN_SECONDS = 120


def main() -> int:
    """Make the environment, and see each peer at work."""
    install()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="nautscan-bench-") as folder:
        capture = Path(folder) / "small.pcap"
        capture.write_bytes(small_capture())
        for name in SCRIPTS:
            said = at_work(name, capture)
            failed += said is None
            sys.stdout.write(f"{name}: {said or 'does not work here'}\n")
    return 1 if failed else 0


def install() -> None:
    """Make build/bench-peers, hashes checked, unless it is there."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    requirements = Path(__file__).with_name("requirements.txt")
    command = [str(python), "-m", "pip", "install", "-q", "--require-hashes", "-r"]
    subprocess.run([*command, str(requirements)], check=True)
    installed.cache_clear()
    interpreter_importing.cache_clear()


def interpreters() -> Iterator[Path]:
    """Where peers may be, the one named by the user first."""
    named = os.environ.get(VARIABLE)
    found = [named, str(ENVIRONMENT / "bin" / "python"), sys.executable, shutil.which("python3")]
    seen = set()
    for name in found:
        # Not resolved: the interpreter of an environment is a link out of it.
        if name and name not in seen and Path(name).exists():
            seen.add(name)
            yield Path(name)


def interpreter_with(distribution: str) -> Path | None:
    """The first interpreter that has a distribution."""
    return next((p for p in interpreters() if distribution in installed(p)), None)


@functools.cache
def interpreter_importing(module: str) -> Path | None:
    """The first interpreter that can import a module."""
    for candidate in interpreters():
        command = [str(candidate), "-c", f"import {module}"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return candidate
    return None


@functools.cache
def installed(python: Path) -> dict[str, str]:
    """The peers that an interpreter has, with their versions."""
    program = (
        "import json; from importlib import metadata as m\n"
        f"names = {list(SCRIPTS)!r}\n"
        "print(json.dumps({d.name.lower(): d.version for d in m.distributions()"
        " if d.name and d.name.lower() in names}))"
    )
    done = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=False)
    versions: dict[str, str] = json.loads(done.stdout) if done.returncode == 0 else {}
    return versions


def at_work(distribution: str, capture: Path) -> str | None:
    """What a peer says of a capture, with its version; None where it is absent or fails."""
    python = interpreter_with(distribution)
    if python is None:
        return None
    command = [str(python), str(PEERS / SCRIPTS[distribution]), str(capture)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=SMALL_RUN_SECONDS
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-500:])
        return None
    return f"{installed(python)[distribution]} ({python}) says {done.stdout.strip()}"


def small_capture() -> bytes:
    """One HTTP request between two hosts, as Ethernet: three packets."""
    request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    segments = [(0x02, 100, b""), (0x10, 101, b""), (0x18, 101, request)]
    records = [_record(number, _frame(*segment)) for number, segment in enumerate(segments)]
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return header + b"".join(records)


def _record(number: int, frame: bytes) -> bytes:
    return struct.pack("<IIII", 1_700_000_000, number, len(frame), len(frame)) + frame


def _frame(flags: int, sequence: int, payload: bytes) -> bytes:
    tcp = struct.pack(">HHIIBBHHH", 40000, 80, sequence, 1, 0x50, flags, 1024, 0, 0) + payload
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + addresses
    return bytes(6) + b"\x02" + bytes(5) + b"\x08\x00" + ip + tcp


if __name__ == "__main__":
    sys.exit(main())
