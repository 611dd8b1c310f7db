"""Linux capabilities as /proc and file attributes show them: capabilities(7)."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Any, Final

from nautscan.doctor.evidence import Evidence

NAMES: Final = (
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
    "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw",
    "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
    "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod",
    "lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
    "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
)  # fmt: skip
"""By number: linux/capability.h."""

SETS: Final = {
    "effective": "CapEff",
    "permitted": "CapPrm",
    "inheritable": "CapInh",
    "bounding": "CapBnd",
    "ambient": "CapAmb",
}

_SECCOMP: Final = {"0": "off", "1": "strict", "2": "filter"}
_DANGEROUS: Final = frozenset({"sys_admin", "sys_module", "sys_rawio", "sys_ptrace"})
"""No engine gives these to a container that is not privileged, unless they are asked for."""

_XATTR: Final = "security.capability"
_EFFECTIVE_FLAG: Final = 1


@dataclass(frozen=True, slots=True)
class ProcessRights:
    """What a process may do, and what holds it back."""

    uid: int | None
    sets: dict[str, frozenset[str]]
    no_new_privileges: bool | None
    seccomp: str | None
    """`off`, `strict`, `filter`, or None where the kernel does not say."""

    @property
    def effective(self) -> frozenset[str]:
        """What counts now."""
        return self.sets.get("effective", frozenset())

    @property
    def bounding(self) -> frozenset[str]:
        """What programs started from here could have at most."""
        return self.sets.get("bounding", frozenset())

    @property
    def privileged(self) -> bool:
        """It has what an engine gives with `--privileged` only."""
        return self.effective >= _DANGEROUS

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "uid": self.uid,
            **{name: sorted(held) for name, held in self.sets.items()},
            "no_new_privileges": self.no_new_privileges,
            "seccomp": self.seccomp,
        }


def process_rights(evidence: Evidence) -> ProcessRights | None:
    """Rights of this process, from /proc/self/status; None where the system has no such file."""
    if evidence.platform != "linux":
        return None
    pairs = (line.partition(":") for line in evidence.lines("/proc/self/status"))
    status = {name: value.strip() for name, _, value in pairs}
    if "CapEff" not in status:
        return None
    flag = status.get("NoNewPrivs")
    uids = status.get("Uid", "").split()
    return ProcessRights(
        uid=int(uids[1]) if len(uids) > 1 else None,
        sets={name: names(int(status.get(key, "0"), 16)) for name, key in SETS.items()},
        no_new_privileges=None if flag is None else flag == "1",
        seccomp=_SECCOMP.get(status.get("Seccomp", "")),
    )


def names(mask: int) -> frozenset[str]:
    """The capabilities of a bit mask; one that is newer than this list is its number."""
    numbers = (number for number in range(mask.bit_length()) if mask >> number & 1)
    return frozenset(NAMES[number] if number < len(NAMES) else str(number) for number in numbers)


def file_capabilities(path: str) -> tuple[frozenset[str], bool] | None:
    """Permitted capabilities of a program's file, and whether they count at once.

    None if it has none, or they may not be read.
    """
    try:
        return parse_file_capabilities(os.getxattr(path, _XATTR))
    except (OSError, AttributeError):  # Python has getxattr on Linux only.
        return None


def parse_file_capabilities(data: bytes) -> tuple[frozenset[str], bool] | None:
    """`struct vfs_ns_cap_data`: a word of flags, then permitted and inheritable words."""
    if len(data) < 12:
        return None
    magic, low = struct.unpack_from("<II", data)
    high = struct.unpack_from("<I", data, 12)[0] if len(data) >= 20 else 0
    return names(low | high << 32), bool(magic & _EFFECTIVE_FLAG)
