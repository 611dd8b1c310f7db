"""The programs that are compared: how each is called, what it does with the file, who is here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environment


@dataclass(frozen=True)
class Program:
    """One row of the comparison."""

    name: str
    does: str
    """What it does with each packet; comparing times means nothing without it."""
    command: Callable[[Path, Path], Sequence[str]]
    """Makes the command line from the capture and an empty folder to write to."""
    version: Sequence[str]
    slow: bool = False
    """Runs for minutes, so it runs once unless asked otherwise."""


def nautscan(*arguments: str) -> list[str]:
    """Give the command line of this environment's NautScan."""
    return [str(Path(sys.executable).with_name("nautscan")), *arguments]


NAUTSCAN = (
    Program(
        "nautscan read --json",
        "every request parsed, paired, timed; flows; the totals of them",
        lambda file, _: nautscan("read", str(file), "--json"),
        nautscan("--version"),
    ),
    Program(
        "nautscan read",
        "the same, and a summary by server, outcome, host, with percentiles",
        lambda file, _: nautscan("read", str(file)),
        nautscan("--version"),
    ),
    Program(
        "nautscan to Parquet",
        "the same, and both tables written as Parquet",
        lambda file, work: nautscan("export", str(file), "-o", str(work), "--format", "parquet"),
        nautscan("--version"),
    ),
)

REFERENCE = Program(
    "tcpdump to nothing",
    "reads and writes packets, looks into none",
    # As root tcpdump becomes another user, and gives that user what it writes to: the device.
    lambda file, _: ["tcpdump", "-Z", "root", "-r", str(file), "-w", "/dev/null"],
    ["tcpdump", "--version"],
)

TSHARK_FIELDS = (
    "frame.time_epoch",
    "ip.src",
    "tcp.srcport",
    "ip.dst",
    "tcp.dstport",
    "http.request.method",
    "http.host",
    "http.request.uri",
    "http.response.code",
    "http.time",
    "http.content_type",
    "http.content_length",
)

INSTALLED = (
    REFERENCE,
    Program(
        "ndpiReader",
        "flows; a protocol is named and looking stops",
        lambda file, _: ["ndpiReader", "-q", "-i", str(file)],
        ["ndpiReader", "-h"],
    ),
    Program(
        "tcpflow",
        "streams put together and written out as files",
        lambda file, work: ["tcpflow", "-q", "-r", str(file), "-o", str(work)],
        ["tcpflow", "--version"],
    ),
    Program(
        "tshark",
        "HTTP fields of every request and response",
        lambda file, _: [
            *["tshark", "-n", "-r", str(file), "-Y", "http", "-T", "fields"],
            *[word for field in TSHARK_FIELDS for word in ("-e", field)],
        ],
        ["tshark", "--version"],
        slow=True,
    ),
)


def python_peers() -> tuple[Program, ...]:
    """List the peers that are Python libraries, each with the first interpreter that has it."""
    return (
        _python_peer("nfstream", "flows with statistics and application labels"),
        _python_peer(
            "dpkt", "loop over packets, requests in single segments, nothing paired", slow=True
        ),
        _python_peer(
            "scapy", "packets dissected, requests in single segments, nothing paired", slow=True
        ),
    )


def _python_peer(name: str, does: str, *, slow: bool = False) -> Program:
    # Where no interpreter has it, a name that is none: it is then told as not installed.
    python = str(environment.interpreter_with(name) or f"python-with-{name}")
    script = str(environment.PEERS / environment.SCRIPTS[name])
    version = f"from importlib.metadata import version; print(version({name!r}))"
    return Program(
        name,
        does,
        lambda file, _: [python, script, str(file)],
        [python, "-c", version],
        slow=slow,
    )


def version_of(program: Program) -> str | None:
    """Ask a program its version; None where it is not installed."""
    executable = shutil.which(program.version[0])
    if executable is None:
        return None
    done = subprocess.run(
        program.version, capture_output=True, text=True, check=False, timeout=60, errors="replace"
    )
    # tcpflow and ndpiReader tell their version with a failing exit status.
    said = done.stdout if done.returncode else done.stdout or done.stderr
    lines = said.strip().splitlines()
    return next((line for line in lines if any(char.isdigit() for char in line)), None)
