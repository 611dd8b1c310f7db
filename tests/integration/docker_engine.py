"""A real Docker Engine of one's own: private daemon, private network namespace, tiny image.

The daemon runs in a network namespace made for it. Its `docker0`, its `br-*`, its veths and
its iptables rules are therefore nobody else's, several engines can run side by side, and
deleting the namespace takes all of it away. That namespace is "the host" of these tests: what
has to see the engine's networks (NautScan itself) is started in it with `popen`.

A second namespace, joined to the first by `eth0`, is the outside world.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import random
import secrets
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

T = TypeVar("T")

IMAGE = "nautscan-test/busybox:1"
START_S = 60.0
STOP_S = 30.0
CLONE_NEWNET = 0x40000000

_REPLY_SCRIPT = """#!/bin/sh
# /cgi-bin/reply?STATUS answers with that status and says what it was asked.
read -r body
printf 'Status: %s Made\\r\\nContent-Type: text/plain\\r\\n\\r\\n' "${QUERY_STRING:-200}"
printf '%s %s %s\\n' "$REQUEST_METHOD" "$(hostname)" "$body"
"""


def why_unavailable() -> str | None:
    """Why no engine can be started here; null where one can."""
    if os.geteuid() != 0:
        return "a private Docker Engine needs root"
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)} (apt-get install docker.io busybox-static)"
    return None


_TOOLS = ("dockerd", "docker", "containerd", "ip", "nsenter", "iptables", "busybox")


@dataclass
class DockerEngine:
    """A running engine. Make one with `start`; use as a context manager, or call `stop`."""

    folder: Path
    """Everything that lasts: images, containers, the daemon's log."""
    run_folder: Path
    """Sockets; short, since a Unix socket's path may have 107 bytes."""
    netns: str
    outside_netns: str
    octet: int
    """Second octet of the addresses, 10.OCTET.0.0/16: different for each engine."""
    userland_proxy: bool = True
    """Whether published ports are also served by a process of the host, as by default."""
    _daemon: subprocess.Popen[bytes] | None = None
    _children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def start(cls, folder: Path, *, userland_proxy: bool = True) -> Self:
        """Start a daemon with its data in `folder`, and import the image."""
        tag = secrets.token_hex(3)
        engine = cls(
            folder=folder / "docker",
            run_folder=Path(tempfile.mkdtemp(prefix="nsd-", dir="/tmp")),
            netns=f"nsd-{tag}",
            outside_netns=f"nsd-{tag}-out",
            octet=random.randint(64, 191),
            userland_proxy=userland_proxy,
        )
        engine.folder.mkdir(parents=True)
        # Others may reach the socket; its own mode and group say who may use it.
        engine.run_folder.chmod(0o711)
        try:
            engine._make_namespaces()
            engine.start_daemon()
            engine._import_image()
        except BaseException:
            engine.stop()
            raise
        return engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Where it is.

    @property
    def socket(self) -> Path:
        """The API's Unix socket."""
        return self.run_folder / "docker.sock"

    @property
    def host(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def host_address(self) -> str:
        """The address of the engine's host as the outside knows it (its eth0)."""
        return "198.18.0.1"

    @property
    def outside_address(self) -> str:
        """The address of the outside world's one host."""
        return "198.18.0.2"

    @property
    def log(self) -> str:
        """What the daemon has written."""
        return (self.folder / "dockerd.log").read_text(errors="replace")

    # Containers and networks.

    def docker(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> str:
        """Run the `docker` command against this engine and return what it printed."""
        result = subprocess.run(
            ["docker", "-H", self.host, *arguments], input=stdin, capture_output=True, check=False
        )
        if check and result.returncode != 0:
            said = result.stderr.decode(errors="replace")
            raise AssertionError(f"docker {' '.join(arguments)}: {said}")
        return result.stdout.decode(errors="replace").strip()

    def network(
        self,
        name: str,
        *,
        ipv6: str | None = None,
        driver: str = "bridge",
        options: Mapping[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> str:
        """Make a network; `ipv6` is its IPv6 subnet. Returns its id."""
        words = ["network", "create", "--driver", driver]
        if ipv6:
            words += ["--ipv6", "--subnet", ipv6]
        for key, value in (options or {}).items():
            words += ["--opt", f"{key}={value}"]
        return self.docker(*words, *arguments, name)

    def run(
        self,
        name: str,
        *,
        networks: Sequence[str] = (),
        command: Sequence[str] = ("sleep", "3600"),
        labels: Mapping[str, str] | None = None,
        publish: Sequence[str] = (),
        network_mode: str | None = None,
        arguments: Sequence[str] = (),
    ) -> str:
        """Start a container, attached to all `networks` before it runs. Returns its id."""
        words = ["create", "--name", name, "--init", "--stop-timeout", "1"]
        first = network_mode or (networks[0] if networks else None)
        words += ["--network", first] if first else []
        for key, value in (labels or {}).items():
            words += ["--label", f"{key}={value}"]
        for port in publish:
            words += ["--publish", port]
        container_id = self.docker(*words, *arguments, IMAGE, *command)
        for network in networks[1:]:
            self.docker("network", "connect", network, name)
        self.docker("start", name)
        return container_id

    def serve_http(self, name: str, *, port: int = 80, **options: Any) -> str:
        """Start a container that serves /index.html and /cgi-bin/reply?STATUS over HTTP/1.1."""
        return self.run(name, command=("httpd", "-f", "-p", str(port), "-h", "/www"), **options)

    def exec(self, name: str, argv: Sequence[str], *, check: bool = True) -> str:
        """Run a program in a container and return what it printed."""
        return self.docker("exec", name, *argv, check=check)

    def inspect(self, name: str) -> dict[str, Any]:
        """A container's inspect document."""
        documents: list[dict[str, Any]] = json.loads(self.docker("inspect", name))
        return documents[0]

    def address(self, name: str, network: str, *, ipv6: bool = False) -> str:
        """A container's address on a network."""
        endpoint = self.inspect(name)["NetworkSettings"]["Networks"][network]
        return str(endpoint["GlobalIPv6Address" if ipv6 else "IPAddress"])

    def remove_everything(self) -> None:
        """Remove all containers and networks, so that the next test starts from nothing."""
        containers = self.docker("ps", "-aq").split()
        if containers:
            self.docker("rm", "-f", "-v", *containers)
        self.docker("network", "prune", "-f")

    # Programs and calls on the engine's host.

    def popen(
        self, argv: Sequence[str], *, outside: bool = False, **options: Any
    ) -> subprocess.Popen[bytes]:
        """Start a program on the engine's host (or outside), with that host's /sys."""
        netns = self.outside_netns if outside else self.netns
        process = subprocess.Popen(["ip", "netns", "exec", netns, *argv], **options)
        self._children.append(process)
        return process

    def on_host(self, argv: Sequence[str], *, outside: bool = False) -> str:
        """Run a program on the engine's host (or outside) and return what it printed."""
        netns = self.outside_netns if outside else self.netns
        result = subprocess.run(
            ["ip", "netns", "exec", netns, *argv], capture_output=True, check=True
        )
        return result.stdout.decode()

    def inside(self, call: Callable[[], T], *, outside: bool = False) -> T:
        """Call something in a thread on the engine's host (or outside).

        Sockets opened in the call stay in that network namespace.
        """
        netns = self.outside_netns if outside else self.netns
        answer: list[T] = []
        failure: list[BaseException] = []

        def enter_and_call() -> None:
            try:
                _enter_network_namespace(Path("/run/netns") / netns)
                answer.append(call())
            except BaseException as error:  # noqa: BLE001 (raised again by the caller's thread)
                failure.append(error)

        thread = threading.Thread(target=enter_and_call, name=f"in-{netns}")
        thread.start()
        thread.join()
        if failure:
            raise failure[0]
        return answer[0]

    # The daemon.

    def start_daemon(self) -> None:
        """Start the daemon and wait until it answers."""
        with (self.folder / "dockerd.log").open("ab") as log:
            self._daemon = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.netns}", *self._daemon_command()],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self._daemon.poll() is not None:
                break
            if self.socket.exists() and self.docker("version", check=False):
                return
            time.sleep(0.1)
        raise AssertionError(f"dockerd did not start:\n{self.log[-4000:]}")

    def stop_daemon(self) -> None:
        """Stop the daemon by its own pid, and what it left behind. Containers end with it."""
        if self._daemon is None:
            return
        self._daemon.send_signal(signal.SIGTERM)
        try:
            self._daemon.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._daemon.kill()
            self._daemon.wait()
        self._daemon = None
        for pid in self._own_leftovers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything and remove every trace: mounts, namespaces, files."""
        for child in self._children:
            if child.poll() is None:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(STOP_S)
        if self._daemon is not None and self._daemon.poll() is None:
            with contextlib.suppress(AssertionError):
                self.remove_everything()
        self.stop_daemon()
        for mount in self._own_mounts():
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True)
        for netns in (self.netns, self.outside_netns):
            subprocess.run(["ip", "netns", "del", netns], check=False, capture_output=True)
        shutil.rmtree(self.run_folder, ignore_errors=True)
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def _daemon_command(self) -> list[str]:
        return [
            "dockerd",
            f"--data-root={self.folder / 'data'}",
            f"--exec-root={self.run_folder / 'exec'}",
            f"--pidfile={self.run_folder / 'dockerd.pid'}",
            f"--host={self.host}",
            f"--bip=10.{self.octet}.0.1/24",
            f"--default-address-pool=base=10.{self.octet}.128.0/17,size=24",
            "--shutdown-timeout=2",
            f"--userland-proxy={str(self.userland_proxy).lower()}",
        ]

    def _make_namespaces(self) -> None:
        for netns in (self.netns, self.outside_netns):
            _ip("netns", "add", netns)
            _ip("-n", netns, "link", "set", "lo", "up")
        _ip("link", "add", "eth0", "netns", self.netns, "type", "veth",
            "peer", "name", "eth0", "netns", self.outside_netns)  # fmt: skip
        for netns, address in (
            (self.netns, self.host_address),
            (self.outside_netns, self.outside_address),
        ):
            _ip("-n", netns, "address", "add", f"{address}/24", "dev", "eth0")
            _ip("-n", netns, "link", "set", "eth0", "up")
        # The container's packets carry addresses of its networks where nothing hides them.
        _ip("-n", self.outside_netns, "route", "add", f"10.{self.octet}.0.0/16",
            "via", self.host_address)  # fmt: skip

    def _import_image(self) -> None:
        self.docker("import", "-", IMAGE, stdin=root_file_system())

    def _own_leftovers(self) -> Iterator[int]:
        """Processes that the daemon started and left: they name our folder on their command."""
        mark = str(self.run_folder).encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                with contextlib.suppress(OSError):
                    if mark in (entry / "cmdline").read_bytes():
                        yield int(entry.name)

    def _own_mounts(self) -> list[str]:
        """What is still mounted below our folders, the innermost first."""
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        ours = (str(self.run_folder), str(self.folder))
        return sorted((m for m in mounts if m.startswith(ours)), reverse=True)


def root_file_system() -> bytes:
    """A root file system as a tar archive: busybox under all its names, and a small web site."""
    busybox = shutil.which("busybox")
    assert busybox is not None
    applets = subprocess.run([busybox, "--list"], capture_output=True, check=True, text=True)
    files = {
        "bin/busybox": (Path(busybox).read_bytes(), 0o755),
        "etc/passwd": (b"root:x:0:0:root:/:/bin/sh\n", 0o644),
        "etc/group": (b"root:x:0:\n", 0o644),
        "www/index.html": (b"<p>hello</p>\n", 0o644),
        "www/cgi-bin/reply": (_REPLY_SCRIPT.encode(), 0o755),
    }
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, (content, mode) in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
        for applet in sorted(set(applets.stdout.split()) - {"busybox"}):
            member = tarfile.TarInfo(f"bin/{applet}")
            member.type, member.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(member)
        for folder in ("tmp", "proc", "sys", "dev"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(member)
    return archive.getvalue()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _enter_network_namespace(path: Path) -> None:
    """Move this thread (only) into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with path.open("rb") as handle:
        if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {path}")
