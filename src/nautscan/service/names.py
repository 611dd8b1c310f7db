"""Names of hosts, put together: what the wire tells, what is configured, and what files know.

Everything here is looked up in memory or in a local file. Nobody is ever asked over the network.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple

from nautscan.config import Config
from nautscan.identity import Attachment, Snapshot, Workload
from nautscan.identity.geoip import GeoFiles
from nautscan.identity.hostnames import (
    FOR_EVER,
    Known,
    NameBook,
    Segment,
    Sighting,
)
from nautscan.identity.hostsfile import HostsFile
from nautscan.identity.model import Binding
from nautscan.identity.vendors import vendor_of
from nautscan.store.fresh import FreshRows
from nautscan.store.hosts import HostSegments
from nautscan.store.times import format_time

LOOK_SECONDS: Final = 5.0
"""How often files are looked at, whether they have changed."""

_COLUMNS: Final = ("time", "ip", "name", "source", "asked_by", "ttl_s", "mac")
"""Columns of the engine's table that become a `Sighting`, in the order of its fields."""


class Listing(NamedTuple):
    """Names for people."""

    rows: list[dict[str, Any]]
    left_out: int
    """How many more there are beyond the limit."""


class Names:
    """Learns names and hands them to the rows. `learn` and `hand_over` are for one thread."""

    def __init__(self, config: Config) -> None:
        """Opens the GeoIP files. Raises `BadRequest` for one that cannot be used."""
        self._wanted = config.names
        self._keep_ns = int(config.retention_age * 1e9)
        self.book = NameBook()
        self.geo = GeoFiles(config.geoip)
        # The demo's addresses are made up: this machine's file would give them wrong names.
        live = config.names and config.source == "live"
        self._file = HostsFile(config.hosts_file) if live else None
        self._file_was_read = False
        self._geo_revision = 0
        self._handed_geo: int | None = None
        self._snapshot: int | None = None
        self._skipped = 0

    async def run(self) -> None:
        """Look for changes of the files, and forget what is old, for ever."""
        while True:
            await asyncio.to_thread(self.refresh, time.time_ns())
            await asyncio.sleep(LOOK_SECONDS)

    def refresh(self, now_ns: int) -> None:
        """Read files that have changed; forget names that were not seen for long."""
        if self._file is not None:
            names = self._file.read_if_changed()
            if names is not None:
                held = {ip: [Segment(0, FOR_EVER, name, "hosts")] for ip, name in names.items()}
                # What is there at the start has been there for longer; when it was put there
                # nobody knows.
                since_ns = now_ns if self._file_was_read else None
                self.book.configure("hosts", held, since_ns=since_ns)
                self._file_was_read = True
        if self.geo.refresh():
            self._geo_revision += 1
        self.book.expire(now_ns - self._keep_ns)

    def learn(self, rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> None:
        """Take rows of the engine's table `names`, with the names of their columns."""
        if not self._wanted:
            return
        places = [columns.index(name) for name in _COLUMNS]
        self.book.learn(Sighting(*(row[place] for place in places)) for row in rows)

    def follow(self, snapshot: Snapshot) -> None:
        """Take the aliases of the containers' networks."""
        if self._wanted and snapshot.revision != self._snapshot:
            self.book.configure("docker", aliases_of(snapshot))
            self._snapshot = snapshot.revision

    def hand_over(self, fresh: FreshRows) -> None:
        """Let fresh rows have what is known by now."""
        changes = self.book.take_changes()
        if changes is not None:
            fresh.set_hosts(changes.keys, HostSegments.of(changes.segments))
        if self._handed_geo != self._geo_revision:
            if self._handed_geo is None and self._wanted:
                fresh.set_vendors(lambda mac: (vendor_of(mac).name,))
            fresh.set_places(self.geo.look if self.geo else None)
            self._handed_geo = self._geo_revision
        self._skipped = fresh.not_looked_up

    def listed(self, ip: str | None, name: str | None, limit: int) -> Listing:
        """Names as the API gives them, those seen last first, and how many more there are."""
        part = (name or "").lower()
        found = [
            known
            for known in self.book.known()
            if (ip is None or known.ip == ip) and part in known.name.lower()
        ]
        found.sort(key=lambda known: (-(known.last_ns or 0), known.ip, known.name))
        rows = [self._described(known) for known in found[:limit]]
        return Listing(rows, len(found) - len(rows))

    def _described(self, known: Known) -> dict[str, Any]:
        place = self.geo.look(known.ip)
        vendor = vendor_of(known.mac) if known.mac else None
        return {
            "ip": known.ip,
            "name": known.name,
            "source": known.source,
            "since": _time(known.since_ns),
            "last": _time(known.last_ns),
            "until": _time(known.until_ns),
            "asked_by": known.asked_by,
            "mac": known.mac,
            "vendor": vendor.name if vendor else None,
            "vendor_reason": vendor.reason if vendor else None,
            "country": place.country,
            "as": place.as_,
        }

    def health(self) -> dict[str, Any]:
        """How much is known, what caps have cost, and how it stands with the files."""
        counters = self.book.counters
        return {
            "learning": self._wanted,
            **self.book.sizes(),
            "sightings": counters.sightings,
            "forgotten": counters.forgotten,
            "expired": counters.expired,
            "not_looked_up": self._skipped,
            "hosts_file": asdict(self._file.state) if self._file is not None else None,
            "geoip": [
                {
                    "path": state.path,
                    "kind": state.kind,
                    "built": format_time(state.built_s * 1_000_000_000),
                    "reason": state.reason,
                }
                for state in self.geo.states()
            ],
        }


def aliases_of(snapshot: Snapshot) -> dict[str, list[Segment]]:
    """By address: the alias under which its container was known on its network, and when."""
    found: dict[str, list[Segment]] = {}
    for ip, bindings in snapshot.by_ip.items():
        held = [binding for binding in bindings if binding.port is None]
        begins = [binding.since_ns for binding in held[1:]] + [FOR_EVER]
        for binding, following in zip(held, begins[: len(held)], strict=True):
            alias = _alias(snapshot.by_id.get(binding.workload_id), binding)
            end = min(FOR_EVER if binding.until_ns is None else binding.until_ns, following)
            if alias is not None and binding.since_ns < end:
                found.setdefault(ip, []).append(Segment(binding.since_ns, end, alias, "docker"))
    return found


def _alias(workload: Workload | None, binding: Binding) -> str | None:
    """The first alias that says more than the container's own names."""
    if workload is None:
        return None
    own = {workload.name, workload.service, workload.short_id, workload.id}
    places = (a for a in workload.networks if _is_at(a, binding))
    return next((alias for place in places for alias in place.aliases if alias not in own), None)


def _is_at(attachment: Attachment, binding: Binding) -> bool:
    return attachment.network == binding.network or binding.ip in attachment.addresses


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else format_time(time_ns)
