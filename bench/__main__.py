"""Compare NautScan with its peers on one HTTP capture, then protocol by protocol: `make bench`.

Programs that are not installed are left out, and named. Slow ones (minutes) run once, or with
--slice on the first packets only, which the table says.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench import environment, floods, instructions, page, report, scaling
from bench.http_capture import DEFAULT_FILE, DEFAULT_PACKETS, CaptureFacts, ensure
from bench.lab import LabError
from bench.measure import RunFailed, measure
from bench.programs import INSTALLED, NAUTSCAN, REFERENCE, Program, python_peers, version_of
from bench.protocols import ALL
from bench.protocols.__main__ import measure as measure_protocols
from bench.protocols.making import FOLDER
from bench.protocols.measuring import Options
from bench.slices import first_packets

PAGE_RATE = 10_000
PAGE_PORT = 8479


def main() -> int:
    """Measure, print the table, write it to bench/results."""
    options = _options()
    try:
        facts = ensure(options.file, options.packets)
    except LabError as error:
        print(f"bench: no capture to measure on: {error}", file=sys.stderr)
        return 1
    machine = report.this_machine()
    programs = _present(_candidates(options))
    rows = _measure_all(programs, options)
    nautscan = [program for program, _ in programs if program in NAUTSCAN]
    checks = _checks(nautscan[0], options.file, facts) if nautscan else {}
    text = report.table(rows, facts.packets, REFERENCE.name)
    document = report.document(machine, facts, rows, checks, text)
    data = report.as_data(machine, facts, rows)
    if nautscan and not options.only_programs:
        document += _further_sections(options, data)
    print(document)
    if not options.no_results:
        path = report.write("http", document, data)
        print(f"written to {path}", file=sys.stderr)
    if options.only or options.only_programs:
        return 0
    return _protocols(options)


def _protocols(options: argparse.Namespace) -> int:
    """Measure each protocol on traffic of its own: a report of its own."""
    how = Options(FOLDER, options.runs, options.slow_runs, options.timeout, options.slice)
    return measure_protocols(ALL, how, write=not options.no_results)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--file", type=Path, default=DEFAULT_FILE, help="made if it does not exist")
    parser.add_argument("--packets", type=int, default=DEFAULT_PACKETS, help="size of a new one")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run")
    parser.add_argument("--only", nargs="*", help="names of programs, or parts of names")
    parser.add_argument(
        "--only-programs",
        action="store_true",
        help="the comparison alone: no scaling, no floods, no page, no protocols",
    )
    parser.add_argument(
        "--slice", type=int, metavar="PACKETS", help="slow ones read only the first so many"
    )
    parser.add_argument(
        "--page-seconds", type=int, default=60, help="to watch the page under a flood of rows"
    )
    parser.add_argument("--no-results", action="store_true", help="print only")
    return parser.parse_args()


def _further_sections(options: argparse.Namespace, data: dict[str, object]) -> str:
    """Measure how cost grows, and floods; adds to `data` what is found."""
    growth, data["scaling"] = scaling.section(options.file, options.runs, options.timeout)
    flood, data["floods"] = floods.section(options.slow_runs, options.timeout)
    text = f"\n## More packets, more workers\n\n{growth}\n## Floods\n\n{flood}"
    reason = instructions.why_not()
    if reason is None:
        cost, data["instructions"] = instructions.section(options.file)
        text += f"\n## What other protocols' parsers cost HTTP/1\n\n{cost}"
    else:
        print(f"bench: instructions were not counted: {reason}", file=sys.stderr)
    reason = page.why_not()
    if reason is not None:
        print(f"bench: the page was not measured: {reason}", file=sys.stderr)
        return text
    shown, data["page"] = page.section(PAGE_RATE, options.page_seconds, PAGE_PORT)
    return f"{text}\n## The page under a flood of rows\n\n{shown}"


def _candidates(options: argparse.Namespace) -> list[Program]:
    programs = [*NAUTSCAN, *INSTALLED, *python_peers()]
    if options.only:
        programs = [p for p in programs if any(part in p.name for part in options.only)]
    return programs


def _present(programs: Sequence[Program]) -> list[tuple[Program, str]]:
    versions = [(program, version_of(program)) for program in programs]
    absent = [program.name for program, version in versions if version is None]
    if absent:
        print(f"bench: not installed, so left out: {', '.join(absent)}", file=sys.stderr)
        if any(program.name in environment.SCRIPTS for program, version in versions if not version):
            print("bench: `make bench-peers` installs the Python ones", file=sys.stderr)
    return [(program, version) for program, version in versions if version is not None]


def _measure_all(
    programs: Sequence[tuple[Program, str]], options: argparse.Namespace
) -> list[report.Row]:
    """Run all programs in turn, round after round, so that a slow minute hits each of them."""
    rows = [report.Row(program.name, program.does, version) for program, version in programs]
    for (program, _), row in zip(programs, rows, strict=True):
        row.slice_packets = options.slice if program.slow else None
    _into_page_cache(options.file)
    if options.slice:
        _into_page_cache(first_packets(options.file, options.slice))
    for turn in range(max(options.runs, options.slow_runs)):
        for (program, _), row in zip(programs, rows, strict=True):
            runs = options.slow_runs if program.slow else options.runs
            if turn < runs and row.failure is None:
                _measure_once(program, row, options)
    return rows


def _measure_once(program: Program, row: report.Row, options: argparse.Namespace) -> None:
    work = Path(tempfile.mkdtemp(prefix="nautscan-bench-"))
    output = work / "output"
    output.mkdir()
    try:
        file = options.file
        if row.slice_packets is not None:
            file = first_packets(file, row.slice_packets)
        cost = measure(program.command(file, output), work, options.timeout)
    except RunFailed as error:
        row.failure = str(error)
        print(f"bench: {program.name}: {error}", file=sys.stderr)
    else:
        row.costs.append(cost)
        print(f"bench: {program.name}: {cost.wall_seconds:.2f} s", file=sys.stderr)
    finally:
        shutil.rmtree(work)


def _into_page_cache(file: Path) -> None:
    with file.open("rb") as stream:
        while stream.read(1 << 24):
            pass


def _checks(nautscan: Program, file: Path, facts: CaptureFacts) -> dict[str, str]:
    """Hold NautScan's own summary against what nginx said: speed without this is worth nothing."""
    done = subprocess.run(
        list(nautscan.command(file, file.parent)), capture_output=True, text=True, check=False
    )
    if done.returncode:
        return {"summary": f"failed: {done.stderr.strip()[-300:]}"}
    summary = json.loads(done.stdout)
    return {
        "packets": f"{summary['packets']:,} of {facts.packets:,}",
        "requests": f"{summary['requests']:,}; nginx served {facts.requests:,}",
        "lost in gaps": f"{summary['gap_bytes']:,} bytes",
        "parse errors": f"{summary['parse_errors']:,}",
    }


if __name__ == "__main__":
    sys.exit(main())
