"""Measure what each protocol costs to read: `make bench-protocols ARGS="--only redis"`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import report
from bench.protocols import ALL
from bench.protocols.making import FOLDER
from bench.protocols.measuring import Options, report_on
from bench.protocols.traffic import Traffic


def main() -> int:
    """Measure, print, write to bench/results."""
    parser = argparse.ArgumentParser(prog="bench.protocols", description=__doc__)
    names = [traffic.name for traffic in ALL]
    parser.add_argument("--only", nargs="*", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--folder", type=Path, default=FOLDER, help="of the captures")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slow-runs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run")
    parser.add_argument(
        "--slice", type=int, metavar="PACKETS", help="tshark reads only the first so many"
    )
    parser.add_argument("--force", action="store_true", help="make the captures anew")
    parser.add_argument("--no-results", action="store_true", help="print only")
    options = parser.parse_args()
    how = Options(
        options.folder,
        options.runs,
        options.slow_runs,
        options.timeout,
        options.slice,
        options.force,
    )
    return measure(chosen(options.only), how, write=not options.no_results)


def chosen(names: Sequence[str] | None) -> list[Traffic]:
    """Those named; all where none is."""
    return [traffic for traffic in ALL if not names or traffic.name in names]


def measure(traffics: Sequence[Traffic], options: Options, *, write: bool) -> int:
    """Measure and print; 1 where a capture could not be made or its rows are wrong."""
    found = report_on(traffics, options)
    print(found.document)
    if write:
        path = report.write("protocols", found.document, found.data)
        print(f"written to {path}", file=sys.stderr)
    return 1 if found.failed else 0


if __name__ == "__main__":
    sys.exit(main())
