"""Keeps the directory's books: turns what the engine says into bindings that begin and end.

No I/O and no clock: every time is given by the caller, from the engine's own record. What is
told twice or late changes nothing that is already known better.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_address

from nautscan.identity.directory import ALIVE, REMOVED, Directory
from nautscan.identity.ledger import Place
from nautscan.identity.model import Attachment, Binding, Network, PublishedPort, Workload

EVERY_IPV4 = "0.0.0.0"  # noqa: S104 (compared with, not bound)
EVERY_IPV6 = "::"


class Keeper:
    """The only one who writes what a container engine says into a directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._host_addresses: frozenset[str] = frozenset()
        self._gateways: frozenset[str] = frozenset()

    def set_networks(self, networks: Iterable[Network]) -> None:
        """The networks there are now. Their gateways are addresses of the engine's host."""
        networks = tuple(networks)
        self._directory.put_networks(networks)
        self._gateways = frozenset(
            ip for n in networks if n.driver in ("bridge", None) for ip in n.gateways
        )
        self._directory.put_host_addresses(self._host_addresses | self._gateways)

    def set_host_addresses(self, addresses: frozenset[str]) -> bool:
        """The host's own addresses now. Returns whether they changed."""
        if addresses == self._host_addresses:
            return False
        self._host_addresses = addresses
        self._directory.put_host_addresses(addresses | self._gateways)
        return True

    def take_stock(self, workloads: Iterable[Workload], unseen_since_ns: int) -> None:
        """Everything the engine has now; nothing was seen since `unseen_since_ns`.

        What ended in between without a record ended at that time, as far as is known.
        """
        with self._directory.update():
            present = set()
            for workload in workloads:
                present.add(workload.id)
                self.settle(workload, unseen_since_ns, assumed=True)
            for known in self._directory.listed():
                if known.id not in present and known.state != REMOVED:
                    self._directory.release(known.id, unseen_since_ns, assumed=True)
                    self._directory.put_workload(replace(known, state=REMOVED, pid=None))

    def settle(self, workload: Workload, time_ns: int, *, assumed: bool = False) -> None:
        """The workload is as its document says; `time_ns` is when that became so.

        What it has had already keeps its beginning. What it no longer has ends at `time_ns`,
        or when the document says that it finished.
        """
        with self._directory.update():
            since_ns = self._gained_at(workload, time_ns)
            self._directory.put_workload(workload)
            if workload.state not in ALIVE:
                ended_ns = workload.finished_ns
                at = time_ns if ended_ns is None else ended_ns
                self._directory.release(workload.id, at, assumed=assumed and ended_ns is None)
                return
            wanted = dict(self._holdings(workload, since_ns))
            self._directory.release(
                workload.id, time_ns, lambda place: place not in wanted, assumed=assumed
            )
            held = {place for place, _ in self._directory.held(workload.id)}
            for place, binding in wanted.items():
                if place not in held:
                    self._directory.acquire(place.network_id, binding)

    def _gained_at(self, workload: Workload, time_ns: int) -> int:
        """Since when the workload has what it was not known to have.

        A run that was already under observation has just gained it. Of one that is new to us,
        all that is known is when it started.
        """
        known = self._directory.listed_by_id(workload.id)
        if workload.started_ns is None:
            return time_ns
        if known is not None and known.state in ALIVE and known.started_ns == workload.started_ns:
            return max(time_ns, workload.started_ns)
        return workload.started_ns

    def settle_ports(self, time_ns: int) -> None:
        """The host's addresses changed: published ports are reachable at others now."""
        with self._directory.update():
            for workload in self._directory.listed():
                if workload.state in ALIVE and workload.ports:
                    self.settle(workload, time_ns)

    def introduce(self, stub: Workload, time_ns: int) -> None:
        """A container exists, of which an event told no more than name, image and labels."""
        if self._directory.listed_by_id(stub.id) is None:
            self._directory.put_workload(replace(stub, state="created", created_ns=time_ns))

    def attached(self, workload_id: str, endpoint: Attachment, time_ns: int) -> None:
        """The workload got its addresses on a network."""
        with self._directory.update():
            for ip in endpoint.addresses:
                self._directory.acquire(
                    endpoint.network_id,
                    Binding(workload_id, ip, time_ns, network=endpoint.network),
                )

    def detached(self, workload_id: str, network_id: str, time_ns: int) -> None:
        """The workload gave back its addresses on a network."""
        self._directory.release(workload_id, time_ns, lambda place: place.network_id == network_id)

    def died(self, workload_id: str, time_ns: int) -> None:
        """The workload's first process ended, and with it all it held."""
        with self._directory.update():
            self._directory.release(workload_id, time_ns)
            known = self._directory.listed_by_id(workload_id)
            if known is None or (known.started_ns or 0) > time_ns:
                return  # It has started again since: this is old news.
            self._directory.put_workload(
                replace(known, state="exited", finished_ns=time_ns, pid=None)
            )

    def removed(self, workload_id: str, time_ns: int) -> None:
        """The engine has forgotten the container. The directory has not."""
        with self._directory.update():
            self._directory.release(workload_id, time_ns)
            known = self._directory.listed_by_id(workload_id)
            if known is not None:
                self._directory.put_workload(replace(known, state=REMOVED, pid=None))

    def _holdings(self, workload: Workload, since: int) -> Iterator[tuple[Place, Binding]]:
        """What a running workload has: its own addresses, and ports of the host."""
        for attachment in workload.networks:
            for ip in attachment.addresses:
                yield (
                    Place(attachment.network_id, ip),
                    Binding(workload.id, ip, since, network=attachment.network),
                )
        for port in workload.ports:
            for ip in self._reachable_at(port):
                yield (
                    Place(None, ip, port.host_port, port.transport),
                    Binding(workload.id, ip, since, port=port.host_port, transport=port.transport),
                )

    def _reachable_at(self, port: PublishedPort) -> Iterator[str]:
        version = {EVERY_IPV4: 4, EVERY_IPV6: 6}.get(port.host_ip)
        if version is None:
            yield port.host_ip
            return
        for ip in sorted(self._host_addresses | self._gateways):
            if ip_address(ip).version == version:
                yield ip
