"""Columns that the server adds: the store's number, and who each side is."""

from __future__ import annotations

from typing import Final

from nautscan.schema.column import Column, Kind

_PROCESS: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("pid", "i64", "Process that held the {side}'s socket; null where the reason says why"),
    ("command", "text", "Its command as `ps -o comm` shows it, never its arguments; null likewise"),
    (
        "user",
        "text",
        "Its user as its own system calls it; of a socket whose process is not known, the "
        "socket's owner; null if neither is known",
    ),
    (
        "process_source",
        "text",
        "What that rests on: socket, connect, close (this very connection), listener, bound (the "
        "socket at its address and port); null without a process",
    ),
    (
        "process_reason",
        "text",
        "Why there is no process: remote, not_seen, no_rights, other_namespace, no_holder, "
        "ambiguous, translated, no_socket, off, offline, unavailable; null where there is one",
    ),
)


def process_columns() -> tuple[Column, ...]:
    return tuple(
        Column(f"{side}_{name}", kind, nullable=True, doc=doc.format(side=side), stored=True)
        for side in ("client", "server")
        for name, kind, doc in _PROCESS
    )


def workload_columns() -> tuple[Column, ...]:
    columns = []
    for side in ("client", "server"):
        for suffix, doc in (
            (
                "",
                f"Best name of the {side}: Compose service, else container name, else the name of "
                f"this machine, else {side}_host",
            ),
            ("_container_id", f"Container that owned the {side}'s address at that time"),
            ("_container", f"Name of the {side}'s container"),
            ("_image", f"Image of the {side}'s container"),
            ("_project", f"Compose project of the {side}"),
            ("_service", f"Compose service of the {side}"),
        ):
            reason = "null when no workload is known to own the address"
            if not suffix:
                reason = "null when none of them is known"
            text = f"{doc}; {reason}"
            columns.append(Column(side + suffix, "text", nullable=True, doc=text, stored=True))
    return tuple(columns)


def host_columns() -> tuple[Column, ...]:
    """What is known of an address beside its container: of either side."""
    return tuple(
        Column(f"{side}_{suffix}", "text", nullable=True, doc=doc.format(side), stored=True)
        for side in ("client", "server")
        for suffix, doc in (
            (
                "host",
                "Name that the {}'s address had at that time, as the wire or a file said; null "
                "when none was seen",
            ),
            (
                "host_source",
                "Who said {}_host: dns, llmnr, docker (an alias on its network), hosts (the hosts "
                "file), mdns, dhcp, dhcpv6",
            ),
            (
                "country",
                "Country of the {}'s address, ISO 3166-1; null without a GeoIP file that knows it",
            ),
            (
                "as",
                "Autonomous system of the {}'s address, e.g. AS64500 Example; null without a file "
                "that knows it",
            ),
        )
    )


VENDORS: Final = tuple(
    Column(
        f"{side}_vendor",
        "text",
        nullable=True,
        doc=f"Organisation that {side}_mac is registered to with the IEEE; null if it was chosen "
        "by software, or is not in the register",
        stored=True,
    )
    for side in ("client", "server")
)


UPDATED: Final = Column(
    "updated",
    "time",
    nullable=True,
    doc="When the server was last told of an exchange that is told more than once, by its own "
    "clock; null for one told once",
    stored=True,
)

ID: Final = Column(
    "id", "i64", nullable=False, doc="The store's own number of the row", stored=True
)
