"""Who is in the demo: the services of the shop, their containers, and the world outside."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address

from nautscan.demo.wire import Endpoint, Host

PROJECT = "demo-shop"
FRONT_NETWORK = "demo-shop_front"
BACK_NETWORK = "demo-shop_back"
DOMAIN = "shop.example"


@dataclass(frozen=True)
class Service:
    """A container of the shop. `back` is its leg in the second network, if it has one."""

    name: str
    image: str
    port: int
    host: Host
    network: str
    back: Host | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where it listens."""
        return Endpoint(self.host, self.port)

    @property
    def egress(self) -> Host:
        """From where it calls services of the back network."""
        return self.back or self.host

    @property
    def container(self) -> str:
        """The container's name, as Compose would build it."""
        return f"{PROJECT}-{self.name}-1"

    @property
    def authority(self) -> str:
        """What callers put into the Host header."""
        return self.name if self.port == 80 else f"{self.name}:{self.port}"


def _mac(address: str) -> bytes:
    """The address that Docker derives from an IPv4 address; locally administered otherwise."""
    ip = ip_address(address)
    return b"\x02\x42" + ip.packed[-4:]


def _host(address: str) -> Host:
    return Host(ip_address(address), _mac(address))


def _front(last: int) -> Host:
    return _host(f"172.30.1.{last}")


def _back(last: int) -> Host:
    return _host(f"172.30.2.{last}")


GATEWAY = Service("gateway", "nginx:1.29", 80, _front(2), FRONT_NETWORK)
WEB = Service("web", "demo/web:4.2", 3000, _front(3), FRONT_NETWORK, _back(3))
CATALOG = Service("catalog", "demo/catalog:2.7", 8080, _back(4), BACK_NETWORK)
ORDERS = Service("orders", "demo/orders:2.1", 8080, _back(5), BACK_NETWORK)
PAYMENTS = Service("payments", "demo/payments:1.9", 9000, _back(6), BACK_NETWORK)
CACHE = Service("cache", "redis:8", 6379, _back(7), BACK_NETWORK)
DATABASE = Service("db", "postgres:18", 5432, _back(8), BACK_NETWORK)
RESOLVER = Service("resolver", "coredns/coredns:1.13", 53, _back(9), BACK_NETWORK)
MONITOR = Service("monitor", "prom/prometheus:v3", 9090, _back(10), BACK_NETWORK)

SERVICES = (GATEWAY, WEB, CATALOG, ORDERS, PAYMENTS, CACHE, DATABASE, RESOLVER, MONITOR)

# Addresses of the outside are those set aside for documentation (RFC 5737, RFC 3849). Frames to
# and from them carry the MAC address of the bridge.
BRIDGE_MAC = bytes.fromhex("024200de0001")


def outside(address: str) -> Host:
    """A host beyond the bridge."""
    return Host(ip_address(address), BRIDGE_MAC)


GATEWAY_V6 = Host(ip_address("2001:db8:30::2"), GATEWAY.host.mac)
BROWSERS = tuple(outside(f"203.0.113.{last}") for last in (7, 19, 42, 77, 105, 160, 201, 233))
BROWSERS_V6 = tuple(outside(f"2001:db8:cafe::{last}") for last in (1, 2, 3))
BANK = Endpoint(outside("198.51.100.20"), 80)
BANK_NAME = "api.bank.example"

NAMES: dict[str, IPv4Address] = {
    **{s.name: s.egress.ip for s in SERVICES if isinstance(s.egress.ip, IPv4Address)},
    BANK_NAME: IPv4Address("198.51.100.20"),
}
"""What the resolver knows."""
