"""Whether capturing works: the filter compiles, a test packet is seen, buffers fit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from nautscan.doctor.capabilities import process_rights
from nautscan.doctor.checks.interfaces import chosen
from nautscan.doctor.checks.memory import available_bytes
from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.doctor.sizes import size
from nautscan.doctor.views import view
from nautscan.errors import NautScanError
from nautscan.sensor import selftest
from nautscan.sensor.capture import check_filter

_SAMPLE_FILTER: Final = "tcp port 80 or udp port 53"
_SEE: Final = {
    "no_permission": 'What to do stands under "Right to capture".',
    "no_capture_library": 'What to do stands under "Capture library".',
}
_BUFFER_SHARE: Final = 4
"""Buffers above one part in so many of the memory that is free are worth a warning."""


def check_filters(context: Context) -> list[Check]:
    """Whether BPF filters compile: the one that is set, or a sample."""
    title = "Capture filter compiles"
    why = "The kernel throws away what the filter does not accept, before it costs anything."
    text = context.config.filter or _SAMPLE_FILTER
    facts = {"filter": text, "set": context.config.filter is not None}
    try:
        check_filter(text, None, context.config.snaplen)
    except NautScanError as error:
        return [
            Check("capture.filter", title, State.FAILED, error.message, why, error.remedy, facts)
        ]
    which = "The filter that is set" if facts["set"] else "A sample"
    return [Check("capture.filter", title, State.OK, f"{which}: {text}.", why, facts=facts)]


def check_loopback(context: Context) -> list[Check]:
    """Sends a packet to oneself and looks for it."""
    title = "A test packet is seen"
    why = (
        "It goes the way that real ones go: socket, kernel, libpcap, engine. If it is seen, "
        "capturing works here."
    )
    tried = selftest.loopback()
    facts: dict[str, Any] = asdict(tried)
    if tried.seen:
        found = (
            f"A UDP packet to 127.0.0.1, port {tried.port}, was captured on {tried.interface} "
            f"after {tried.milliseconds:.0f} ms."
        )
        return [Check("capture.loopback", title, State.OK, found, why, facts=facts)]
    if tried.error is not None:
        if tried.error["code"] == "no_permission" and _holds_the_right(context):
            return [_forbidden(context, title, why, tried.error, facts)]
        return [_untried(title, why, tried.error, facts)]
    found = f"The packet was sent, but not seen on {tried.interface} within {selftest.WAIT_S:g} s."
    remedy = (
        "See whether another program sees it:\n"
        f"    sudo tcpdump -i {tried.interface} -c 1 udp & nautscan doctor\n"
        "If it does, please report this."
    )
    return [Check("capture.loopback", title, State.FAILED, found, why, remedy, facts)]


def _holds_the_right(context: Context) -> bool:
    rights = process_rights(context.evidence)
    return rights is not None and "net_raw" in rights.effective


def _forbidden(
    context: Context, title: str, why: str, error: dict[str, Any], facts: dict[str, Any]
) -> Check:
    """Refused although the capability is held: something else than the capability decides."""
    if context.place.rootless:
        cause = "it counts in this user namespace only, and the interfaces belong to another one"
        remedy = view(context.place).ways
    else:
        cause = "a seccomp filter, SELinux or AppArmor may forbid packet sockets"
        remedy = "Look for the refusal:\n    sudo dmesg | grep -iE 'seccomp|apparmor|avc'"
    found = (
        f"It could not be tried, although CAP_NET_RAW is held: {cause}. "
        f"The system said: {error['message'].rstrip('.')}."
    )
    return Check("capture.loopback", title, State.FAILED, found, why, remedy, facts)


def _untried(title: str, why: str, error: dict[str, Any], facts: dict[str, Any]) -> Check:
    """Not tried for a reason that another check reports as failed: unknown, not failed again."""
    remedy = _SEE.get(error["code"]) or str(error.get("remedy") or "")
    unavailable = error["code"] in (*_SEE, "unknown_interface")
    return Check(
        "capture.loopback",
        title,
        State.UNKNOWN if unavailable else State.FAILED,
        f"It could not be tried. {error['message']}.".replace("..", "."),
        why,
        remedy,
        facts,
    )


def check_buffers(context: Context) -> list[Check]:
    """Whether the kernel's capture buffers fit into memory."""
    title = "Capture buffers"
    why = (
        "Packets wait in a ring of the kernel until they are read. Of a ring that is too small "
        "packets are dropped in bursts, which is counted and shown. Neither net.core.rmem_max nor "
        "the limit of locked memory (ulimit -l) applies to it; memory does."
    )
    each = context.config.buffer_bytes
    try:
        count = max(len(chosen(context)[0]), 1)
    except NautScanError:
        count = 1
    free = available_bytes(context.evidence)
    facts = {
        "buffer_bytes": each,
        "interfaces": count,
        "total_bytes": each * count,
        "available_bytes": free,
        "rmem_max": context.evidence.number("/proc/sys/net/core/rmem_max"),
    }
    total = f"{size(each)} for each of {count} interfaces" if count > 1 else size(each)
    if free is not None and each * count * _BUFFER_SHARE > free:
        found = f"{total}, which is much of the {size(free)} that are free."
        remedy = "Take smaller ones, or capture fewer interfaces:\n    nautscan serve --buffer 4MiB"
        return [Check("capture.buffers", title, State.WARNING, found, why, remedy, facts)]
    found = f"{total}, of {size(free) if free is not None else 'unknown'} free memory."
    return [Check("capture.buffers", title, State.OK, found, why, facts=facts)]
