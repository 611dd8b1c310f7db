"""What identity knows: workloads, the networks they are on, and who owned an address when.

Everything here is an immutable value, so that a snapshot can be handed to any thread.
Times are nanoseconds since the Unix epoch, from the container engine's clock.
Addresses are canonical text (`ipaddress` form): lower case, IPv6 compressed, no zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address

COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_SERVICE = "com.docker.compose.service"


class WorkloadKind(StrEnum):
    """What kind of thing a workload is."""

    CONTAINER = "container"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One network a workload is attached to, with the addresses it holds there.

    `ipv4` and `ipv6` are null while the workload does not run: the engine takes the
    addresses back when a container stops.
    """

    network_id: str | None
    network: str
    ipv4: str | None = None
    ipv6: str | None = None
    mac: str | None = None
    aliases: tuple[str, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses held on this network, IPv4 first."""
        return tuple(ip for ip in (self.ipv4, self.ipv6) if ip is not None)


@dataclass(frozen=True, slots=True)
class PublishedPort:
    """A port of the host that leads to a port of the workload.

    `host_ip` is as the engine says it: `0.0.0.0` and `::` mean every address of the host.
    """

    host_ip: str
    host_port: int
    container_port: int
    transport: str


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that sends and receives traffic under a name: a container."""

    id: str
    name: str
    kind: WorkloadKind = WorkloadKind.CONTAINER
    image: str | None = None
    image_id: str | None = None
    project: str | None = None
    service: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    networks: tuple[Attachment, ...] = ()
    ports: tuple[PublishedPort, ...] = ()
    state: str | None = None
    created_ns: int | None = None
    started_ns: int | None = None
    finished_ns: int | None = None
    network_mode: str | None = None
    shares_network_of: str | None = None
    """Id of the workload whose network this one uses (`--network container:X`)."""
    pid: int | None = None
    """Process id of its first process, in the process namespace of the engine."""

    @property
    def display_name(self) -> str:
        """The name a person knows it by: its Compose service, else its own name."""
        return self.service or self.name

    @property
    def uses_host_network(self) -> bool:
        """Whether its traffic carries the host's addresses instead of its own."""
        return self.network_mode == "host"

    @property
    def short_id(self) -> str:
        """The twelve digits that the `docker` command shows."""
        return self.id[:12]


@dataclass(frozen=True, slots=True)
class Binding:
    """Workload `workload_id` owned `ip` from `since_ns` until (excluding) `until_ns`.

    With a `port` and `transport` it is a published port: only that port of the host's
    address belongs to the workload. `until_ns` is null while it holds.
    """

    workload_id: str
    ip: str
    since_ns: int
    until_ns: int | None = None
    port: int | None = None
    transport: str | None = None
    network: str | None = None
    """Name of the network the address is on; null for a published port."""

    def covers(self, time_ns: int) -> bool:
        """Whether the binding held at that time."""
        return self.since_ns <= time_ns and (self.until_ns is None or time_ns < self.until_ns)


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the container engine."""

    id: str
    name: str
    driver: str | None = None
    interface: str | None = None
    """The host's interface of a bridge network, or the parent of a macvlan or ipvlan one."""
    subnets: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    internal: bool = False
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The answer to "whose address was this?": a workload, or null with the reason."""

    workload: Workload | None
    binding: Binding | None
    reason: str | None


def canonical_ip(text: str) -> str | None:
    """`text` as canonical address text, or null where it is no address.

    A prefix length (`10.1.2.3/16`) and an IPv6 zone are dropped; an IPv4-mapped IPv6 address
    is the IPv4 address.
    """
    try:
        address = ip_address(text.partition("/")[0].partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
