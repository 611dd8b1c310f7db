"""The files under deploy/ fit the program: settings exist, paths exist, no right too many."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nautscan.cli.main import COMMANDS
from nautscan.config import SETTINGS
from tests.unit.house.repository import ROOT, name_of

DEPLOY = ROOT / "deploy"
COMPOSE_FILES = sorted(DEPLOY.glob("docker-compose*.yml"))
CAPTURE = {"NET_RAW", "NET_ADMIN"}
CHANGE_USER = {"SETUID", "SETGID", "SETPCAP", "CHOWN", "DAC_OVERRIDE", "KILL"}
"""For a start as root: becoming other users, handing over the data, ending the children."""


def _services(path: Path) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["services"]
    return services


def _all_services() -> list[Any]:
    return [
        pytest.param(path, service, id=f"{path.name}:{name}")
        for path in COMPOSE_FILES
        for name, service in _services(path).items()
    ]


@pytest.mark.parametrize(("path", "service"), _all_services())
def test_service_takes_no_right_too_many(path: Path, service: dict[str, Any]) -> None:
    """Never privileged; capabilities are dropped, then those needed are given."""
    assert not service.get("privileged")
    assert service["cap_drop"] == ["ALL"]
    given = set(service.get("cap_add", ()))
    assert given <= CAPTURE | CHANGE_USER
    assert (service.get("network_mode") == "host") == (given >= CAPTURE), name_of(path)


@pytest.mark.parametrize(("path", "service"), _all_services())
def test_service_uses_what_exists(path: Path, service: dict[str, Any]) -> None:
    """Settings, the command and the Dockerfile are real."""
    assert set(service.get("environment", ())) <= {setting.env for setting in SETTINGS}
    assert service["command"][0] in COMMANDS
    build = service["build"]
    assert (path.parent / build["context"] / build["dockerfile"]).is_file()


def test_published_ports_stay_on_loopback() -> None:
    """What is published by default is for this host alone."""
    ports = [
        port
        for path in COMPOSE_FILES
        for service in _services(path).values()
        for port in service.get("ports", ())
    ]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_dockerfile_copies_what_exists() -> None:
    """Each COPY from the context names a file or folder of the repository."""
    lines = re.findall(r"^COPY (?!--from)(.*)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    sources = [word for line in lines for word in line.split()[:-1]]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_unit_has_the_capture_rights_and_no_others() -> None:
    """The systemd unit needs no root."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "nautscan.service")
    service = unit["Service"]
    wanted = {f"CAP_{name}" for name in CAPTURE}
    assert set(service["AmbientCapabilities"].split()) == wanted
    assert set(service["CapabilityBoundingSet"].split()) == wanted
    assert service["NoNewPrivileges"] == "yes"
    assert "User" not in service or service["User"] != "root"
