"""Who owns the demo's addresses: the shop's containers, said to be a demo in image and label."""

from __future__ import annotations

import hashlib

from nautscan.demo.shop import (
    BACK_NETWORK,
    FRONT_NETWORK,
    GATEWAY,
    GATEWAY_V6,
    PROJECT,
    SERVICES,
    Service,
)
from nautscan.demo.wire import Host
from nautscan.identity.directory import Directory
from nautscan.identity.model import Attachment, Binding, Network, Workload

LABELS = {"org.nautscan.demo": "true"}
SUBNETS = {FRONT_NETWORK: ("172.30.1.0/24",), BACK_NETWORK: ("172.30.2.0/24",)}


def fill(directory: Directory, since_ns: int = 0) -> None:
    """Put the shop into a directory; its containers have had their addresses since `since_ns`."""
    networks = {name: Network(_id(name), name, "bridge", subnets=SUBNETS[name]) for name in SUBNETS}
    with directory.update():
        directory.put_networks(networks.values())
        for service in SERVICES:
            workload = _workload(service, networks, since_ns)
            directory.put_workload(workload)
            for attachment in workload.networks:
                for address in attachment.addresses:
                    binding = Binding(workload.id, address, since_ns, network=attachment.network)
                    directory.acquire(attachment.network_id, binding)


def _workload(service: Service, networks: dict[str, Network], since_ns: int) -> Workload:
    attachments = [_attachment(networks[service.network], service.host, service)]
    if service.back is not None:
        attachments.append(_attachment(networks[BACK_NETWORK], service.back, service))
    return Workload(
        id=_id(service.container),
        name=service.container,
        image=f"{service.image} (demo)",
        project=PROJECT,
        service=service.name,
        labels=LABELS,
        networks=tuple(attachments),
        state="running",
        created_ns=since_ns,
        started_ns=since_ns,
    )


def _attachment(network: Network, host: Host, service: Service) -> Attachment:
    ipv6 = str(GATEWAY_V6.ip) if service is GATEWAY else None
    return Attachment(
        network.id,
        network.name,
        ipv4=str(host.ip),
        ipv6=ipv6,
        mac=host.mac.hex(":"),
        aliases=(service.name,),
    )


def _id(name: str) -> str:
    """As long and as opaque as an id of Docker's, the same in every demo."""
    return hashlib.sha256(f"demo {name}".encode()).hexdigest()
