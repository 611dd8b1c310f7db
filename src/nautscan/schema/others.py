"""Columns of `packets`, `names` and `stats`."""

from __future__ import annotations

from typing import Final

from nautscan.schema.column import engine_column

PACKETS: Final = (
    engine_column("id", "i64", "Number of the packet in the sensor's ring"),
    engine_column("time", "time", "When it was captured"),
    engine_column("sensor", "text", "Name of the sensor that saw it"),
    engine_column("interface", "text", "Interface; null in files without one", null=True),
    engine_column("link_type", "text", "Link layer, as libpcap names it"),
    engine_column("length", "i64", "Bytes on the wire"),
    engine_column("captured_length", "i64", "Bytes kept"),
    engine_column("source_ip", "text", "Source address; null if not IP", null=True),
    engine_column("source_port", "u16", "Source port; null if there is none", null=True),
    engine_column("destination_ip", "text", "Destination address; null if not IP", null=True),
    engine_column("destination_port", "u16", "Destination port; null if there is none", null=True),
    engine_column("transport", "text", "tcp, udp, icmp, …; null if not IP", null=True),
    engine_column("protocol", "text", "Highest layer known"),
    engine_column("info", "text", "One line on what it is"),
    engine_column("flow_id", "i64", "Its flow; null if it belongs to none", null=True),
    engine_column("community_id", "text", "Community ID v1; null if it has none", null=True),
    engine_column("vlan", "u16", "Innermost VLAN; null without a tag", null=True),
    engine_column(
        "tunnel", "text", "Encapsulations, outermost first, joined by /; null if none", null=True
    ),
    engine_column("error", "text", "Why decoding stopped; null if it did not", null=True),
)

NAMES: Final = (
    engine_column("time", "time", "When the message that said so was captured"),
    engine_column("sensor", "text", "Name of the sensor that saw it"),
    engine_column("interface", "text", "Interface; null in files without one", null=True),
    engine_column("source", "text", "What said so: dns, mdns, llmnr, dhcp or dhcpv6"),
    engine_column("ip", "text", "The address that has the name"),
    engine_column(
        "name", "text", "The name as it was asked for: lower case, aliases followed back to it"
    ),
    engine_column(
        "mac", "text", "Hardware address, as a DHCP message states it; null otherwise", null=True
    ),
    engine_column("ttl_s", "i64", "Seconds that it holds; null where it was not said", null=True),
    engine_column("asked_by", "text", "Who asked; null where a host announced itself", null=True),
    engine_column("answered_by", "text", "Who said so; null if it has no address yet", null=True),
)

STATS: Final = (
    engine_column("time", "time", "When it was read, on the sensor's clock"),
    engine_column("sensor", "text", "Name of the sensor"),
    engine_column("interface", "text", "Interface; null where the stage serves all", null=True),
    engine_column("stage", "text", "capture, decode, flow, stream, proto or queue"),
    engine_column("name", "text", "Which counter of the stage"),
    engine_column("value", "i64", "Cumulative since the sensor started"),
)
