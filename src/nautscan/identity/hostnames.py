"""Names of hosts: which name an address had when, who said so, and who had asked for it.

What the wire tells (DNS answers, mDNS, LLMNR, DHCP) is kept as runs: from the first sighting of a
name to the last one before another name came. What is configured (hosts file, aliases of a
container network) is kept as it was told. An address can have several names at a time; the order
of `_RANKS` decides, and among equals the one that was seen last. Nothing here asks anybody.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

MAX_ADDRESSES: Final = 32_768
"""Addresses with names from the wire: about 20 MB. A busy office sees some thousands a day."""

MAX_RUNS: Final = 16
"""Changes of name that are kept of one address: those of a CDN's address within minutes."""

MAX_ASKED: Final = 32_768
"""Pairs of a client and an address that it asked the name of."""

MAX_RUNS_ASKED: Final = 4
"""Changes of name that are kept of such a pair."""

HOLDS_NS: Final = 24 * 3600 * 1_000_000_000
"""How long a name holds after it was last seen, where its time to live is not longer: clients keep
connections and their own caches far beyond it."""

FOR_EVER: Final = 2**63 - 1
EVERYBODY: Final = ""
"""In place of the client: the name was not looked for by anyone in particular."""

_RANKS: Final = {"dns": 0, "llmnr": 0, "mdns": 1, "dhcp": 1, "dhcpv6": 1}
"""What somebody asked for comes before what a device calls itself."""

_FIXED: Final = ("docker", "hosts", "capture_file")
"""Configured names, the first one wins; they stand between the two ranks. `capture_file`: a name
record of a capture file, which states no time."""


class Sighting(NamedTuple):
    """The wire said that an address has a name. Field by field a row of the table `names`."""

    time_ns: int
    ip: str
    name: str
    source: str
    asked_by: str | None = None
    ttl_s: int | None = None
    mac: str | None = None


class Segment(NamedTuple):
    """From `since_ns` until (excluding) `until_ns` this is the address's name."""

    since_ns: int
    until_ns: int
    name: str
    source: str


class Changes(NamedTuple):
    """What is known now of the keys that changed: client (or `EVERYBODY`) and address."""

    keys: list[tuple[str, str]]
    segments: list[tuple[tuple[str, str], Segment]]


@dataclass(slots=True)
class Run:
    """One name from its first to its last sighting."""

    since_ns: int
    last_ns: int
    until_ns: int
    name: str
    source: str
    asked_by: str | None
    mac: str | None
    told_until_ns: int = 0
    """The end that was handed on last: a name that is seen all the time is not told each time."""

    def covers(self, sighting: Sighting) -> bool:
        """Whether the sighting says the same again."""
        return self.name == sighting.name and self.source == sighting.source

    def extend(self, sighting: Sighting) -> None:
        """Take it as seen once more."""
        if sighting.time_ns >= self.last_ns:
            self.last_ns = sighting.time_ns
            self.asked_by = sighting.asked_by
        self.until_ns = max(self.until_ns, _holds_until(sighting))
        self.mac = sighting.mac or self.mac


class Known(NamedTuple):
    """One name of one address, for people."""

    ip: str
    name: str
    source: str
    since_ns: int | None
    """First sighting of this run; null for what is configured since before NautScan started."""
    last_ns: int | None
    """Last sighting; null for what is configured."""
    until_ns: int | None
    """When it stopped or stops to hold; null: not before it is changed."""
    asked_by: str | None
    mac: str | None


@dataclass(frozen=True, slots=True)
class BookLimits:
    """The caps. What goes over them is forgotten, the longest unseen first, and counted."""

    addresses: int = MAX_ADDRESSES
    runs: int = MAX_RUNS
    asked: int = MAX_ASKED
    runs_asked: int = MAX_RUNS_ASKED


@dataclass(slots=True)
class BookCounters:
    """What has become of names since the start."""

    sightings: int = 0
    forgotten: int = 0
    """Addresses and pairs that the caps cost."""
    expired: int = 0
    """Addresses and pairs that were not seen for as long as rows are kept."""


class NameBook:
    """Everything known about names of hosts. May be used by any thread."""

    def __init__(self, limits: BookLimits | None = None) -> None:
        """Nothing is known."""
        self._limits = limits or BookLimits()
        self._lock = threading.Lock()
        # Both are in the order of the last sighting, so that the longest unseen goes first.
        self._seen: OrderedDict[tuple[str, int], list[Run]] = OrderedDict()
        self._asked: OrderedDict[tuple[str, str], list[Run]] = OrderedDict()
        self._askers: dict[str, set[str]] = {}
        self._fixed: dict[str, dict[str, list[Segment]]] = {source: {} for source in _FIXED}
        self._contested: set[str] = set()
        self._stale: set[tuple[str, str]] = set()
        self.counters = BookCounters()

    def learn(self, sightings: Iterable[Sighting]) -> None:
        """Take what the wire said, in any order; what comes late is put where it belongs."""
        with self._lock:
            for sighting in sightings:
                self._take(sighting)

    def configure(
        self, source: str, names: Mapping[str, Sequence[Segment]], *, since_ns: int | None = None
    ) -> None:
        """Replace every name of a configured source (`docker`, `hosts`).

        Without `since_ns` the segments say themselves when they hold. With it they hold from then
        on, and what was known before holds until then: the source tells only of the present.
        """
        with self._lock:
            before = self._fixed[source]
            after = {ip: list(told) for ip, told in names.items()}
            if since_ns is not None:
                after = _followed(before, after, since_ns)
            changed = {ip for ip in before.keys() | after.keys() if before.get(ip) != after.get(ip)}
            self._fixed[source] = after
            self._stale.update((EVERYBODY, ip) for ip in changed)

    def expire(self, before_ns: int) -> None:
        """Forget what was last seen before a time."""
        with self._lock:
            for book, drop in ((self._seen, self._drop_seen), (self._asked, self._drop_asked)):
                while book and next(iter(book.values()))[-1].last_ns < before_ns:
                    drop()
                    self.counters.expired += 1

    def take_changes(self) -> Changes | None:
        """What changed since the last call; None if nothing did."""
        if not self._stale:
            return None
        with self._lock:
            # An address that has got a second name: from now on it matters who asked for which.
            for _, ip in [key for key in self._stale if key[0] == EVERYBODY]:
                self._settle_contested(ip)
            keys = [key for key in self._stale if key[0] == EVERYBODY or key[1] in self._contested]
            self._stale = set()
            found = [(key, segment) for key in keys for segment in self._segments(key)]
            return Changes(keys, found)

    def known(self) -> list[Known]:
        """Every name of every address, in no particular order."""
        with self._lock:
            return [*self._known_seen(), *self._known_fixed()]

    def sizes(self) -> dict[str, int]:
        """How much is known: addresses with names from the wire, pairs, configured addresses."""
        with self._lock:
            return {
                "addresses": len({ip for ip, _ in self._seen}),
                "asked": len(self._asked),
                "configured": sum(len(names) for names in self._fixed.values()),
            }

    # Taking in.

    def _take(self, sighting: Sighting) -> None:
        rank = _RANKS.get(sighting.source)
        if rank is None or not sighting.name or not sighting.ip:
            return
        self.counters.sightings += 1
        key = (sighting.ip, rank)
        if _noted(self._seen.setdefault(key, []), sighting, self._limits.runs):
            self._stale.add((EVERYBODY, sighting.ip))
        self._seen.move_to_end(key)
        if sighting.asked_by and rank == 0:
            self._take_asked((sighting.asked_by, sighting.ip), sighting)
        while len(self._seen) > self._limits.addresses:
            self._drop_seen()
            self.counters.forgotten += 1

    def _take_asked(self, pair: tuple[str, str], sighting: Sighting) -> None:
        if _noted(self._asked.setdefault(pair, []), sighting, self._limits.runs_asked):
            self._stale.add(pair)
        self._asked.move_to_end(pair)
        self._askers.setdefault(pair[1], set()).add(pair[0])
        while len(self._asked) > self._limits.asked:
            self._drop_asked()
            self.counters.forgotten += 1

    def _drop_seen(self) -> None:
        (ip, _), _ = self._seen.popitem(last=False)
        self._stale.add((EVERYBODY, ip))

    def _drop_asked(self) -> None:
        pair, _ = self._asked.popitem(last=False)
        askers = self._askers[pair[1]]
        askers.discard(pair[0])
        if not askers:
            del self._askers[pair[1]]
        self._stale.add(pair)

    # Telling.

    def _settle_contested(self, ip: str) -> None:
        names = {run.name for run in self._seen.get((ip, 0), ())}
        if len(names) > 1 and ip not in self._contested:
            self._contested.add(ip)
            self._stale.update((client, ip) for client in self._askers.get(ip, ()))
        elif not names:
            self._contested.discard(ip)

    def _segments(self, key: tuple[str, str]) -> list[Segment]:
        client, ip = key
        if client != EVERYBODY:
            return _in_turn(self._asked.get(key, ()))
        wire = [_in_turn(self._seen.get((ip, rank), ())) for rank in (0, 1)]
        fixed = [self._fixed[source].get(ip, []) for source in _FIXED]
        return flattened([wire[0], *fixed, wire[1]])

    def _known_seen(self) -> Iterator[Known]:
        for (ip, _), runs in self._seen.items():
            for run, held in zip(runs, _in_turn(runs), strict=True):
                yield Known(
                    ip, run.name, run.source, run.since_ns, run.last_ns, held.until_ns,
                    run.asked_by, run.mac,
                )  # fmt: skip

    def _known_fixed(self) -> Iterator[Known]:
        for names in self._fixed.values():
            for ip, segments in names.items():
                for since, until, name, source in segments:
                    ends = None if until == FOR_EVER else until
                    yield Known(ip, name, source, since or None, None, ends, None, None)


def flattened(levels: Sequence[Sequence[Segment]]) -> list[Segment]:
    """What holds when, where an earlier level goes before a later one. Each is in order of time."""
    told = [level for level in levels if level]
    if len(told) <= 1:
        return list(told[0]) if told else []
    edges = {time_ns for level in told for segment in level for time_ns in segment[:2]}
    found: list[Segment] = []
    for since, until in pairwise(sorted(edges)):
        holders = (s for level in told for s in level if s.since_ns <= since < s.until_ns)
        holder = next(holders, None)
        if holder is None:
            continue
        if found and found[-1][1:] == (since, holder.name, holder.source):
            found[-1] = found[-1]._replace(until_ns=until)
        else:
            found.append(Segment(since, until, holder.name, holder.source))
    return found


def _noted(runs: list[Run], sighting: Sighting, limit: int) -> bool:
    """Put a sighting into its place; whether what holds when is different now."""
    place = bisect_right(runs, sighting.time_ns, key=lambda run: run.since_ns)
    if place and runs[place - 1].covers(sighting):
        run = runs[place - 1]
        run.extend(sighting)
        if run.until_ns - run.told_until_ns < HOLDS_NS // 2:
            return False
    else:
        until, time_ns = _holds_until(sighting), sighting.time_ns
        who = (sighting.asked_by, sighting.mac)
        run = Run(time_ns, time_ns, until, sighting.name, sighting.source, *who)
        runs.insert(place, run)
        if len(runs) > limit:
            del runs[0]
    run.told_until_ns = run.until_ns
    return True


def _holds_until(sighting: Sighting) -> int:
    ttl_ns = (sighting.ttl_s or 0) * 1_000_000_000
    return min(sighting.time_ns + max(ttl_ns, HOLDS_NS), FOR_EVER)


def _in_turn(runs: Sequence[Run]) -> list[Segment]:
    """Each run until its own end, or until the next one begins."""
    ends = [*(run.since_ns for run in runs[1:]), FOR_EVER]
    return [
        Segment(run.since_ns, min(run.until_ns, ends[place]), run.name, run.source)
        for place, run in enumerate(runs)
    ]


def _followed(
    before: Mapping[str, list[Segment]], after: Mapping[str, list[Segment]], since_ns: int
) -> dict[str, list[Segment]]:
    """What held until now, and what holds from now on; at most `MAX_RUNS` of an address."""
    found: dict[str, list[Segment]] = {}
    for ip in before.keys() | after.keys():
        past, now = before.get(ip, []), after.get(ip, [])
        last = past[-1] if past and past[-1].until_ns == FOR_EVER else None
        if last is not None and now and last.name == now[0].name:
            found[ip] = past
            continue
        ended = [s if s.until_ns < since_ns else s._replace(until_ns=since_ns) for s in past]
        recent = [s for s in ended if s.until_ns > since_ns - HOLDS_NS]
        begun = [s._replace(since_ns=since_ns) for s in now]
        if recent or begun:
            found[ip] = [*recent, *begun][-MAX_RUNS:]
    return found
