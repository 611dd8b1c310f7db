"""What more packets cost, and what more workers gain: `make bench`.

The first quarter, the first half and all of one capture are read, each with one worker and with
two (where there are cores for them). The cost of a packet should stay what it is.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from bench.http_capture import DEFAULT_FILE
from bench.measure import Cost, measure, median
from bench.programs import nautscan

PARTS = (4, 2, 1)
"""The file is divided by these."""
_FILE_HEADER = 24
_RECORD_HEADER = struct.Struct("<IIII")
_MAGICS = {b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"}
_COPY = 1 << 24


@dataclass
class Row:
    """One size with one number of workers."""

    packets: int
    workers: int
    costs: list[Cost] = field(default_factory=list)


def section(file: Path, runs: int, timeout: float) -> tuple[str, list[dict[str, object]]]:
    """Measure and give the section of the report, and its data."""
    workers = (1, 2) if len(os.sched_getaffinity(0)) > 1 else (1,)
    with _parts(file) as parts:
        rows = [Row(packets, count) for packets, _ in parts for count in workers]
        paths = dict(parts)
        for _ in range(runs):
            for row in rows:
                command = ["read", "--json", "--workers", str(row.workers), str(paths[row.packets])]
                with tempfile.TemporaryDirectory(prefix="nautscan-bench-") as work:
                    row.costs.append(measure(nautscan(*command), Path(work), timeout))
    return _text(rows), [asdict(row) for row in rows]


@contextmanager
def _parts(file: Path) -> Iterator[list[tuple[int, Path]]]:
    """The beginnings of a capture: number of packets, and a file with them."""
    ends = _record_ends(file)
    with tempfile.TemporaryDirectory(prefix="nautscan-bench-") as folder:
        parts = []
        for divisor in PARTS:
            packets = len(ends) // divisor
            path = file if divisor == 1 else Path(folder) / f"part-{divisor}.pcap"
            if divisor != 1:
                _copy_beginning(file, path, ends[packets - 1])
            parts.append((packets, path))
        yield parts


def _record_ends(file: Path) -> list[int]:
    """Where each record of a little-endian pcap file ends."""
    ends = []
    with file.open("rb") as stream:
        if stream.read(_FILE_HEADER)[:4] not in _MAGICS:
            raise ValueError(f"{file} is no little-endian pcap file")
        at = _FILE_HEADER
        while len(header := stream.read(_RECORD_HEADER.size)) == _RECORD_HEADER.size:
            captured = _RECORD_HEADER.unpack(header)[2]
            stream.seek(captured, os.SEEK_CUR)
            at += _RECORD_HEADER.size + captured
            ends.append(at)
    return ends


def _copy_beginning(source: Path, target: Path, size: int) -> None:
    with source.open("rb") as stream, target.open("wb") as out:
        while size:
            block = stream.read(min(size, _COPY))
            out.write(block)
            size -= len(block)


def _text(rows: Sequence[Row]) -> str:
    lines = [
        "| packets | workers | seconds | ns a packet | CPU s | peak MB |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        cost = median(row.costs)
        lines.append(
            f"| {row.packets:,} | {row.workers} | {cost.wall_seconds:.2f} "
            f"| {cost.wall_seconds / row.packets * 1e9:.0f} | {cost.cpu_seconds:.2f} "
            f"| {cost.peak_bytes / 1e6:.0f} |"
        )
    return "\n".join(lines) + "\n\nThe time of a process includes its start.\n"


def main() -> int:
    """Measure alone and print."""
    parser = argparse.ArgumentParser(prog="bench.scaling", description=__doc__)
    parser.add_argument("--file", type=Path, default=DEFAULT_FILE)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run")
    options = parser.parse_args()
    print(section(options.file, options.runs, options.timeout)[0])
    return 0


if __name__ == "__main__":
    sys.exit(main())
