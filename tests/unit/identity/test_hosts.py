"""The host's own addresses from the kernel's tables."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from nautscan.identity.hosts import LOOPBACK, local_addresses

FIB_TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.20.0.0/24 2 0 2
        |-- 10.20.0.1
           /32 host LOCAL
        |-- 10.20.0.255
           /32 link BROADCAST
Local:
     |-- 192.0.2.2
        /32 host LOCAL
"""
IF_INET6 = """fd000000000000000000000000000002 04 40 00 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
odd line
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_addresses_from_recorded_tables(tmp_path: Path) -> None:
    net = tmp_path / "thread-self" / "net"
    net.mkdir(parents=True)
    (net / "fib_trie").write_text(FIB_TRIE)
    (net / "if_inet6").write_text(IF_INET6)
    assert local_addresses(tmp_path) == LOOPBACK | {"10.20.0.1", "192.0.2.2", "fd00::2"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_address_the_kernel_would_send_from_is_ours(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("127.0.0.1", 9))
        assert probe.getsockname()[0] in local_addresses()
    assert local_addresses(tmp_path) == LOOPBACK
