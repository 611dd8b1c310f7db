"""Frames are what the RFCs say."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest

from nautscan.demo import wire
from nautscan.demo.wire import Endpoint, Host, TcpHeader

V4 = (Host(ip_address("10.0.0.1"), b"\x02" * 6), Host(ip_address("10.0.0.2"), b"\x04" * 6))
V6 = (Host(ip_address("2001:db8::1"), b"\x02" * 6), Host(ip_address("2001:db8::2"), b"\x04" * 6))


def test_checksum_of_the_example_in_rfc_1071() -> None:
    # Section 3 adds these words to ddf2; the checksum is the complement.
    assert wire.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2


def test_checksum_pads_an_odd_byte_with_zero() -> None:
    assert wire.checksum(b"\x01\x02\x03") == wire.checksum(b"\x01\x02\x03\x00")


def test_ipv4_header_sums_to_zero() -> None:
    packet = wire.ip(V4[0].ip, V4[1].ip, wire.PROTOCOL_UDP, b"payload", ident=7)
    assert wire.checksum(packet[:20]) == 0
    assert struct.unpack("!H", packet[2:4]) == (len(packet),)


@pytest.mark.parametrize("hosts", [V4, V6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("payload", [b"", b"odd", b"even"])
def test_transport_checksum_covers_the_pseudo_header(
    hosts: tuple[Host, Host], payload: bytes
) -> None:
    client, server = Endpoint(hosts[0], 40000), Endpoint(hosts[1], 80)
    pseudo = _pseudo_header(hosts, 20 + len(payload), 6)
    assert wire.checksum(pseudo, wire.tcp(client, server, TcpHeader(1, 2, 0x18), payload)) == 0
    pseudo = _pseudo_header(hosts, 8 + len(payload), 17)
    assert wire.checksum(pseudo, wire.udp(client, server, payload)) == 0


def _pseudo_header(hosts: tuple[Host, Host], length: int, protocol: int) -> bytes:
    addresses = hosts[0].ip.packed + hosts[1].ip.packed
    return addresses + length.to_bytes(4, "big") + protocol.to_bytes(4, "big")


def test_a_udp_checksum_of_zero_is_sent_as_all_ones() -> None:
    source, target = Endpoint(V4[0], 1), Endpoint(V4[1], 2)
    sums = {wire.udp(source, target, struct.pack("!H", word))[6:8] for word in range(0x10000)}
    assert b"\x00\x00" not in sums
    assert b"\xff\xff" in sums


def test_a_vlan_tag_stands_between_addresses_and_type() -> None:
    frame = wire.ethernet(*V4, packet=b"p" * 60, vlan=42)
    assert frame[12:18] == bytes.fromhex("8100002a0800")


def test_short_frames_are_padded() -> None:
    assert len(wire.ethernet(*V4, packet=b"p")) == 60
