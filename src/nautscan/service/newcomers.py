"""Addresses of containers so new that the engine has not told of them yet.

A container's first packets can be here a moment before its event. Rows are named once, when they
are stored; so a batch with an address out of a container network that nobody is known to own waits
a little for the news. An address for which no news came is not waited for again for a while.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from nautscan.identity import Directory, Snapshot

WAIT_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 30.0
MAX_REMEMBERED: Final = 4096


class Newcomers:
    """Decides which addresses are worth waiting for."""

    def __init__(self, directory: Directory) -> None:
        """Asks the directory for networks and host addresses."""
        self._directory = directory
        self._waited: dict[str, float] = {}
        self._networks: list[IPv4Network | IPv6Network] = []
        self._own: frozenset[str] = frozenset()
        self._revision: int | None = None

    def expected(self, addresses: Iterable[str], now: float) -> list[str]:
        """Those that could be a new container's; `now` is on the monotonic clock."""
        self._refresh()
        if not self._networks:
            return []
        return [ip for ip in addresses if self._could_be_new(ip, now)]

    def in_vain(self, addresses: Iterable[str], now: float) -> None:
        """No news came for these."""
        self._waited.update(dict.fromkeys(addresses, now))
        while len(self._waited) > MAX_REMEMBERED:
            del self._waited[next(iter(self._waited))]

    def _could_be_new(self, ip: str, now: float) -> bool:
        if ip in self._own or now - self._waited.get(ip, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return False
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def _refresh(self) -> None:
        if self._revision == self._directory.revision:
            return
        snapshot = self._directory.snapshot
        self._networks = _subnets(snapshot)
        self._own = snapshot.host_addresses | {
            gateway for network in snapshot.networks.values() for gateway in network.gateways
        }
        self._revision = snapshot.revision


def _subnets(snapshot: Snapshot) -> list[IPv4Network | IPv6Network]:
    found = []
    for network in snapshot.networks.values():
        for subnet in network.subnets:
            try:
                found.append(ip_network(subnet, strict=False))
            except ValueError:
                continue
    return found
