"""Whether the processes behind sockets can be named, and what it would take."""

from __future__ import annotations

from typing import Any, Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.sensor.lookout.rights import Reach, reach

_TITLE: Final = "Processes behind sockets"
_WHY: Final = (
    "Rows tell which process talked, with its command and user. Looking into other users' "
    "processes takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; a process of NautScan has them that "
    "parses no packet, faces no network and may make few system calls. To hear of connections too "
    "short to be found takes CAP_PERFMON."
)

_SYSTEMD: Final = (
    "Run NautScan with sudo; or let its systemd unit have the rights:\n"
    "    systemctl edit nautscan\nand there\n"
    "    [Service]\n"
    "    AmbientCapabilities=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_PERFMON\n"
    "    CapabilityBoundingSet=CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_PERFMON\n"
    "    SystemCallFilter=perf_event_open"
)
_CONTAINER: Final = (
    "Give the container the host's processes, and the rights to look into them "
    "(deploy/docker-compose.processes.yml):\n"
    "    docker run --pid host --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH --cap-add PERFMON "
    "--security-opt apparmor=unconfined …"
)


def check(context: Context) -> list[Check]:
    """In the server, what the lookout sees; in the command, what one started here would see."""
    if context.config.processes == "off":
        return [_ok("Switched off by NAUTSCAN_PROCESSES.", {"scope": None, "reason": "off"})]
    state = context.processes
    if state is None:
        return [_judged(_expected(context), context)]
    if state["reason"] == "offline":
        found = "The packets are not of this machine, so its processes are not looked at."
        return [_ok(found, state)]
    if state["reason"] is not None or state["scope"] is None:
        found = f"Nobody looks: {state['detail'] or 'the lookout is away'}."
        remedy = "The lookout is started again by itself; its log says why it ended."
        return [Check("processes.scope", _TITLE, State.WARNING, found, _WHY, remedy, state)]
    return [_judged(state, context)]


def _expected(context: Context) -> dict[str, Any]:
    """Of a lookout that this process would start."""
    if context.evidence.platform != "linux":
        return _facts(reach(), traced=False)
    return _facts(reach(), traced=None)


def _facts(found: Reach, *, traced: bool | None) -> dict[str, Any]:
    return {"scope": found.scope, "traced": traced, "untraced_because": None}


def _judged(facts: dict[str, Any], context: Context) -> Check:
    scope = facts["scope"]
    if scope == "all":
        found = "The processes of all sockets can be named." + _short(facts)
        return _ok(found, facts)
    if scope == "container":
        found = (
            "Only processes of this container can be named: the host's are in another process "
            "namespace."
        )
        remedy = _CONTAINER
    else:
        found = "Only this user's own processes can be named; of others' sockets, the user."
        remedy = _CONTAINER if context.place.engine is not None else _SYSTEMD
        if context.evidence.platform != "linux":
            remedy = "Run NautScan as administrator (sudo nautscan serve)."
    return Check("processes.scope", _TITLE, State.WARNING, found, _WHY, remedy, facts)


def _short(facts: dict[str, Any]) -> str:
    """What is said of short connections; nothing where it has not been tried."""
    if facts["traced"]:
        return " TCP connections are told by the kernel as they are made, however short."
    if facts["traced"] is None:
        return ""
    because = facts["untraced_because"] or "the system does not tell"
    return f" Connections shorter than half a second may be missed: {because}."


def _ok(found: str, facts: dict[str, Any]) -> Check:
    return Check("processes.scope", _TITLE, State.OK, found, _WHY, facts=dict(facts))
