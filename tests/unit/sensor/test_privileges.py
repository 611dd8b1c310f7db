"""Rights that were given up are gone: measured from inside processes that did it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from nautscan.sensor import privileges
from nautscan.sensor.users import is_root

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not (is_root() and sys.platform == "linux"), reason="needs root on Linux"),
]

PRELUDE = """
import errno, json, os, socket
from nautscan.sensor import installation, privileges
from nautscan.sensor.users import Identity

def tried(action):
    try:
        action()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def packet_socket():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)).close()
"""


def child(body: str) -> dict[str, Any]:
    """What a fresh process printed, as JSON, having run `body`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", PRELUDE + textwrap.dedent(body)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def test_the_server_keeps_nothing() -> None:
    facts = child("""
        privileges.become(Identity(65534, 65534, (4321,)))
        print(json.dumps({
            "ids": os.getresuid() + os.getresgid(), "groups": os.getgroups(),
            "rights": privileges.rights().as_dict(),
            "root_again": tried(lambda: os.setuid(0)),
            "group_again": tried(lambda: os.setgroups([0])),
            "packet_socket": tried(packet_socket),
            "shadow": tried(lambda: open("/etc/shadow").close()),
            "home": os.environ["HOME"],
        }))
    """)
    assert facts["ids"] == [65534] * 6
    assert facts["groups"] == [4321]
    assert facts["rights"] == {
        "uid": 65534,
        "capabilities": [],
        "no_new_privileges": True,
        "reserve": [],
    }
    refused = {facts[name] for name in ("root_again", "group_again", "packet_socket")}
    assert refused == {"EPERM"}
    assert facts["shadow"] == "EACCES"
    assert facts["home"] != os.environ.get("HOME")


def test_the_sensor_keeps_what_capture_needs_and_nothing_else() -> None:
    facts = child("""
        keep = privileges.CAPTURE_CAPABILITIES
        privileges.become(Identity(65534, 65534), keep=keep)
        print(json.dumps({
            "names": privileges.rights().as_dict()["capabilities"],
            "bounding": open("/proc/self/status").read().split("CapBnd:")[1].split()[0],
            "packet_socket": [tried(packet_socket), tried(packet_socket)],
            "root_again": tried(lambda: os.setuid(0)),
            "shadow": tried(lambda: open("/etc/shadow").close()),
            "kill_init": tried(lambda: os.kill(1, 0)),
        }))
    """)
    kept = sorted(privileges.CAPTURE_CAPABILITIES)
    assert facts["names"] == [privileges.CAPABILITY_NAMES[number] for number in kept]
    assert int(facts["bounding"], 16) == sum(1 << number for number in kept)
    assert facts["packet_socket"] == ["done", "done"]
    assert (facts["root_again"], facts["shadow"], facts["kill_init"]) == (
        "EPERM",
        "EACCES",
        "EPERM",
    )


def test_the_right_to_enter_containers_is_kept_in_reserve() -> None:
    facts = child("""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def enter():
            if libc.setns(os.open("/proc/self/ns/net", os.O_RDONLY), 0):
                raise OSError(ctypes.get_errno(), "setns")
        keep, reserve = privileges.CAPTURE_CAPABILITIES, privileges.ENTER_CAPABILITIES
        privileges.become(Identity(65534, 65534), keep=keep, reserve=reserve)
        print(json.dumps({
            "rights": privileges.rights().as_dict(),
            "lacking": privileges.lacking_to_enter(),
            "namespace": tried(lambda: os.open("/proc/1/ns/net", os.O_RDONLY)),
            "setns": tried(enter),
            "root_again": tried(lambda: os.setuid(0)),
        }))
    """)
    assert facts["rights"]["capabilities"] == ["cap_net_raw"]
    assert facts["rights"]["reserve"] == ["cap_sys_ptrace", "cap_sys_admin"]
    assert facts["lacking"] == []
    # Not in effect: no thread has it unless it asks for it, as the engine does for one call.
    assert (facts["namespace"], facts["setns"]) == ("EACCES", "EPERM")
    assert facts["root_again"] == "EPERM"


def test_a_program_run_from_there_has_no_more() -> None:
    facts = child("""
        import subprocess
        privileges.become(Identity(65534, 65534), keep=privileges.CAPTURE_CAPABILITIES)
        status = subprocess.run(["/bin/cat", "/proc/self/status"], capture_output=True, text=True)
        lines = dict(line.split(":", 1) for line in status.stdout.splitlines())
        names = ("CapEff", "CapPrm", "NoNewPrivs")
        print(json.dumps({name: lines[name].strip() for name in names}))
    """)
    assert int(facts["CapEff"], 16) == 0
    assert int(facts["CapPrm"], 16) == 0
    assert facts["NoNewPrivs"] == "1"


def test_without_a_user_to_become_only_capabilities_go() -> None:
    facts = child("""
        privileges.become(None, keep=privileges.CAPTURE_CAPABILITIES)
        print(json.dumps({"uid": os.geteuid(), "held": len(privileges.effective_capabilities())}))
    """)
    assert facts == {"uid": 0, "held": len(privileges.CAPTURE_CAPABILITIES)}


def test_who_is_not_root_cannot_become_somebody_else() -> None:
    facts = child("""
        privileges.become(Identity(65534, 65534))
        try:
            privileges.become(Identity(1234, 1234))
        except PermissionError as error:
            print(json.dumps({"said": str(error)}))
    """)
    assert "only root" in facts["said"]


PACKAGE = {
    "__init__.py": "",
    "late.py": "value = 'imported late'",
    "data.txt": "package data",
}


def installed_privately(folder: Path) -> Path:
    """A package in a readable folder below one that only root may enter, as in /root/.pyenv."""
    private = folder / "private"
    package = private / "site" / "sample_package"
    package.mkdir(parents=True)
    for name, content in PACKAGE.items():
        (package / name).write_text(content)
    private.chmod(0o700)
    return package.parent


LATE = """
    import importlib, importlib.resources, sys
    sys.path.insert(0, {site!r})
    import sample_package
    {measure}
    privileges.become(Identity(65534, 65534))
    try:
        late = importlib.import_module("sample_package.late").value
    except (ImportError, OSError):
        late = None
    try:
        data = importlib.resources.files("sample_package").joinpath("data.txt").read_text()
    except (ImportError, OSError):
        data = None
    outside = tried(lambda: os.listdir({private!r}))
    print(json.dumps({{"late": late, "data": data, "outside": outside}}))
"""


def test_late_imports_work_below_a_folder_that_cannot_be_entered(reachable: Path) -> None:
    site = installed_privately(reachable)
    measure = "installation.keep_reachable(Identity(65534, 65534))"
    facts = child(LATE.format(site=str(site), private=str(site.parent), measure=measure))
    assert facts == {"late": "imported late", "data": "package data", "outside": "EACCES"}


def test_without_the_measure_they_would_fail(reachable: Path) -> None:
    site = installed_privately(reachable)
    facts = child(LATE.format(site=str(site), private=str(site.parent), measure="pass"))
    assert facts == {"late": None, "data": None, "outside": "EACCES"}


def test_a_module_loaded_before_stays() -> None:
    facts = child("""
        failed = installation.preload(["encodings.*", "no_such_module_here"])
        privileges.become(Identity(65534, 65534))
        print(json.dumps({"failed": failed, "encoded": "bücher".encode("idna").decode()}))
    """)
    assert "no_such_module_here" in facts["failed"]
    assert facts["encoded"] == "xn--bcher-kva"
