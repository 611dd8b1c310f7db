"""Evidence of other places, recorded in one text file each: what the doctor reads there.

A file has a head of `#` lines that says how it came to be, then sections:

    -- proc/1/cgroup --          a file with the lines that follow
    -- proc/self/ns/net -> x --  a symbolic link
    -- sys/class/net/eth0/ --    an empty folder
    -- ethtool.json --           drivers of interfaces: {"eth0": ["veth", ""]}
    -- environ.json --           the environment

`python -m tests.unit.doctor.recorded` writes the file of the place it runs in.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nautscan.doctor import ethtool
from nautscan.doctor.capabilities import process_rights
from nautscan.doctor.evidence import Evidence
from nautscan.doctor.place import find_place

PLACES = Path(__file__).parent / "places"
_HEAD = re.compile(r"^-- (\S+?)(/?)(?: -> (.+))? --$")
_STATUS = ("Name:", "Uid:", "Cap", "NoNewPrivs:", "Seccomp:")
_ENVIRONMENT = ("KUBERNETES_SERVICE_HOST", "XDG_RUNTIME_DIR", "HOME")


def names() -> list[str]:
    """The recorded places."""
    return sorted(path.stem for path in PLACES.glob("*.txt"))


def evidence_of(name: str, folder: Path, **environ: str) -> Evidence:
    """The evidence of a recorded place, unpacked into `folder`."""
    drivers: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    for path, target, text in _sections((PLACES / f"{name}.txt").read_text()):
        if path == "ethtool.json":
            drivers = json.loads(text)
        elif path == "environ.json":
            known = json.loads(text)
        else:
            _write(folder / path, target, text)
    return Evidence(
        root=folder,
        platform="linux",
        environ=known | environ,
        driver_of=lambda interface: (
            ethtool.Driver(*drivers[interface]) if interface in drivers else None
        ),
    )


def _sections(text: str) -> list[tuple[str, str | None, str]]:
    """Path, target of a link (empty: a folder; None: a file), and text."""
    found: list[tuple[str, str | None, list[str]]] = []
    for line in text.splitlines():
        match = _HEAD.match(line)
        if match is not None:
            target = "" if match[2] else match[3]
            found.append((match[1], target, []))
        elif found:
            found[-1][2].append(line)
    return [(path, target, "\n".join(lines) + "\n") for path, target, lines in found]


def _write(path: Path, target: str | None, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if target == "":
        path.mkdir(exist_ok=True)
    elif target is not None:
        path.symlink_to(target)
    else:
        path.write_text(text)


@dataclass(frozen=True)
class Recorder(Evidence):
    """Reads here, and notes what it found."""

    found: dict[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str | None:
        """Notes a file."""
        text = super().text(path)
        if text is not None:
            self.found[f"{path[1:]}"] = _shortened(path, text)
        return text

    def link(self, path: str) -> str | None:
        """Notes a link."""
        target = super().link(path)
        if target is not None:
            self.found[f"{path[1:]} -> {target}"] = ""
        return target

    def exists(self, path: str) -> bool:
        """Notes something that is there."""
        there = super().exists(path)
        if there and path[1:] not in self.found:
            self.found.setdefault(f"{path[1:]}/", "")
        return there

    def names(self, path: str) -> list[str]:
        """Notes a folder's entries."""
        found = super().names(path)
        for name in found:
            self.found.setdefault(f"{path[1:]}/{name}/", "")
        return found


def _shortened(path: str, text: str) -> str:
    """Only what can matter: not a machine's whole mount table."""
    lines = text.splitlines()
    if path == "/proc/cpuinfo":
        flags = next((line for line in lines if line.startswith("flags")), "")
        return "flags\t\t: fpu" + (" hypervisor" if "hypervisor" in flags else "")
    if path == "/proc/self/status":
        return "\n".join(line for line in lines if line.startswith(_STATUS))
    if path == "/proc/self/mountinfo":
        kept = [line for line in lines if " /etc/" in line or " / " in line]
        return "\n".join(re.sub(r"lowerdir=\S+", "lowerdir=…", line) for line in kept)
    return text


def main() -> None:
    """Write what is read here to standard output."""
    recorder = Recorder()
    place = find_place(recorder)
    process_rights(recorder)
    drivers: dict[str, Any] = {}
    for name in recorder.names("/sys/class/net"):
        driver = ethtool.driver(name)
        if driver is not None:
            drivers[name] = list(driver)
    environ = {name: recorder.environ[name] for name in _ENVIRONMENT if name in recorder.environ}
    lines = [f"# Recorded by tests/unit/doctor/recorded.py; judged {place.kind.value}."]
    for path, text in sorted(recorder.found.items()):
        lines.append(f"-- {path} --")
        lines += text.splitlines()
    lines += ["-- ethtool.json --", json.dumps(drivers), "-- environ.json --", json.dumps(environ)]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
