"""Whether the files that name hosts and tell their country can be read."""

from __future__ import annotations

import time
from typing import Final

from nautscan.doctor.context import Context
from nautscan.doctor.model import Check, State
from nautscan.errors import NautScanError
from nautscan.identity.geoip import GeoFiles, GeoFileState
from nautscan.identity.hostsfile import HostsFile

OLD_DAYS: Final = 90
"""Addresses move between countries and providers all the time; files come out weekly."""

_HOSTS: Final = "Hosts file"
_WHY_HOSTS: Final = (
    "It names hosts of which the wire does not tell. Without it they have those names that are "
    "seen, and nothing is lost."
)
_GEOIP: Final = "GeoIP files"
_WHY_GEOIP: Final = "They tell country and autonomous system of addresses; nobody is asked."


def check(context: Context) -> list[Check]:
    """The hosts file, and the GeoIP files that are set."""
    return [_hosts(context), _geoip(context)]


def _hosts(context: Context) -> Check:
    if not context.config.names:
        found = "Switched off by NAUTSCAN_NAMES, as all names of hosts are."
        return Check("names.hosts", _HOSTS, State.OK, found, _WHY_HOSTS, facts={"wanted": False})
    file = HostsFile(context.config.hosts_file)
    file.read_if_changed()
    state = file.state
    facts = {
        "path": state.path,
        "entries": state.entries,
        "left_out": state.left_out,
        "reason": state.reason,
    }
    if state.reason is not None and not state.entries:
        found = f"{state.path} cannot be read: {state.reason}."
        remedy = "Name another with NAUTSCAN_HOSTS_FILE, or let the server's user read it."
        return Check("names.hosts", _HOSTS, State.WARNING, found, _WHY_HOSTS, remedy, facts)
    more = f"; {state.left_out} more are left out" if state.left_out else ""
    found = f"{state.path} names {state.entries} addresses{more}."
    return Check("names.hosts", _HOSTS, State.OK, found, _WHY_HOSTS, facts=facts)


def _geoip(context: Context) -> Check:
    paths = context.config.geoip
    if not paths:
        found = "None is set: addresses have no country and no autonomous system."
        return Check("names.geoip", _GEOIP, State.OK, found, _WHY_GEOIP, facts={"files": []})
    try:
        states = GeoFiles(paths).states()
    except NautScanError as error:
        facts = {"paths": list(paths)}
        return Check(
            "names.geoip",
            _GEOIP,
            State.FAILED,
            f"{error.message}.",
            _WHY_GEOIP,
            error.remedy,
            facts,
        )
    found = "; ".join(f"{state.path} ({state.kind}, {_days(state)} days old)" for state in states)
    files = [{"path": state.path, "kind": state.kind, "age_days": _days(state)} for state in states]
    if any(_days(state) > OLD_DAYS for state in states):
        remedy = "Fetch a newer one from where it came from, e.g.:\n    geoipupdate"
        return Check(
            "names.geoip", _GEOIP, State.WARNING, f"{found}.", _WHY_GEOIP, remedy, {"files": files}
        )
    return Check("names.geoip", _GEOIP, State.OK, f"{found}.", _WHY_GEOIP, facts={"files": files})


def _days(state: GeoFileState) -> int:
    return max(int(time.time() - state.built_s) // 86_400, 0)
