"""Floods: one million connections at once, SYNs without end, a port scan: `make bench`.

The captures are generated (`crates/nautscan-capture/examples/flood.rs`), kept, and used again. Each
is read by tcpdump and by NautScan, whose peak memory, divided by the flows that it held at once, is
what a flow costs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench import report
from bench.measure import Cost, RunFailed, measure, median
from bench.programs import REFERENCE, nautscan

REPOSITORY = Path(__file__).parent.parent
FOLDER = Path(tempfile.gettempdir()) / "nautscan-bench"
FEW = 1000
"""Packets of the capture that tells what the program takes without a flood."""


@dataclass(frozen=True)
class Flood:
    """One kind of flood."""

    kind: str
    packets: int
    what: str


FLOODS = (
    Flood("concurrent", 1_000_000, "as many TCP connections, all open at once"),
    Flood("syn", 10_000_000, "SYNs, each from another address and port"),
    Flood("scan", 10_000_000, "one host tries ports and hosts, each attempt refused"),
)

Command = Callable[[Path, Path], Sequence[str]]
"""Makes the command line from the capture and a folder to write to."""


def _commands() -> dict[str, Command]:
    """The programs that read each flood; the first is what the others are compared with."""
    read: dict[str, Command] = {REFERENCE.name: REFERENCE.command}
    for workers in (1, 2) if len(os.sched_getaffinity(0)) > 1 else (1,):
        read[f"nautscan read, workers: {workers}"] = _reading(workers)
    read["nautscan to Parquet"] = lambda file, work: nautscan(
        "export", str(file), "-o", f"{work}/", "--format", "parquet"
    )
    return read


def _reading(workers: int) -> Command:
    return lambda file, _: nautscan("read", str(file), "--json", "--workers", str(workers))


@dataclass
class Row:
    """One program's runs on one flood."""

    flood: str
    packets: int
    program: str
    costs: list[Cost] = field(default_factory=list)
    without_flood: Cost | None = None
    flows: int | None = None
    evicted: int | None = None
    failure: str | None = None

    def bytes_per_flow(self) -> float | None:
        """What each flow held at once added to the peak of memory."""
        if self.without_flood is None or self.flows is None or self.evicted is None:
            return None
        more = median(self.costs).peak_bytes - self.without_flood.peak_bytes
        return more / max(1, self.flows - self.evicted)


def section(runs: int, timeout: float, scale: float = 1.0) -> tuple[str, list[dict[str, object]]]:
    """Measure every flood and give the section of the report, and its data."""
    rows: list[Row] = []
    for flood in FLOODS:
        packets = max(FEW, int(flood.packets * scale))
        rows += _measure(flood.kind, packets, runs, timeout)
    return _text(rows), [{**asdict(row), "bytes_per_flow": row.bytes_per_flow()} for row in rows]


def ensure(kind: str, packets: int) -> Path:
    """The capture of a flood, generated unless it is there."""
    path = FOLDER / f"{kind}-{packets}.pcap"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        partial = path.with_suffix(".partial")
        run = ["cargo", "run", "-q", "--release", "-p", "nautscan-capture", "--example", "flood"]
        subprocess.run([*run, "--", kind, str(packets), str(partial)], cwd=REPOSITORY, check=True)
        partial.rename(path)
    return path


def _measure(kind: str, packets: int, runs: int, timeout: float) -> list[Row]:
    few, many = ensure(kind, FEW), ensure(kind, packets)
    commands = _commands()
    rows = {name: Row(kind, packets, name) for name in commands}
    for name, command in commands.items():
        if name != REFERENCE.name:
            rows[name].without_flood = _once(command, few, timeout)
    summary = json.loads(
        subprocess.run(
            list(_reading(1)(many, FOLDER)), capture_output=True, check=True, timeout=timeout
        ).stdout
    )
    for _ in range(runs):
        for name, command in commands.items():
            try:
                rows[name].costs.append(_once(command, many, timeout))
            except RunFailed as error:
                rows[name].failure = str(error)
    for name, row in rows.items():
        if name != REFERENCE.name:
            row.flows, row.evicted = summary["flows"], summary["evicted"]
    return [row for row in rows.values() if row.costs]


def _once(command: Command, file: Path, timeout: float) -> Cost:
    work = Path(tempfile.mkdtemp(prefix="nautscan-bench-"))
    (work / "output").mkdir()
    try:
        return measure(command(file, work / "output"), work, timeout)
    finally:
        shutil.rmtree(work)


def _text(rows: Sequence[Row]) -> str:
    lines = [
        "| flood | program | seconds | of tcpdump | packets/s | CPU s | peak MB | bytes a flow "
        "| flows | evicted |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    reference = {r.flood: median(r.costs) for r in rows if r.program == REFERENCE.name}
    for row in rows:
        cost = median(row.costs)
        ratio = cost.wall_seconds / reference[row.flood].wall_seconds
        each = row.bytes_per_flow()
        lines.append(
            f"| {row.flood} | {row.program} | {cost.wall_seconds:.2f} | {ratio:.2f} "
            f"| {row.packets / cost.wall_seconds:,.0f} | {cost.cpu_seconds:.2f} "
            f"| {cost.peak_bytes / 1e6:.0f} | {'' if each is None else f'{each:.0f}'} "
            f"| {_shown(row.flows)} | {_shown(row.evicted)} |"
        )
    kinds = "\n".join(f"- {flood.kind}: {flood.what}" for flood in FLOODS)
    return "\n".join(lines) + f"\n\n{kinds}\n"


def _shown(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def main() -> int:
    """Measure the floods alone and print."""
    parser = argparse.ArgumentParser(prog="bench.floods", description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the packets")
    options = parser.parse_args()
    print(f"{report.this_machine()}\n")
    print(section(options.runs, options.timeout, options.scale)[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
