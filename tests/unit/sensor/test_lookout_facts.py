"""Processes: command, start, user, container; and who holds a socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nautscan.sensor.lookout import facts, holders, users
from nautscan.sensor.lookout.facts import Processes
from nautscan.sensor.lookout.users import UserNames

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

STAT = "42 (a) b) c) S 1 42 42 0 -1 {flags} 0 0 0 0 1 2 0 0 20 0 1 0 {start} 1000 10 0\n"


def test_a_command_may_hold_parentheses() -> None:
    stat = facts.parse_stat(STAT.format(flags=4194304, start=12345))
    assert stat == facts.Stat("a) b) c", 12345, kernel=False)


def test_a_thread_of_the_kernel_is_no_process() -> None:
    stat = facts.parse_stat(STAT.format(flags=0x0020_0040, start=1))
    assert stat is not None
    assert stat.kernel


@pytest.mark.parametrize("text", ["", "42", "42 (x", "42 (x) S 1", ")("])
def test_what_is_no_stat_is_nothing(text: str) -> None:
    assert facts.parse_stat(text) is None


def test_a_command_cannot_write_to_the_terminal() -> None:
    assert (
        facts.printable("a\x1b[2Jb\n") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}"
    )


ID, INNER = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("cgroup", "found"),
    [
        (f"0::/docker/{ID}\n", (ID,)),
        (f"0::/system.slice/docker-{ID}.scope\n", (ID,)),
        (f"0::/machine.slice/libpod-{ID}.scope/container\n", (ID,)),
        (f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{ID}.scope\n", (ID,)),
        (f"0::/docker/{ID}/docker/{INNER}\n", (ID, INNER)),
        (f"12:pids:/docker/{ID}\n11:cpu:/docker/{ID}\n", (ID,)),
        ("0::/user.slice/user-1000.slice/session-2.scope\n", ()),
        (f"0::/{'a' * 65}\n", ()),
        ("", ()),
    ],
)
def test_containers_are_named_by_the_control_group(cgroup: str, found: tuple[str, ...]) -> None:
    assert facts.containers_of(cgroup) == found


def test_we_know_ourselves() -> None:
    process = Processes().read(os.getpid())
    assert process is not None
    assert process.command == Path("/proc/self/comm").read_text().strip()
    assert process.start_ns <= time.time_ns()
    assert process.netns == facts.netns_of(os.open("/proc/self", os.O_RDONLY))
    assert process.user == UserNames().name(os.geteuid())


def test_a_process_that_ended_is_none() -> None:
    processes = Processes()
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        try:
            while (found := processes.read(sleeper.pid)) is None or found.command != "sleep":
                pass
        finally:
            sleeper.kill()
    assert processes.read(sleeper.pid) is None


@pytest.mark.parametrize(
    ("uid", "text", "inside"),
    [
        (1000, "         0          0 4294967295\n", 1000),
        (100_101, "0 1000 1\n1 100000 65536\n", 102),
        (1000, "0 1000 1\n1 100000 65536\n", 0),
        (5, "0 1000 1\n", None),
        (5, "", None),
    ],
)
def test_a_user_namespace_numbers_users_anew(uid: int, text: str, inside: int | None) -> None:
    assert users.mapped_uid(uid, text) == inside


def test_a_name_in_a_passwd_file() -> None:
    text = "root:x:0:0:root:/:/bin/sh\n# broken\nnginx:x:101:101::/:/bin/false\n:x:7:7\n"
    assert users.passwd_name(text, 101) == "nginx"
    assert users.passwd_name(text, 7) is None
    assert users.passwd_name(text, 1) is None


def place(folder: Path, passwd: str) -> int:
    """A folder that looks like /proc/PID of a process with a root of its own."""
    (folder / "root/etc").mkdir(parents=True)
    (folder / "root/etc/passwd").write_text(passwd)
    (folder / "uid_map").write_text("0 0 4294967295\n")
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def test_a_user_in_a_container_has_its_name_there(tmp_path: Path) -> None:
    folder = place(tmp_path, "app:x:4242:1::/:/bin/sh\n")
    assert UserNames().name(4242, folder, (ID,)) == "app"
    assert UserNames().name(4243, folder, (ID,)) == "4243"
    assert UserNames().name(0) == "root"


@pytest.mark.parametrize("name", ["root/etc/passwd", "root/etc"])
def test_a_link_in_a_container_is_not_followed(tmp_path: Path, name: str) -> None:
    """It would lead into our own file system."""
    folder = place(tmp_path, "x")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "passwd").write_text("secret:x:0:0::/:\n")
    link = tmp_path / name
    link.rename(tmp_path / "old")
    link.symlink_to(elsewhere if name.endswith("etc") else elsewhere / "passwd")
    assert users.read_passwd(folder) == ""


def test_a_pipe_in_place_of_passwd_stops_nobody(tmp_path: Path) -> None:
    folder = place(tmp_path, "x")
    (tmp_path / "root/etc/passwd").unlink()
    os.mkfifo(tmp_path / "root/etc/passwd")
    assert users.read_passwd(folder) == ""


def test_no_more_of_passwd_is_read_than_the_cap(tmp_path: Path) -> None:
    folder = place(tmp_path, "#" * users.MAX_PASSWD_BYTES + "\nlate:x:9:9::/:\n")
    assert len(users.read_passwd(folder)) == users.MAX_PASSWD_BYTES


def test_the_holders_of_a_socket() -> None:
    code = "import sys; sys.stdin.read()"
    with (
        socket.create_server(("127.0.0.1", 0)) as ours,
        socket.create_server(("127.0.0.1", 0)) as shared,
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=[shared.fileno()]
        ) as child,
    ):
        inodes = {os.fstat(sock.fileno()).st_ino: os.getuid() for sock in (ours, shared)}
        own, both = inodes
        found = holders.find(inodes | {1: 0}, facts.pids())
        assert found == {own: {os.getpid()}, both: {os.getpid(), child.pid}}
        with facts.opened(os.getpid()) as folder:
            assert folder is not None
            assert holders.holds(folder, own)
            assert not holders.holds(folder, 1)
        assert child.stdin is not None
        child.stdin.close()


def test_a_socket_of_another_user_is_found_among_all() -> None:
    """A server that gave up root holds sockets that root made."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        inode = os.fstat(sock.fileno()).st_ino
        assert holders.find({inode: 54_321}, facts.pids()) == {inode: {os.getpid()}}
