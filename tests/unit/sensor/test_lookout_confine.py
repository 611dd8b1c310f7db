"""The lookout's limits, tried in a process of its own."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

CODE = """
import ctypes, errno, os, socket, sys, threading
from nautscan.sensor import privileges
from nautscan.sensor.lookout.confine import confine
libc = ctypes.CDLL(None, use_errno=True)
privileges._prctl(38, 1)
assert confine()
refused = []
def tries(name, call):
    try:
        call()
    except PermissionError:
        refused.append(name)
def raw(number, *arguments):
    def call():
        if libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) < 0:
            raise OSError(ctypes.get_errno(), "refused")
    return call
tries("write", lambda: open("/dev/null", "w"))
tries("memory", lambda: open("/proc/self/mem", "r+b"))
tries("run", lambda: os.execv("/bin/true", ["true"]))
tries("inet", lambda: socket.socket(socket.AF_INET))
tries("packet", lambda: socket.socket(socket.AF_PACKET))
tries("ptrace", raw({ptrace}, 0, 0, 0, 0))
tries("process_vm_writev", raw({writev}, os.getpid(), 0, 0, 0, 0, 0))
tries("thread", lambda: threading.Thread(target=lambda: tries("in a thread",
    lambda: socket.socket(socket.AF_INET))).start())
os.listdir("/proc/self/fd"), open("/proc/self/stat").read(), os.readlink("/proc/self/ns/net")
socket.socket(socket.AF_UNIX).close(), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4).close()
import time; time.sleep(0.1)
print(",".join(refused))
"""

NUMBERS = {"x86_64": (101, 311), "aarch64": (117, 271)}


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in NUMBERS, reason="seccomp, known numbers"
)
def test_what_is_not_needed_is_refused() -> None:
    ptrace, writev = NUMBERS[platform.machine()]
    code = CODE.replace("{ptrace}", str(ptrace)).replace("{writev}", str(writev))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().split(",") == [
        "write", "memory", "run", "inet", "packet", "ptrace", "process_vm_writev", "in a thread",
    ]  # fmt: skip
