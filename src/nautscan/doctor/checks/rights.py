"""What this process may do: the one right that capture takes, and no more than that."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any, Final

from nautscan.doctor.capabilities import ProcessRights, file_capabilities, process_rights
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.doctor.place import Network
from nautscan.doctor.views import POD_SPEC, host_run
from nautscan.sensor import permission

_WITH_RUN: Final = frozenset({"docker", "podman", "containerd"})
"""Engines with a `run` command."""

_WHY: Final = "Opening a packet socket takes the capability CAP_NET_RAW; without it, no packet."
_WHY_ADMIN: Final = (
    "It is often named beside CAP_NET_RAW. Packet sockets, promiscuous mode and large capture "
    "buffers work without; it would allow to change addresses, routes and the firewall."
)
_WHY_ENTER: Final = (
    "What a container says to itself on its loopback is seen inside only. Entering takes setns(2), "
    "and that CAP_SYS_ADMIN, which is nearly root: kept only where it was asked for."
)
_ENTER: Final = frozenset({"sys_admin", "sys_ptrace"})
_WHY_EXCESS: Final = (
    "Hostile bytes are parsed here. What the process may not do, a fault in a parser cannot either."
)


def check(context: Context) -> list[Check]:
    """The rights of this process."""
    rights = process_rights(context.evidence)
    if rights is None:
        return [_elsewhere(context)]
    interpreter = file_capabilities(context.host.interpreter)
    facts = rights.as_dict() | {
        "privileged": rights.privileged if context.place.engine is not None else None,
        "interpreter": context.host.interpreter,
        "file_capabilities": None if interpreter is None else sorted(interpreter[0]),
    }
    return [
        _capture(context, rights, facts),
        _admin(rights),
        _enter(context, rights),
        _excess(context, rights, None if interpreter is None else interpreter[0]),
    ]


def _capture(context: Context, rights: ProcessRights, facts: dict[str, Any]) -> Check:
    title = "Right to capture"
    who = f"user id {rights.uid}" + (" (root)" if rights.uid == 0 else "")
    if "net_raw" in rights.effective:
        if context.place.rootless and context.place.network is Network.HOST:
            return _in_name_only(context, title, who, facts)
        source = _source(rights)
        found = f"This process ({who}) holds CAP_NET_RAW{source}."
        return Check("rights.capture", title, State.OK, found, _WHY, facts=facts)
    found = f"This process ({who}) lacks CAP_NET_RAW." + _obstacle(rights)
    return Check(
        "rights.capture", title, State.FAILED, found, _WHY, _remedy(context, rights), facts
    )


def _in_name_only(context: Context, title: str, who: str, facts: dict[str, Any]) -> Check:
    found = (
        f"This process ({who}) holds CAP_NET_RAW in a user namespace of its own. It does not count "
        "for the host's interfaces."
    )
    remedy = f"Start the container with the host's root:\n    {host_run(context.place)}"
    return Check("rights.capture", title, State.FAILED, found, _WHY, remedy, facts)


def _source(rights: ProcessRights) -> str:
    if "net_raw" in rights.sets.get("ambient", ()):
        return ", as an ambient capability"
    return "" if rights.uid == 0 else ", kept or given to the interpreter's file"


def _obstacle(rights: ProcessRights) -> str:
    """Why a usual remedy would not work."""
    if "net_raw" not in rights.bounding:
        return (
            " Its bounding set lacks it too: neither sudo nor setcap can give it, only whoever "
            "started the container or service."
        )
    if rights.no_new_privileges:
        return " It runs with no_new_privs: sudo and capabilities of files have no effect in it."
    return ""


def _remedy(context: Context, rights: ProcessRights) -> str:
    if context.place.engine == "kubernetes":
        return f"In the pod's specification:\n{POD_SPEC}"
    if context.place.engine in _WITH_RUN and context.place.certain:
        # What could be done from inside is lost with the container, or has no effect at all.
        return (
            "Start the container with the right, and with root inside (the part that serves the "
            f"page gives root up before it listens):\n    {host_run(context.place)}\n"
            "In a compose file:\n"
            "    network_mode: host\n    cap_add: [NET_RAW]\n    user: '0'"
        )
    if "net_raw" not in rights.bounding:
        return (
            "Of a systemd unit:\n    systemctl edit nautscan\nand there\n"
            "    [Service]\n    AmbientCapabilities=CAP_NET_RAW\n"
            "    CapabilityBoundingSet=CAP_NET_RAW"
        )
    return permission.remedy(context.host)


def _admin(rights: ProcessRights) -> Check:
    held = "net_admin" in rights.effective
    return Check(
        "rights.admin",
        "Network administration",
        State.OK,
        f"CAP_NET_ADMIN is {'held, but' if held else 'not held, and'} not needed.",
        _WHY_ADMIN,
        facts={"held": held, "needed": False},
    )


def _enter(context: Context, rights: ProcessRights) -> Check:
    """Whether containers can be captured inside, and whether that was asked for."""
    title = "Right to enter containers"
    held = rights.sets.get("permitted", frozenset())
    lacking = sorted(_ENTER - held)
    asked = context.config.enters_containers
    facts = {"asked_for": asked, "lacking": lacking}
    if not lacking:
        how = "in reserve" if not _ENTER & rights.effective else "in effect"
        found = f"CAP_SYS_ADMIN and CAP_SYS_PTRACE are held, {how}."
        if context.where == "command" and not asked:
            found += " `nautscan serve` keeps them with --container or --enter-containers only."
        return Check("rights.enter", title, State.OK, found, _WHY_ENTER, facts=facts)
    names = " and ".join(f"CAP_{name.upper()}" for name in lacking)
    if not asked:
        found = f"{names} not held, and not asked for: containers are not captured inside."
        return Check("rights.enter", title, State.OK, found, _WHY_ENTER, facts=facts)
    found = f"{names} not held: no container can be captured inside."
    remedy = permission.enter_remedy(context.host)
    return Check("rights.enter", title, State.FAILED, found, _WHY_ENTER, remedy, facts)


def _excess(context: Context, rights: ProcessRights, file: frozenset[str] | None) -> Check:
    state, found, remedy = _excess_words(context, rights, file)
    seccomp = {"filter": "a seccomp filter", "strict": "strict seccomp"}.get(rights.seccomp or "")
    held_back = [
        words
        for words, so in (("no_new_privs", rights.no_new_privileges), (seccomp, seccomp))
        if so and words
    ]
    if held_back:
        found += f" Held back by {' and '.join(held_back)}."
    return Check(
        "rights.excess",
        "No more rights than needed",
        state,
        found,
        _WHY_EXCESS,
        remedy,
        {"effective": sorted(rights.effective), "seccomp": rights.seccomp},
    )


def _excess_words(
    context: Context, rights: ProcessRights, file: frozenset[str] | None
) -> tuple[State, str, str]:
    more = sorted(rights.effective - {"net_raw"})
    if context.place.engine is not None and rights.privileged:
        return (
            State.WARNING,
            f"The container is privileged: {len(rights.effective)} capabilities, where capture "
            "takes one.",
            _without_privileged(context),
        )
    if file and "net_raw" in file and _shared_interpreter(context.host.interpreter):
        interpreter = context.host.interpreter
        return (
            State.WARNING,
            f"{interpreter} has CAP_NET_RAW in its file: every script run with it, by anyone, may "
            "capture.",
            "Give NautScan an interpreter of its own (python3 -m venv --copies), and take the "
            f"right from this one:\n    sudo setcap -r {interpreter}",
        )
    if context.where == "sensor" and more:
        return (
            State.WARNING,
            f"The sensor holds {', '.join(more)} beside what it needs.",
            "Start it by `nautscan serve`, which gives up what is not needed.",
        )
    if more:
        return (
            State.OK,
            f"{len(rights.effective)} capabilities are held here. `nautscan serve` gives up all "
            "but CAP_NET_RAW in the sensor, and all in the server, before it listens.",
            "",
        )
    return State.OK, f"Capabilities held: {', '.join(sorted(rights.effective)) or 'none'}.", ""


def _without_privileged(context: Context) -> str:
    if context.place.engine == "kubernetes":
        return f"In place of `privileged: true`, in the pod's specification:\n{POD_SPEC}"
    program = "podman" if context.place.engine == "podman" else "docker"
    return (
        "Leave --privileged out (privileged: true in a compose file):\n"
        f"    {program} run --network host --cap-drop ALL --cap-add NET_RAW --cap-add SETUID "
        "--cap-add SETGID --cap-add SETPCAP --cap-add CHOWN --user 0 nautscan serve"
    )


def _shared_interpreter(interpreter: str) -> bool:
    """Whether others use it too: a copy in a virtual environment is NautScan's own."""
    in_environment = sys.prefix != sys.base_prefix
    own = os.path.realpath(sys.prefix) + os.sep
    return not (in_environment and interpreter.startswith(own))


def _elsewhere(context: Context) -> Check:
    """Systems without capabilities."""
    title = "Right to capture"
    if context.evidence.platform == "darwin":
        return _macos(context, title)
    admin = _is_administrator()
    state = State.OK if admin else State.UNKNOWN
    found = (
        "This process runs as administrator."
        if admin
        else "This process does not run as administrator. Npcap lets it capture unless it was "
        "installed for administrators only; the test packet below tells."
    )
    why = "Npcap decides who may capture."
    remedy = "" if admin else permission.remedy(context.host)
    return Check("rights.capture", title, state, found, why, remedy, {"administrator": admin})


def _macos(context: Context, title: str) -> Check:
    why = "Capturing on macOS takes read access to /dev/bpf*."
    if os.access("/dev/bpf0", os.R_OK):
        found = "This process may open /dev/bpf0."
        return Check("rights.capture", title, State.OK, found, why, facts={"bpf": True})
    found = permission.missing_rights(context.host) or "/dev/bpf0 cannot be opened"
    remedy = permission.remedy(context.host)
    return Check("rights.capture", title, State.FAILED, f"{found}.", why, remedy, {"bpf": False})


def _is_administrator() -> bool | None:
    windll: Any = getattr(ctypes, "windll", None)
    if windll is None:
        return None
    try:
        return bool(windll.shell32.IsUserAnAdmin())
    except (AttributeError, OSError):
        return None
