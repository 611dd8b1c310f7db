"""Limits the system calls of a process: seccomp(2), a filter of classic BPF.

For the lookout, and for what reads uploaded captures, which needs still less.

CAP_SYS_PTRACE lets its holder take over any process. What the lookout needs of it is only to read
links in /proc; so everything else that it would open is refused by the kernel from here on, with
EPERM: tracing, reading and writing other processes' memory, opening any file for writing
(/proc/PID/mem is one), running programs, sockets other than Unix and netlink.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Final, NamedTuple

_PR_SET_SECCOMP: Final = 22
_MODE_FILTER: Final = 2
_ALLOW: Final = 0x7FFF_0000
_REFUSE: Final = 0x0005_0000 | errno.EPERM

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_X32: Final = 0x4000_0000
_WRITES: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FAMILIES: Final = (1, 16)  # AF_UNIX, AF_NETLINK


class Calls(NamedTuple):
    """The numbers of one architecture."""

    architecture: int
    refused: tuple[int, ...]
    open: int | None
    openat: int
    socket: int
    reaching: tuple[int, ...]
    """What changes folders, files by their path, and other processes; and connect."""


_COMMON_REACHING: Final = (424, 452)
"""pidfd_send_signal, fchmodat2: the same on every architecture."""

_COMMON: Final = (425, 428, 429, 430, 432, 437, 438, 440)
"""io_uring_setup, open_tree, move_mount, fsopen, fsmount, openat2, pidfd_getfd,
process_madvise: the same on every architecture."""

_CALLS: Final = {
    "x86_64": Calls(
        0xC000_003E,
        # ptrace, process_vm_readv, process_vm_writev, kcmp, execve, execveat, creat,
        # open_by_handle_at, mount, umount2, pivot_root, chroot, setns, unshare, init_module,
        # finit_module, kexec_load, bpf, perf_event_open, userfaultfd, keyctl
        (101, 310, 311, 312, 59, 322, 85, 304, 165, 166, 155, 161, 308, 272, 175, 313, 246, 321,
         298, 323, 250),
        2, 257, 41,
        # connect, kill, truncate, rename, mkdir, rmdir, link, unlink, symlink, chmod, chown,
        # lchown, rt_sigqueueinfo, utime, mknod, setxattr, lsetxattr, tkill, tgkill, utimes,
        # mkdirat, mknodat, fchownat, futimesat, unlinkat, renameat, linkat, symlinkat, fchmodat,
        # utimensat, rt_tgsigqueueinfo, renameat2
        (42, 62, 76, 82, 83, 84, 86, 87, 88, 90, 92, 94, 129, 132, 133, 188, 189, 200, 234, 235,
         258, 259, 260, 261, 263, 264, 265, 266, 268, 280, 297, 316),
    ),
    "aarch64": Calls(
        0xC000_00B7,
        (117, 270, 271, 272, 221, 281, 265, 40, 39, 41, 51, 268, 97, 105, 273, 104, 280, 241, 282,
         219),
        None, 56, 198,
        # The same, as far as they are there.
        (203, 129, 45, 38, 34, 37, 35, 36, 53, 54, 138, 33, 5, 6, 130, 131, 88, 240, 276),
    ),
}  # fmt: skip


def confine(*, alone: bool = False) -> bool:
    """Limits this thread and those it starts, for good; whether it could. no_new_privs is set.

    `alone`: no socket at all, no signal to anybody, no change to any folder.
    """
    if sys.platform != "linux":
        return False
    calls = _CALLS.get(platform.machine())
    if calls is None:
        return False
    program = assemble(calls, alone=alone)
    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    unused = ctypes.c_ulong(0)
    libc = ctypes.CDLL(None, use_errno=True)
    result: int = libc.prctl(
        ctypes.c_int(_PR_SET_SECCOMP), ctypes.c_ulong(_MODE_FILTER), header, unused, unused
    )
    return result == 0


def assemble(calls: Calls, *, alone: bool = False) -> bytes:
    """The filter. Each rule either decides or falls through to the next."""
    rules: list[bytes] = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_JUMP_EQUAL, calls.architecture, 1, 0),
        _instruction(_RETURN, _REFUSE),
        _instruction(_LOAD, _NUMBER_AT),
        _instruction(_JUMP_GREATER_EQUAL, _X32, 0, 1),
        _instruction(_RETURN, _REFUSE),
    ]
    more = (*calls.reaching, *_COMMON_REACHING, calls.socket) if alone else ()
    for number in (*calls.refused, *_COMMON, *more):
        rules += [_instruction(_JUMP_EQUAL, number, 0, 1), _instruction(_RETURN, _REFUSE)]
    opens = [(calls.openat, 2)] + ([] if calls.open is None else [(calls.open, 1)])
    for number, argument in opens:
        rules += [
            _instruction(_JUMP_EQUAL, number, 0, 4),
            _instruction(_LOAD, _ARGUMENTS_AT + 8 * argument),
            _instruction(_JUMP_ANY_BIT, _WRITES, 0, 1),
            _instruction(_RETURN, _REFUSE),
            _instruction(_RETURN, _ALLOW),
        ]
    rules += [
        _instruction(_JUMP_EQUAL, calls.socket, 0, 4),
        _instruction(_LOAD, _ARGUMENTS_AT),
        _instruction(_JUMP_EQUAL, _FAMILIES[0], 2, 0),
        _instruction(_JUMP_EQUAL, _FAMILIES[1], 1, 0),
        _instruction(_RETURN, _REFUSE),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(rules)


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """Struct sock_filter."""
    return struct.pack("=HBBI", code, if_true, if_false, value)
