"""Capture at full speed: nginx and wrk between two namespaces, one watcher after another.

Says for each what wrk still reached, what nginx served, what was reported, and what was lost.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import report
from bench.lab import LabError, laboratory, nginx, served, start_wrk
from bench.watchers import (
    NautscanCapture,
    NautscanServe,
    Nothing,
    Tcpdump,
    Watcher,
)

WATCHERS: tuple[Watcher, ...] = (
    Nothing(),
    Tcpdump("tcpdump to nothing", "/dev/null"),
    Tcpdump("tcpdump to a file", "packets.pcap"),
    NautscanCapture(),
    NautscanServe(),
)


@dataclass(frozen=True)
class Round:
    """One load under one watcher."""

    watcher: str
    requests_per_second: float
    served: int
    reported: int | None
    drops: int | None
    notes: dict[str, int]


def main() -> int:
    """Measure, print, write to bench/results."""
    parser = argparse.ArgumentParser(prog="bench.live", description=__doc__)
    parser.add_argument("--seconds", type=int, default=5, help="of load in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", help="names of watchers, or parts of names")
    parser.add_argument("--no-results", action="store_true", help="print only")
    options = parser.parse_args()
    chosen = [w for w in WATCHERS if not options.only or any(p in w.name for p in options.only)]
    machine = report.this_machine()
    try:
        rounds = [_round(w, options.seconds) for _ in range(options.rounds) for w in chosen]
    except LabError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    text = _document(machine, rounds, options.seconds)
    print(text)
    if not options.no_results:
        data = {
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": asdict(machine),
            "seconds": options.seconds,
            "rounds": [asdict(r) for r in rounds],
        }
        print(f"written to {report.write('live', text, data)}", file=sys.stderr)
    return 0


def _round(watcher: Watcher, seconds: int) -> Round:
    """Everything is made anew for each round, so that nginx's log counts this one alone."""
    with tempfile.TemporaryDirectory(prefix="nautscan-live-") as name:
        home = Path(name)
        work = home / "work"
        work.mkdir()
        with laboratory(home) as lab:
            with nginx(lab), watcher.watching(lab, work) as seen:
                said = start_wrk(lab, seconds).communicate(timeout=seconds + 60)[0]
            truth = served(lab)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    if rate is None:
        raise LabError(f"wrk: {said.strip()}")
    done = Round(watcher.name, float(rate[1]), truth.total, seen.requests, seen.drops, seen.notes)
    print(f"bench: {done}", file=sys.stderr)
    return done


def _document(machine: report.Machine, rounds: Sequence[Round], seconds: int) -> str:
    names = list(dict.fromkeys(r.watcher for r in rounds))
    base = _rate(rounds, names[0])
    lines = [
        f"# Live capture at full speed, {datetime.now(UTC):%Y-%m-%d}",
        "",
        f"{machine.processor}, {machine.cores} cores, {machine.system}; load "
        f"{machine.load_before:.2f} before. nginx and wrk (64 connections) in two namespaces, "
        f"{seconds} s a round; everything shares these cores.",
        "",
        f"| watcher | wrk requests/s | of {names[0]} | nginx served | reported | share | drops |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in names:
        own = [r for r in rounds if r.watcher == name]
        rate = _rate(rounds, name)
        reported, drops = _sum([r.reported for r in own]), _sum([r.drops for r in own])
        lines.append(
            f"| {name} | {rate:,.0f} | {rate / base:.2f} | {sum(r.served for r in own):,} "
            f"| {reported} | {_share(own)} | {drops} |"
        )
    lines += ["", "Rates are medians of the rounds, counts are sums."]
    lines += ["Reported: rows with request and response whole. Drops: kernel and interface.", ""]
    lines += [f"{r.watcher}: {r.notes}" for r in rounds if any(r.notes.values())]
    return "\n".join(lines) + "\n"


def _rate(rounds: Sequence[Round], name: str) -> float:
    return statistics.median(r.requests_per_second for r in rounds if r.watcher == name)


def _sum(values: Sequence[int | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{sum(known):,}" if known else ""


def _share(rounds: Sequence[Round]) -> str:
    known = [(r.reported, r.served) for r in rounds if r.reported is not None]
    if not known:
        return ""
    return f"{100 * sum(seen for seen, _ in known) / sum(all_ for _, all_ in known):.3f} %"


if __name__ == "__main__":
    sys.exit(main())
