"""What may listen on the server's interface while wrk loads nginx, and what each says it saw."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import duckdb

from bench.lab import SERVER_INTERFACE, Lab, LabError, stop

NAUTSCAN = str(Path(sys.executable).with_name("nautscan"))
READY_SECONDS = 30
DRAIN_SECONDS = 120


@dataclass
class Seen:
    """What a watcher reported: requests where it knows any, and packets it lost."""

    requests: int | None = None
    """Complete ones: request and response, without a byte missing."""
    drops: int | None = None
    notes: dict[str, int] = field(default_factory=dict)


class Watcher(Protocol):
    """Something that listens. `watching` fills `Seen` when the block ends."""

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    def watching(self, lab: Lab, work: Path) -> AbstractContextManager[Seen]:
        """Listen during the block."""
        ...


class Nothing:
    """Nobody listens: what wrk reaches then is the measure for the others."""

    name = "nothing"

    @contextmanager
    def watching(self, lab: Lab, work: Path) -> Iterator[Seen]:
        """Do nothing."""
        del lab, work
        yield Seen()


class Tcpdump:
    """tcpdump with the same kernel buffer as NautScan's default."""

    def __init__(self, name: str, target: str) -> None:
        """Write packets to `target`, a file below the work folder or an absolute path."""
        self.name = name
        self._target = target

    @contextmanager
    def watching(self, lab: Lab, work: Path) -> Iterator[Seen]:
        """Run tcpdump."""
        target = str(work / self._target)
        command = ["tcpdump", "-i", SERVER_INTERFACE, "-n", "-s", "0", "-B", "32768"]
        with _listening(lab, [*command, "-Z", "root", "-w", target], work) as errors:
            seen = Seen()
            yield seen
        found = re.search(r"(\d+) packets? dropped by kernel", errors.read_text())
        seen.drops = int(found[1]) if found else None


class NautscanCapture:
    """`nautscan capture`: the engine, and rows written out as JSON lines."""

    name = "nautscan capture"

    @contextmanager
    def watching(self, lab: Lab, work: Path) -> Iterator[Seen]:
        """Run it; its closing line carries the counters."""
        command = [NAUTSCAN, "capture", "-i", SERVER_INTERFACE, "--table", "requests", "--json"]
        with _listening(lab, command, work) as errors:
            seen = Seen()
            yield seen
        summary = json.loads(errors.read_text().splitlines()[-1])["summary"]
        with (work / "stdout").open() as lines:
            whole = Counter(json.loads(line)["completeness"] for line in lines)
        seen.requests = whole.pop("complete", 0)
        seen.drops = summary["kernel_drops"] + summary["interface_drops"]
        seen.notes = {**whole, "gap_bytes": summary["gap_bytes"]}


class NautscanServe:
    """`nautscan serve`: the whole product; requests are counted in its database."""

    name = "nautscan serve"

    @contextmanager
    def watching(self, lab: Lab, work: Path) -> Iterator[Seen]:
        """Run it, read its health when the load is over, and count what it stored."""
        data = work / "data"
        command = [NAUTSCAN, "serve", "-i", SERVER_INTERFACE, "--data-dir", str(data)]
        with _listening(lab, [*command, "--user", "root"], work):
            seen = Seen()
            yield seen
            health = _health(lab)
        with duckdb.connect(str(data / "nautscan.duckdb"), read_only=True) as database:
            query = "select completeness, count(*) from requests group by all"
            whole = dict(database.execute(query).fetchall())
        seen.requests = whole.pop("complete", 0)
        drops = {f"{drop['stage']}/{drop['name']}": int(drop["value"]) for drop in health["drops"]}
        seen.drops = sum(drops.get(f"capture/{k}_drops", 0) for k in ("kernel", "interface"))
        seen.notes = {**whole, **drops}


@contextmanager
def _listening(lab: Lab, command: list[str], work: Path) -> Iterator[Path]:
    """Run a program in the server's namespace from when it captures until it has caught up."""
    errors = work / "stderr"
    with (work / "stdout").open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            lab.in_server(command), stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        try:
            _wait_for_capture(lab, process, errors)
            yield errors
            time.sleep(2)
        finally:
            stop(process, signal.SIGINT)


def _wait_for_capture(lab: Lab, process: subprocess.Popen[bytes], errors: Path) -> None:
    """Wait until the kernel lists a packet socket in the namespace."""
    deadline = time.monotonic() + READY_SECONDS
    while len(_packet_sockets(lab)) == 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise LabError(f"{process.args!r} does not capture: {errors.read_text().strip()}")
        time.sleep(0.1)
    time.sleep(0.5)


def _packet_sockets(lab: Lab) -> list[str]:
    command = lab.in_server(["cat", "/proc/net/packet"])
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[
        1:
    ]


def _health(lab: Lab) -> dict[str, list[dict[str, int | str]]]:
    """Ask the server when its counters have stopped growing."""
    command = lab.in_server(["curl", "-sf", "http://127.0.0.1:8000/api/health"])
    deadline = time.monotonic() + DRAIN_SECONDS
    before: object = None
    while time.monotonic() < deadline:
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        health: dict[str, list[dict[str, int | str]]] = json.loads(said)
        now = [c["value"] for c in health["stages"] if c["stage"] in {"proto", "decode"}]
        if now == before:
            return health
        before = now
        time.sleep(2)
    raise LabError("the server's counters still grow long after the load has ended")
