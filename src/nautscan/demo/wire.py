"""Frames from headers and payload: Ethernet, 802.1Q, IPv4, IPv6, TCP, UDP, with checksums."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPE_VLAN = 0x8100
PROTOCOL_TCP = 6
PROTOCOL_UDP = 17

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10

IPAddress = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Host:
    """One network interface: where frames come from and go to."""

    ip: IPAddress
    mac: bytes


@dataclass(frozen=True)
class Endpoint:
    """A port of a host."""

    host: Host
    port: int


@dataclass(frozen=True)
class TcpHeader:
    """The fields of a TCP header that a segment decides."""

    seq: int
    ack: int
    flags: int
    window: int = 0xFFFF
    options: bytes = b""


def checksum(*parts: bytes) -> int:
    """The Internet checksum (RFC 1071) over parts; only the last may have odd length."""
    total = 0
    for part in parts:
        padded = part + b"\0" if len(part) % 2 else part
        total += sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _pseudo_header(source: IPAddress, destination: IPAddress, protocol: int, length: int) -> bytes:
    tail = "!BBH" if source.version == 4 else "!I3xB"
    fields = (0, protocol, length) if source.version == 4 else (length, protocol)
    return source.packed + destination.packed + struct.pack(tail, *fields)


def tcp(source: Endpoint, destination: Endpoint, header: TcpHeader, payload: bytes) -> bytes:
    """A TCP segment. The options must be padded to a multiple of four bytes."""
    offset = (20 + len(header.options)) // 4
    head = struct.pack(
        "!HHIIBBHHH",
        source.port,
        destination.port,
        header.seq & 0xFFFFFFFF,
        header.ack & 0xFFFFFFFF,
        offset << 4,
        header.flags,
        header.window,
        0,
        0,
    )
    segment = head + header.options + payload
    pseudo = _pseudo_header(source.host.ip, destination.host.ip, PROTOCOL_TCP, len(segment))
    return segment[:16] + struct.pack("!H", checksum(pseudo, segment)) + segment[18:]


def udp(source: Endpoint, destination: Endpoint, payload: bytes) -> bytes:
    """A UDP datagram."""
    length = 8 + len(payload)
    head = struct.pack("!HHHH", source.port, destination.port, length, 0)
    pseudo = _pseudo_header(source.host.ip, destination.host.ip, PROTOCOL_UDP, length)
    # RFC 768: a computed zero is sent as all ones, because zero means "no checksum".
    value = checksum(pseudo, head + payload) or 0xFFFF
    return head[:6] + struct.pack("!H", value) + payload


def ip(
    source: IPAddress, destination: IPAddress, protocol: int, payload: bytes, ident: int
) -> bytes:
    """An IPv4 or IPv6 packet without options."""
    if source.version == 6:
        head = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
        return head + source.packed + destination.packed + payload
    head = struct.pack(
        "!BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xFFFF, 0x4000, 64, protocol, 0
    )
    head += source.packed + destination.packed
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ethernet(source: Host, destination: Host, packet: bytes, vlan: int | None = None) -> bytes:
    """An Ethernet frame, padded to the minimum of 60 bytes as network cards do."""
    ethertype = ETHERTYPE_IPV4 if source.ip.version == 4 else ETHERTYPE_IPV6
    tag = b"" if vlan is None else struct.pack("!HH", ETHERTYPE_VLAN, vlan)
    frame = destination.mac + source.mac + tag + struct.pack("!H", ethertype) + packet
    return frame.ljust(60, b"\0")
