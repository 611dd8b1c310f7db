"""Summaries of flows beside those who read the same protocols: SSH, SMTP, NTP, DHCP, ICMP."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.golden.captures import Capture
from tests.golden.mismatch import Comparison, compare_bags
from tests.golden.observed import Observed, Row

NUMBERS: dict[str, dict[str, tuple[int, int]]] = {
    "icmp": {
        "Echo Reply": (0, 0),
        "Destination Unreachable: Net Unreachable": (3, 0),
        "Destination Unreachable: Port Unreachable": (3, 3),
        "Redirect": (5, 0),
        "Echo": (8, 0),
        "Timestamp Reply": (14, 0),
        "Information Reply": (16, 0),
    },
    "icmpv6": {
        "Destination Unreachable: no route to destination": (1, 0),
        "Destination Unreachable: port unreachable": (1, 4),
        "Packet Too Big": (2, 0),
        "Time Exceeded: hop limit exceeded in transit": (3, 0),
        "Echo Request": (128, 0),
        "Echo Reply": (129, 0),
        "Router Solicitation": (133, 0),
        "Router Advertisement": (134, 0),
        "Neighbor Solicitation": (135, 0),
        "Neighbor Advertisement": (136, 0),
        "Version 2 Multicast Listener Report": (143, 0),
    },
}
"""Types and codes of the captures by their names (IANA)."""

ZEEK_SSH = {
    "client": "client_version",
    "server": "server_version",
    "kex_alg": "key_exchange",
    "host_key_alg": "host_key",
    "cipher_alg": "cipher",
    "compression_alg": "compression",
}
"""Fields of Zeek's `ssh.log` and what they are called here. Its `mac_alg` has what is offered
beside a cipher that needs none."""


def compare(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    """What other programs say of these protocols."""
    yield from _tshark(capture, observed)
    yield from _zeek(capture, observed)
    yield from _arkime(capture, observed)
    yield from _suricata(capture, observed)


def _of(observed: Observed, protocol: str) -> list[dict[str, str]]:
    return [facts for row in observed.flows if (facts := _facts(row, protocol)) is not None]


def _facts(row: Row, protocol: str) -> dict[str, str] | None:
    summary: dict[str, str] = json.loads(row["summary"] or "{}")
    spoken = summary.get("protocol", row["protocol"])
    return summary if spoken == protocol and summary else None


def _counted(lines: str) -> Iterator[tuple[str, int]]:
    for line in lines.split("\n"):
        name, _, count = line.rpartition(": ")
        yield name, int(count)


def _tshark(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("tshark"):
        theirs: dict[str, int] = truth["facts"].get("icmp", {})
        ours: Counter[str] = Counter()
        for protocol in NUMBERS:
            for facts in _of(observed, protocol):
                for name, count in _counted(facts["messages"]):
                    ours[f"{protocol} {_number(protocol, name)}"] += count
                ours["others"] += int(facts.get("other_messages", 0))
        if theirs or ours.total():
            yield from compare_bags("tshark.icmp", Counter(theirs).elements(), ours.elements())


def _number(protocol: str, name: str) -> str:
    if name in NUMBERS[protocol]:
        return "type {} code {}".format(*NUMBERS[protocol][name])
    kind, _, code = name.partition(": code ")
    unnamed = re.fullmatch(r"type (\d+)", kind)
    number = unnamed[1] if unnamed else NUMBERS[protocol][kind][0]
    return f"type {number} code {code or 0}"


def _zeek(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("zeek"):
        for log, content in truth["facts"].get("logs", {}).items():
            rows = content["rows"]
            if log.startswith("ssh"):
                yield from compare_bags(
                    "zeek.ssh",
                    (" ".join(row.get(name, "-") for name in ZEEK_SSH) for row in rows),
                    (
                        " ".join(facts.get(name, "-") for name in ZEEK_SSH.values())
                        for facts in _of(observed, "ssh")
                    ),
                )
            if log.startswith("smtp"):
                yield from compare_bags(
                    "zeek.smtp",
                    (f"{row['helo']} {row.get('last_reply', '-')[:3]} {_tls(row)}" for row in rows),
                    (
                        f"{facts.get('client_name')} {facts['last_reply']} "
                        f"{facts.get('starttls') == 'accepted'}"
                        for facts in _of(observed, "smtp")
                    ),
                )


def _tls(row: dict[str, str]) -> bool:
    return row.get("tls") == "T"


def _arkime(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("arkime"):
        sessions: list[dict[str, Any]] = truth["facts"].get("sessions", [])
        if truth["facts"].get("sessions_total", len(sessions)) != len(sessions):
            continue
        told = [session["ssh"] for session in sessions if "ssh" in session]
        for name, ours in (("hassh", "hassh"), ("hasshServer", "hassh_server")):
            if values := {value for ssh in told for value in ssh.get(name, [])}:
                got = {facts.get(ours, "-") for facts in _of(observed, "ssh")}
                yield from compare_bags(f"arkime.{name}", values, got)
        if told := [session["ntp"] for session in sessions if "ntp" in session]:
            yield from compare_bags(
                "arkime.ntp_versions",
                (str(version) for ntp in told for version in ntp["version"]),
                (facts["version"] for facts in _of(observed, "ntp")),
            )
        if told := [session["dhcp"] for session in sessions if "dhcp" in session]:
            yield from compare_bags(
                "arkime.dhcp_types",
                {f"DHCP{kind}" for dhcp in told for kind in dhcp.get("type", [])},
                {
                    name
                    for facts in _of(observed, "dhcp")
                    for name, _ in _counted(facts["messages"])
                },
            )


def _suricata(capture: Capture, observed: Observed) -> Iterator[Comparison]:
    for truth in capture.truths("OISF"):
        for event in truth["facts"].get("eve_events", []):
            match = event["match"]
            if match.get("event_type") == "ssh":
                sides = [_version(match, side) for side in ("client", "server")]
                got = [
                    f"{facts.get('client_version')} {facts.get('server_version')}"
                    for facts in _of(observed, "ssh")
                ]
                if None in sides:
                    yield from compare_bags(
                        "suricata.ssh", ["ssh"] * event["count"], ["ssh"] * len(got)
                    )
                else:
                    yield from compare_bags(
                        "suricata.ssh", [" ".join(map(str, sides))] * event["count"], got
                    )


def _version(match: dict[str, Any], side: str) -> str | None:
    version, software = (match.get(f"ssh.{side}.{name}_version") for name in ("proto", "software"))
    return f"SSH-{version}-{software}" if version and software else None
