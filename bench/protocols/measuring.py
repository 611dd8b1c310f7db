"""Measure each protocol's capture, and hold the rows against what its load tool said."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from bench import report
from bench.lab import LabError
from bench.measure import Cost, RunFailed, measure, median
from bench.programs import INSTALLED, NAUTSCAN, REFERENCE, Program, nautscan, version_of
from bench.protocols.making import Facts, ensure
from bench.protocols.traffic import Traffic
from bench.slices import first_packets

WRONG = "gap_bytes", "parse_errors"
"""Totals that are 0 where nothing was lost and all was understood."""

FAILURES = LabError, RunFailed, OSError, ValueError, LookupError, subprocess.SubprocessError
PART = "\nWhere tshark has a ≈ it read the first packets only; that memory is of them.\n"


@dataclass
class Row:
    """What was measured of one protocol."""

    traffic: Traffic
    facts: Facts
    requests: int
    costs: dict[str, list[Cost]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    part_packets: int | None = None
    """What tshark read, where not all."""


@dataclass(frozen=True)
class Options:
    """How to measure."""

    folder: Path
    runs: int
    slow_runs: int
    timeout: float
    slice_packets: int | None
    force: bool = False


@dataclass(frozen=True)
class Report:
    """What there is to tell."""

    document: str
    data: dict[str, object]
    failed: bool
    """A capture could not be made, or its rows are wrong."""


def report_on(traffics: Sequence[Traffic], options: Options) -> Report:
    """Make what is missing, check, measure."""
    machine = report.this_machine()
    rows: list[Row] = []
    left_out: dict[str, str] = {}
    failed = False
    for traffic in traffics:
        reason = traffic.missing()
        if reason is None:
            reason = _measure(traffic, options, rows)
            failed |= reason is not None
        if reason is not None:
            left_out[traffic.name] = reason
            print(f"bench: {traffic.name}: {reason}", file=sys.stderr)
    versions = {program.name: version_of(program) or "not installed" for program in _programs()}
    data: dict[str, object] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(machine),
        "versions": versions,
        "protocols": [_as_data(row) for row in rows],
        "left_out": left_out,
    }
    return Report(document(machine, rows, left_out, versions), data, failed)


def _measure(traffic: Traffic, options: Options, rows: list[Row]) -> str | None:
    """Add a row; or say why there is none."""
    try:
        print(f"bench: {traffic.name}: {traffic.load}", file=sys.stderr)
        file, facts = ensure(traffic, options.folder, force=options.force)
        requests, wrong = check(traffic, file, facts)
    except (
        LabError,
        RunFailed,
        OSError,
        ValueError,
        LookupError,
        subprocess.SubprocessError,
    ) as error:
        return f"not measured: {type(error).__name__}: {error}"
    if wrong:
        return f"void, since rows are wrong: {'; '.join(wrong)}"
    row = Row(traffic, facts, requests)
    _run_all(row, file, options)
    rows.append(row)
    return None


def check(traffic: Traffic, file: Path, facts: Facts) -> tuple[int, list[str]]:
    """Count the rows, and say which counts are not what they must be."""
    counts = ", ".join(f"count(*) FILTER ({condition})" for condition in facts.expected)
    query = f"SELECT count(*), {counts} FROM {traffic.rows}".replace("FILTER (", "FILTER (WHERE ")
    command = nautscan("read", str(file), "--json")
    summary = json.loads(_said(command))
    found = list(json.loads(_said([*command, "--sql", query])).values())
    wrong = [
        f"{expected:,} expected where {condition}, {count:,} found"
        for (condition, expected), count in zip(facts.expected.items(), found[1:], strict=True)
        if count != expected
    ]
    wrong += [f"{name} is {summary[name]:,}" for name in WRONG if summary[name]]
    if summary["packets"] != facts.packets:
        wrong.append(f"{summary['packets']:,} of {facts.packets:,} packets read")
    return int(found[0]), wrong


def _said(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RunFailed(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
    return done.stdout


def _programs(traffic: Traffic | None = None) -> list[Program]:
    """NautScan, the reference, and tshark with the protocol's own fields, if it knows them."""
    tshark = next(program for program in INSTALLED if program.name == "tshark")
    programs = [NAUTSCAN[0], REFERENCE]
    if traffic is None:
        return [*programs, tshark]
    if traffic.shown is None:
        return programs
    asks = ["-Y", traffic.shown, "-T", "fields"]
    asks += [word for name in traffic.fields for word in ("-e", name)]
    own = replace(tshark, command=lambda file, _: ["tshark", "-n", "-r", str(file), *asks])
    return [*programs, own]


def _run_all(row: Row, file: Path, options: Options) -> None:
    """Run the programs in turn, round after round."""
    programs = [program for program in _programs(row.traffic) if version_of(program) is not None]
    whole = options.slice_packets is None or options.slice_packets >= row.facts.packets
    row.part_packets = None if whole else options.slice_packets
    for turn in range(max(options.runs, options.slow_runs)):
        for program in programs:
            runs = options.slow_runs if program.slow else options.runs
            if turn < runs and program.name not in row.failures:
                _run(program, row, file, options)


def _run(program: Program, row: Row, file: Path, options: Options) -> None:
    if program.slow and row.part_packets is not None:
        file = first_packets(file, row.part_packets)
    work = Path(tempfile.mkdtemp(prefix="nautscan-bench-"))
    try:
        cost = measure(program.command(file, work), work, options.timeout)
    except RunFailed as error:
        row.failures[program.name] = str(error)
        print(f"bench: {program.name}: {error}", file=sys.stderr)
    else:
        row.costs.setdefault(program.name, []).append(cost)
        print(f"bench: {program.name}: {cost.wall_seconds:.2f} s", file=sys.stderr)
    finally:
        shutil.rmtree(work)


def table(rows: Sequence[Row]) -> str:
    """Write the medians as Markdown tables: what was read, and how fast."""
    lines = [
        "| protocol | packets | MB | requests | seconds | packets/s | MB/s | requests/s "
        "| of tcpdump | tshark takes | peak MB | tcpdump's | tshark's |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        own, reference, tshark = (_median(row, p.name) for p in _programs())
        if own is None:
            continue
        seconds = own.wall_seconds
        lines.append(
            f"| {row.traffic.name} | {row.facts.packets:,} | {row.facts.file_bytes / 1e6:.0f} "
            f"| {row.requests:,} | {seconds:.2f} | {row.facts.packets / seconds:,.0f} "
            f"| {row.facts.file_bytes / seconds / 1e6:,.0f} | {row.requests / seconds:,.0f} "
            f"| {_times(seconds, reference)} | {_slower(row, tshark, seconds)} "
            f"| {_megabytes(own)} | {_megabytes(reference)} | {_megabytes(tshark)} |"
        )
    return "\n".join(lines)


def _median(row: Row, name: str) -> Cost | None:
    costs = row.costs.get(name)
    return median(costs) if costs else None


def _times(seconds: float, reference: Cost | None) -> str:
    return "" if reference is None else f"{seconds / reference.wall_seconds:.2f}"


def _slower(row: Row, tshark: Cost | None, seconds: float) -> str:
    """How many times as long tshark takes; marked where it did not read all."""
    if row.traffic.shown is None:
        return "not known to it"
    if tshark is None:
        return ""
    scale = row.facts.packets / (row.part_packets or row.facts.packets)
    return f"{'' if scale == 1 else '≈ '}{tshark.wall_seconds * scale / seconds:.0f} times"


def _megabytes(cost: Cost | None) -> str:
    return "" if cost is None else f"{cost.peak_bytes / 1e6:.0f}"


def document(
    machine: report.Machine,
    rows: Sequence[Row],
    left_out: dict[str, str],
    versions: dict[str, str],
) -> str:
    """Write the whole report."""
    captures = "\n".join(
        f"- {row.traffic.name}: {row.traffic.load} ({', '.join(row.facts.made_with)}), "
        f"made {row.facts.made}"
        for row in rows
    )
    absent = "\n".join(f"- {name}: {reason}" for name, reason in left_out.items())
    used = "\n".join(f"- {name}: {version}" for name, version in versions.items())
    failures = "\n".join(
        f"- {row.traffic.name}, {name}: {failure}"
        for row in rows
        for name, failure in row.failures.items()
    )
    return (
        f"""# Throughput by protocol, {datetime.now(UTC):%Y-%m-%d}

{report.where(machine)} Medians of whole
processes, start included; the programs ran in turn on a file in the page cache: `nautscan read
--json` (whose figures these are where nothing else is said), `tcpdump -r FILE -w /dev/null`, and
tshark, which prints a few fields of each message. The rows that NautScan gives of each capture were
counted first: of each kind there are as many as the load tool, or the server, says that there were,
with nothing lost and nothing that was not understood.

{table(rows)}
{PART if any(row.part_packets for row in rows) else ""}
Captures:
{captures}

Versions:
{used}
"""
        + (f"\nNot measured:\n{absent}\n" if absent else "")
        + (f"\nFailed:\n{failures}\n" if failures else "")
    )


def _as_data(row: Row) -> dict[str, object]:
    return {
        "protocol": row.traffic.name,
        "load": row.traffic.load,
        "capture": asdict(row.facts),
        "requests": row.requests,
        "tshark_packets": row.part_packets or row.facts.packets,
        "programs": {name: [asdict(cost) for cost in costs] for name, costs in row.costs.items()},
        "failures": row.failures,
    }
