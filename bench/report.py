"""What the comparison writes: a table for people, the same figures as JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.http_capture import CaptureFacts
from bench.measure import Cost, median

RESULTS = Path(__file__).with_name("results")


@dataclass
class Row:
    """One program's runs."""

    name: str
    does: str
    version: str
    costs: list[Cost] = field(default_factory=list)
    failure: str | None = None
    slice_packets: int | None = None
    """Packets that it read, where not all."""

    def read(self, packets: int) -> int:
        """How many of the capture's packets it read."""
        return min(packets, self.slice_packets or packets)


@dataclass(frozen=True)
class Machine:
    """Where it was measured; figures of different machines do not compare."""

    processor: str
    cores: int
    memory_bytes: int
    system: str
    load_before: float


def this_machine() -> Machine:
    """Describe this machine."""
    models = [
        line.split(":", 1)[1].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return Machine(
        processor=models[0] if models else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        system=f"{platform.system()} {platform.release()}",
        load_before=os.getloadavg()[0],
    )


def table(rows: Sequence[Row], packets: int, reference: str) -> str:
    """Write the medians as a Markdown table, in the order of time."""
    done = [(row, median(row.costs)) for row in rows if row.costs]
    done.sort(key=lambda pair: pair[1].wall_seconds / pair[0].read(packets))
    base = next((cost.wall_seconds for row, cost in done if row.name == reference), None)
    lines = [
        f"| program | does | seconds | of {reference} | packets/s | CPU s | peak MB | runs |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row, cost in done:
        read = row.read(packets)
        lines.append(
            f"| {row.name}{'' if read == packets else ' (part)'} | {row.does} "
            f"| {cost.wall_seconds:.2f} | {_ratio(cost, base, packets / read)} "
            f"| {read / cost.wall_seconds:,.0f} | {cost.cpu_seconds:.2f} "
            f"| {cost.peak_bytes / 1e6:.0f} | {len(row.costs)} |"
        )
    lines += [_part(row) for row in rows if row.costs and row.read(packets) < packets]
    lines += [f"\n{row.name}: not measured, {row.failure}" for row in rows if row.failure]
    return "\n".join(lines)


def _ratio(cost: Cost, base: float | None, scale: float) -> str:
    """How many times as long as the reference; marked where the file was not read whole."""
    if base is None:
        return ""
    return f"{'' if scale == 1 else '≈ '}{cost.wall_seconds * scale / base:.2f}"


def _part(row: Row) -> str:
    return (
        f"\n{row.name} read the first {row.slice_packets:,} packets only: its seconds and memory "
        "are those of this part; its ratio (≈) is by packets a second, start-up included, so "
        "rather too high."
    )


def where(machine: Machine) -> str:
    """Say where it was measured, in two lines."""
    return (
        f"{machine.processor}, {machine.cores} cores, {machine.memory_bytes / 1e9:.0f} GB, "
        f"{machine.system};\nload {machine.load_before:.2f} before."
    )


def document(
    machine: Machine, facts: CaptureFacts, rows: Sequence[Row], checks: Mapping[str, str], text: str
) -> str:
    """Write the whole report."""
    versions = "\n".join(f"- {row.name}: {row.version}" for row in rows)
    checked = "\n".join(f"- {name}: {value}" for name, value in checks.items())
    return f"""# Whole processes on one HTTP capture, {datetime.now(UTC):%Y-%m-%d}

{where(machine)} Medians; the programs ran in turn, several times over, on a
file in the page cache. Peak memory is the resident set.

The capture: {facts.packets:,} packets, {facts.file_bytes:,} bytes, {facts.requests:,} requests on
{facts.connections:,} connections by nginx's own log ({facts.nginx}).

{text}

What NautScan reported:
{checked}

Versions:
{versions}
"""


def write(name: str, document_text: str, data: Mapping[str, object]) -> Path:
    """Write both forms to bench/results and return where."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{datetime.now(UTC):%Y-%m-%d}-{name}.md"
    path.write_text(document_text)
    path.with_suffix(".json").write_text(json.dumps(data, indent=2) + "\n")
    return path


def as_data(machine: Machine, facts: CaptureFacts, rows: Sequence[Row]) -> dict[str, object]:
    """Gather everything measured, run by run."""
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "capture": asdict(facts),
        "programs": [asdict(row) for row in rows],
    }
