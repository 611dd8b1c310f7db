"""The marks that container engines, Kubernetes and virtual machines leave, and what they prove.

A mark is strong if only a running container has it, weak if an image or a copied root file system
may carry it too: `/.dockerenv` is often found in virtual machines that were made from an image.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nautscan.doctor.evidence import Evidence

INITIAL_NAMESPACES: Final = {
    "pid": 0xEFFFFFFC,
    "user": 0xEFFFFFFD,
    "net": 0xEFFFFFF9,
}
"""Inode numbers of the first namespaces (linux/proc_ns.h; `net` since Linux 6.18)."""

_ID: Final = r"([0-9a-f]{64})"
_DOCKER_MOUNT: Final = re.compile(rf"/containers/{_ID}/(?:hostname|hosts|resolv\.conf) /etc/")
_PODMAN_MOUNT: Final = re.compile(rf"/overlay-containers/{_ID}/userdata/")
_KUBELET_MOUNT: Final = re.compile(r"/pods/([0-9a-f-]{36})/etc-hosts /etc/hosts ")
_CGROUPS: Final = (
    ("kubernetes", re.compile(r"kubepods")),
    ("docker", re.compile(rf"(?:/docker/|docker-){_ID}")),
    ("podman", re.compile(rf"libpod-{_ID}")),
    ("containerd", re.compile(rf"cri-containerd[-:]{_ID}")),
    ("lxc", re.compile(r"/lxc(?:\.payload)?[/.]")),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """A piece of evidence."""

    source: str
    """Where it was seen: a path, or a variable."""
    saw: str
    tells: str
    strong: bool = True

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "source": self.source,
            "saw": self.saw,
            "tells": self.tells,
            "strong": self.strong,
        }


@dataclass(frozen=True, slots=True)
class ContainerMarks:
    """Whether this process is in a container, and whose."""

    engine: str | None
    """docker, podman, kubernetes, containerd, lxc or another's name; None: in no container."""
    certain: bool
    id: str | None
    rootless: bool
    signs: tuple[Sign, ...]


def container_marks(evidence: Evidence) -> ContainerMarks:
    """Looks for the marks of every engine that is known."""
    signs: list[Sign] = []
    engines: list[tuple[str, bool]] = []
    container_id = None
    for name, sign, found_id in (
        *_kubernetes(evidence),
        *_podman(evidence),
        *_mounts(evidence),
        *_cgroups(evidence),
        *_others(evidence),
        *_leftovers(evidence),
    ):
        signs.append(sign)
        engines.append((name, sign.strong))
        container_id = container_id or found_id
    strong = next((name for name, sure in engines if sure), None)
    weak = next((name for name, _ in engines), None)
    engine = strong or weak
    # Without a mark it is no container only if the places of the marks could be read.
    readable = evidence.text("/proc/self/mountinfo") is not None
    certain = strong is not None or (not engines and readable)
    denial = None if strong else _denial(evidence)
    if denial is not None:
        signs.append(denial)
        engine, certain = None, True
    rootless = _user_namespace(evidence) is not None
    return ContainerMarks(engine, certain, container_id, rootless, tuple(signs))


_Found = tuple[str, Sign, str | None]


def _kubernetes(evidence: Evidence) -> list[_Found]:
    found: list[_Found] = []
    folder = "/var/run/secrets/kubernetes.io/serviceaccount"
    if evidence.exists(folder):
        found.append(("kubernetes", Sign(folder, "is there", "a Kubernetes pod"), None))
    host = evidence.environ.get("KUBERNETES_SERVICE_HOST")
    if host:
        sign = Sign("KUBERNETES_SERVICE_HOST", host, "started by Kubernetes")
        found.append(("kubernetes", sign, None))
    return found


def _podman(evidence: Evidence) -> list[_Found]:
    text = evidence.text("/run/.containerenv")
    if text is None:
        return []
    words = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))
    engine = words.get("engine", "")
    saw = engine or "is there"
    if words.get("rootless") == "1":
        saw += ", rootless"
    sign = Sign("/run/.containerenv", saw, "a container of Podman", strong=bool(engine))
    return [("podman", sign, words.get("id") or None)]


def _mounts(evidence: Evidence) -> list[_Found]:
    text = evidence.text("/proc/self/mountinfo") or ""
    found: list[_Found] = []
    for engine, pattern, tells in (
        ("kubernetes", _KUBELET_MOUNT, "its /etc/hosts is mounted by the kubelet"),
        ("docker", _DOCKER_MOUNT, "files of its /etc are mounted by the Docker Engine"),
        ("podman", _PODMAN_MOUNT, "files of its /etc are mounted by Podman"),
    ):
        match = pattern.search(text)
        if match is not None:
            sign = Sign("/proc/self/mountinfo", match[0].strip(), tells)
            found.append((engine, sign, None if engine == "kubernetes" else match[1]))
    return found


def _cgroups(evidence: Evidence) -> list[_Found]:
    for path in ("/proc/self/cgroup", "/proc/1/cgroup"):
        for line in evidence.lines(path):
            for engine, pattern in _CGROUPS:
                match = pattern.search(line)
                if match is not None and "/../" not in line:
                    found_id = match[1] if match.groups() else None
                    sign = Sign(path, line, f"a control group of {engine}")
                    return [(engine, sign, found_id)]
    return []


def _others(evidence: Evidence) -> list[_Found]:
    """`/run/systemd/container` and `/run/host/container-manager` name the manager."""
    for path in ("/run/systemd/container", "/run/host/container-manager"):
        name = evidence.text(path)
        if name and name not in ("wsl", "docker", "podman"):
            return [(name, Sign(path, name, f"a container of {name}"), None)]
    return []


def _leftovers(evidence: Evidence) -> list[_Found]:
    """Marks that do not prove that the container still runs."""
    if not evidence.exists("/.dockerenv"):
        return []
    sign = Sign("/.dockerenv", "is there", "a container of Docker, or made from an image of one")
    return [("docker", Sign(sign.source, sign.saw, sign.tells, strong=False), None)]


def _denial(evidence: Evidence) -> Sign | None:
    """What shows that no container is around this process, whatever image it came from.

    Engines give a container its own process namespace unless told not to, and then its control
    group has a name.
    """
    link = evidence.link("/proc/self/ns/pid")
    if link != f"pid:[{INITIAL_NAMESPACES['pid']}]":
        return None
    groups = [line.rpartition(":")[2] for line in evidence.lines("/proc/1/cgroup")]
    if any(group not in ("/", "/init.scope") for group in groups):
        return None
    return Sign("/proc/self/ns/pid", link, "the machine's own process namespace: no container")


def _user_namespace(evidence: Evidence) -> str | None:
    """The id map, if this is not the first user namespace: root here is not the host's root."""
    text = evidence.text("/proc/self/uid_map")
    if not text or text.split() == ["0", "0", "4294967295"]:
        return None
    return text
