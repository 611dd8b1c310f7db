"""The engine's JSON documents as values of the model. Pure: documents in, values out.

Fields are read defensively, since Docker, Podman and their versions differ: a missing or
oddly typed field becomes null, never a guess and never an exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from nautscan.identity.model import (
    COMPOSE_PROJECT,
    COMPOSE_SERVICE,
    Attachment,
    Network,
    PublishedPort,
    Workload,
    canonical_ip,
)

Document = Mapping[str, Any]

BRIDGE_NAME_OPTION = "com.docker.network.bridge.name"


def workload_of(inspected: Document) -> Workload | None:
    """The workload of a container's inspect document; null where it has no id."""
    container_id = _text(inspected, "Id")
    if container_id is None:
        return None
    config, state = _part(inspected, "Config"), _part(inspected, "State")
    settings = _part(inspected, "NetworkSettings")
    mode = _text(_part(inspected, "HostConfig"), "NetworkMode")
    labels = _labels(config.get("Labels"))
    running = bool(state.get("Running"))
    return Workload(
        id=container_id,
        name=_container_name(inspected.get("Name")) or container_id[:12],
        image=_text(config, "Image") or _text(inspected, "ImageName"),
        image_id=_text(inspected, "Image"),
        project=labels.get(COMPOSE_PROJECT),
        service=labels.get(COMPOSE_SERVICE),
        labels=labels,
        networks=tuple(_attachments(settings, running=running)),
        ports=tuple(_published(settings)),
        state=_text(state, "Status"),
        created_ns=time_ns(inspected.get("Created")),
        started_ns=time_ns(state.get("StartedAt")),
        finished_ns=time_ns(state.get("FinishedAt")),
        network_mode=mode,
        shares_network_of=_shared_with(mode),
        pid=_positive(state.get("Pid")),
    )


def stub_of(event: Document) -> Workload | None:
    """What an event alone tells of a container that is gone before it can be asked."""
    actor = _part(event, "Actor")
    container_id = _text(actor, "ID")
    attributes = _labels(actor.get("Attributes"))
    if container_id is None or "name" not in attributes:
        return None
    labels = {key: value for key, value in attributes.items() if key not in _EVENT_ATTRIBUTES}
    return Workload(
        id=container_id,
        name=attributes["name"],
        image=attributes.get("image"),
        project=labels.get(COMPOSE_PROJECT),
        service=labels.get(COMPOSE_SERVICE),
        labels=labels,
    )


_EVENT_ATTRIBUTES = frozenset({"name", "image", "exitCode", "signal", "oldName", "execDuration"})
"""What the engine puts among the labels of a container's event."""


def network_of(document: Document) -> Network | None:
    """The network of a document of `/networks`; null where it has no id or name."""
    network_id, name = _text(document, "Id"), _text(document, "Name")
    if network_id is None or name is None:
        return None
    configs = _part(document, "IPAM").get("Config")
    configs = [c for c in configs if isinstance(c, dict)] if isinstance(configs, list) else []
    driver = _text(document, "Driver")
    return Network(
        id=network_id,
        name=name,
        driver=driver,
        interface=_interface(network_id, driver, _labels(document.get("Options"))),
        subnets=tuple(c["Subnet"] for c in configs if _text(c, "Subnet")),
        gateways=tuple(
            gateway for c in configs if (gateway := canonical_ip(str(c.get("Gateway") or "")))
        ),
        internal=bool(document.get("Internal")),
        project=_labels(document.get("Labels")).get(COMPOSE_PROJECT),
    )


def endpoint_of(network: Document, container_id: str) -> Attachment | None:
    """The container's endpoint in a `/networks/ID` document, which needs no container lock."""
    endpoint = _part(_part(network, "Containers"), container_id)
    network_id = _text(network, "Id")
    if not endpoint or network_id is None:
        return None
    return Attachment(
        network_id=network_id,
        network=_text(network, "Name") or network_id[:12],
        ipv4=_address(endpoint.get("IPv4Address")),
        ipv6=_address(endpoint.get("IPv6Address")),
        mac=_text(endpoint, "MacAddress"),
    )


def time_ns(value: object) -> int | None:
    """Nanoseconds since the epoch of the engine's RFC 3339 text; null for its zero time."""
    if not isinstance(value, str) or value.startswith("0001-"):
        return None
    whole, _, rest = value.partition(".")
    digits = ""
    if rest:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        whole += rest[len(digits) :]
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    if moment.tzinfo is None:
        return None
    return int(moment.timestamp()) * 1_000_000_000 + int(digits[:9].ljust(9, "0"))


def event_time_ns(event: Document) -> int | None:
    """When an event happened."""
    precise = _positive(event.get("timeNano"))
    seconds = _positive(event.get("time"))
    return precise or (seconds * 1_000_000_000 if seconds else None)


def _attachments(settings: Document, *, running: bool) -> Iterator[Attachment]:
    for name, endpoint in _part(settings, "Networks").items():
        if not isinstance(endpoint, dict) or name in ("host", "none"):
            continue
        aliases = endpoint.get("Aliases")
        yield Attachment(
            network_id=_text(endpoint, "NetworkID"),
            network=name,
            # A stopped container's document can still show the address it had, or asked for.
            ipv4=_address(endpoint.get("IPAddress")) if running else None,
            ipv6=_address(endpoint.get("GlobalIPv6Address")) if running else None,
            mac=_text(endpoint, "MacAddress"),
            aliases=tuple(a for a in aliases if isinstance(a, str))
            if isinstance(aliases, list)
            else (),
        )


def _published(settings: Document) -> Iterator[PublishedPort]:
    for container_side, host_sides in _part(settings, "Ports").items():
        number, _, transport = container_side.partition("/")
        for host_side in host_sides if isinstance(host_sides, list) else ():
            host_port = _text(host_side, "HostPort") or ""
            if not (number.isdecimal() and host_port.isdecimal()):
                continue
            yield PublishedPort(
                # An empty address is how Podman writes "every address".
                host_ip=_text(host_side, "HostIp") or "0.0.0.0",  # noqa: S104 (read, not bound)
                host_port=int(host_port),
                container_port=int(number),
                transport=transport or "tcp",
            )


def _interface(network_id: str, driver: str | None, options: Mapping[str, str]) -> str | None:
    if driver in ("macvlan", "ipvlan"):
        return options.get("parent")
    if driver == "bridge":
        # The engine's own rule where no name is given; Podman always gives one.
        return options.get(BRIDGE_NAME_OPTION) or f"br-{network_id[:12]}"
    return None


def _shared_with(mode: str | None) -> str | None:
    kind, separator, target = (mode or "").partition(":")
    return target if separator and kind == "container" else None


def _container_name(name: object) -> str | None:
    return name.lstrip("/") or None if isinstance(name, str) else None


def _address(value: object) -> str | None:
    return canonical_ip(value) if isinstance(value, str) and value else None


def _labels(value: object) -> dict[str, str]:
    return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def _part(document: Document, key: str) -> Document:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _text(document: object, key: str) -> str | None:
    value = document.get(key) if isinstance(document, Mapping) else None
    return value if isinstance(value, str) and value else None


def _positive(value: object) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
