"""Giving up rights, for good.

The sensor keeps the one capability that capture needs, the server keeps none. Both become an
ordinary user, and neither can gain rights by running another program (no_new_privs). All of it
happens before the process has threads: Linux keeps capabilities per thread.

A capture that runs on rights given up cannot be restarted, hence the sensor keeps CAP_NET_RAW
instead of opening once and dropping everything. CAP_NET_ADMIN, which is often named beside it, is
not needed (Linux 6.18, libpcap 1.10): packet sockets, promiscuous mode and capture buffers of
256 MiB work without. It would allow to change addresses, routes and firewall.

Capturing inside containers takes two more: CAP_SYS_ADMIN for setns(2), CAP_SYS_PTRACE to open the
namespaces of other users' processes. They are kept only if NautScan was started for it, and then
in reserve: permitted, not effective. The engine puts them into effect in a thread that enters a
namespace, for that call alone.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nautscan.sensor.users import Identity, is_root

CAP_NET_ADMIN: Final = 12
CAP_NET_RAW: Final = 13
CAP_SYS_PTRACE: Final = 19
CAP_SYS_ADMIN: Final = 21
CAPTURE_CAPABILITIES: Final = (CAP_NET_RAW,)
ENTER_CAPABILITIES: Final = (CAP_SYS_PTRACE, CAP_SYS_ADMIN)
"""What entering a container's network namespace takes."""

CAPABILITY_NAMES: Final = {
    CAP_NET_ADMIN: "cap_net_admin",
    CAP_NET_RAW: "cap_net_raw",
    CAP_SYS_PTRACE: "cap_sys_ptrace",
    CAP_SYS_ADMIN: "cap_sys_admin",
}

_PR_SET_KEEPCAPS: Final = 8
_PR_CAPBSET_DROP: Final = 24
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


@dataclass(frozen=True, slots=True)
class Rights:
    """What this process may do, as the status shows it."""

    uid: int | None
    capabilities: tuple[str, ...] | None
    """Effective ones, by name or number; None where the system has no capabilities."""
    no_new_privileges: bool | None
    reserve: tuple[str, ...] | None = None
    """Permitted ones that are not in effect."""

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "uid": self.uid,
            "capabilities": None if self.capabilities is None else list(self.capabilities),
            "no_new_privileges": self.no_new_privileges,
            "reserve": None if self.reserve is None else list(self.reserve),
        }


def effective_capabilities() -> frozenset[int] | None:
    """The process's effective capabilities; None where the system has none."""
    text = _own_status().get("CapEff")
    return None if text is None else _bits(int(text, 16))


def rights() -> Rights:
    """What this process may do."""
    held = effective_capabilities()
    flag = _own_status().get("NoNewPrivs")
    return Rights(
        uid=None if sys.platform == "win32" else os.geteuid(),
        capabilities=None if held is None else _names(held),
        no_new_privileges=None if flag is None else flag == "1",
        reserve=None if held is None else _names(_permitted() - held),
    )


def _names(numbers: Collection[int]) -> tuple[str, ...]:
    return tuple(CAPABILITY_NAMES.get(number, str(number)) for number in sorted(numbers))


def lacking_to_enter() -> tuple[str, ...] | None:
    """Which capabilities this process lacks to enter containers; None where there are none."""
    if sys.platform != "linux":
        return None
    return _names(frozenset(ENTER_CAPABILITIES) - _permitted())


def become(
    identity: Identity | None, *, keep: Collection[int] = (), reserve: Collection[int] = ()
) -> None:
    """Becomes `identity` (None: stays who it is), keeping only the capabilities in `keep`.

    Those in `reserve` stay permitted without being in effect. What the process does not have is
    not gained. Raises OSError if a right could not be given up; the caller must not go on then.
    """
    if sys.platform == "linux":
        _become_on_linux(identity, frozenset(keep), frozenset(reserve))
    elif identity is not None:
        _switch_user(identity)
    if identity is not None:
        _describe_user(identity)


def _become_on_linux(
    identity: Identity | None, keep: frozenset[int], reserve: frozenset[int]
) -> None:
    kept, permitted = keep & _permitted(), (keep | reserve) & _permitted()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _drop_from_bounding_set(permitted)
    if identity is not None:
        if permitted:
            _prctl(_PR_SET_KEEPCAPS, 1)
        _switch_user(identity)
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    _set_capabilities(kept, permitted)
    left = effective_capabilities()
    if left != kept:
        raise PermissionError(f"capabilities {sorted(left or ())} are left instead of {kept}")
    if _permitted() != permitted:
        raise PermissionError(f"capabilities {sorted(_permitted())} are permitted still")


def _switch_user(identity: Identity) -> None:
    """All three user and group ids and the groups, verified."""
    if not is_root():
        raise PermissionError("only root can become somebody else")
    os.setgroups(identity.groups)
    if sys.platform == "linux":
        os.setresgid(identity.gid, identity.gid, identity.gid)
        os.setresuid(identity.uid, identity.uid, identity.uid)
    else:
        # Called by root these set the saved ids as well.
        os.setgid(identity.gid)
        os.setuid(identity.uid)
    if (os.getuid(), os.geteuid()) != (identity.uid, identity.uid):
        raise PermissionError(f"the process is still user {os.geteuid()}")
    if identity.uid != 0 and _can_return_to_root():
        raise PermissionError("the process could become root again")


def _can_return_to_root() -> bool:
    # CAP_SETUID leaves the effective set with the switch of users, whatever is kept besides.
    try:
        os.setuid(0)
    except OSError:
        return False
    return True


def _describe_user(identity: Identity) -> None:
    """Libraries look these up; root's own would lead them to files that they cannot read."""
    os.environ["HOME"] = identity.home
    os.environ["USER"] = os.environ["LOGNAME"] = identity.described
    for name in ("XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ.pop(name, None)


def _own_status() -> dict[str, str]:
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    pairs = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _bits(mask: int) -> frozenset[int]:
    return frozenset(number for number in range(mask.bit_length()) if mask >> number & 1)


def _permitted() -> frozenset[int]:
    return _bits(int(_own_status().get("CapPrm", "0"), 16))


def _drop_from_bounding_set(kept: frozenset[int]) -> None:
    """So that no program run from here on can have more. Takes CAP_SETPCAP: best effort.

    A process without it is held back by no_new_privs, which needs no right.
    """
    present = _bits(int(_own_status().get("CapBnd", "0"), 16))
    for number in present - kept:
        try:
            _prctl(_PR_CAPBSET_DROP, number)
        except PermissionError:
            return


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, argument: int) -> None:
    # prctl is variadic: without the casts the kernel would see garbage in the unused arguments.
    unused = ctypes.c_ulong(0)
    result = _libc().prctl(ctypes.c_int(option), ctypes.c_ulong(argument), unused, unused, unused)
    _check(result, f"prctl({option}, {argument})")


def _set_capabilities(kept: frozenset[int], permitted: frozenset[int]) -> None:
    header = _CapHeader(_CAPABILITY_VERSION_3, 0)
    words = zip(_words(kept), _words(permitted), strict=True)
    data = (_CapData * 2)(*(_CapData(effective, allowed, 0) for effective, allowed in words))
    _check(_libc().capset(ctypes.byref(header), data), "capset")


def _words(numbers: frozenset[int]) -> list[int]:
    return [sum(1 << (n % 32) for n in numbers if n // 32 == index) for index in (0, 1)]


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
