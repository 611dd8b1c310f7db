"""The host's own addresses, as far as this process can see them."""

from __future__ import annotations

import socket
import struct
import sys
from pathlib import Path

from nautscan.identity.model import canonical_ip

LOOPBACK = frozenset({"127.0.0.1", "::1"})

_SIOCGIFADDR = 0x8915


def local_addresses(proc: Path = Path("/proc")) -> frozenset[str]:
    """Every address of this host (of this network namespace, on Linux), loopback included.

    Read from the kernel's tables on Linux, without rights and without running anything.
    Elsewhere, what the host's name resolves to.
    """
    if sys.platform == "linux":
        net = proc / "thread-self" / "net"
        found = _local_ipv4(_read(net / "fib_trie")) | _local_ipv6(_read(net / "if_inet6"))
    else:
        found = _resolved_own_name()
    return found | LOOPBACK


def interface_address(name: str) -> str | None:
    """The first IPv4 address of an interface of ours; None without one (Linux, netdevice(7))."""
    if sys.platform != "linux":
        return None
    import fcntl

    request = struct.pack("16s24x", name.encode()[:15])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            answer = fcntl.ioctl(sock, _SIOCGIFADDR, request)
    except OSError:
        return None
    return socket.inet_ntoa(answer[20:24])


def _local_ipv4(fib_trie: str) -> frozenset[str]:
    """Leaves of the routing trie that are `/32 host LOCAL`: the addresses of this host."""
    found, leaf = set(), ""
    for line in fib_trie.splitlines():
        text = line.strip()
        if text.startswith("|-- "):
            leaf = text[4:]
        elif text.startswith("/32 host LOCAL"):
            found.add(leaf)
    return frozenset(ip for ip in map(canonical_ip, found) if ip is not None)


def _local_ipv6(if_inet6: str) -> frozenset[str]:
    """The first column: an address as 32 hexadecimal digits."""
    found = set()
    for line in if_inet6.splitlines():
        digits = line.partition(" ")[0]
        if len(digits) == 32:
            groups = ":".join(digits[at : at + 4] for at in range(0, 32, 4))
            found.add(canonical_ip(groups))
    return frozenset(ip for ip in found if ip is not None)


def _resolved_own_name() -> frozenset[str]:
    try:
        answers = socket.getaddrinfo(socket.gethostname(), None)
    except OSError:
        return frozenset()
    addresses = (canonical_ip(str(answer[4][0])) for answer in answers)
    return frozenset(ip for ip in addresses if ip is not None)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
