"""The files under deploy/ fit the program: settings exist, paths exist, no right too many."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from nautscan.cli.main import COMMANDS
from nautscan.config import SETTINGS
from tests.unit.house.repository import ROOT, name_of, text_of, tracked_files

DEPLOY = ROOT / "deploy"
COMPOSE_FILES = sorted(DEPLOY.glob("docker-compose*.yml"))
OVERRIDES = {
    "docker-compose.direct-socket.yml",
    "docker-compose.net-admin.yml",
    "docker-compose.processes.yml",
}
"""Files that go beside docker-compose.host.yml and change what it says."""
WHOLE = [path for path in COMPOSE_FILES if path.name not in OVERRIDES]
SCRIPTS = ["docker_fix.sh", "host_network_fix.sh", "macvlan_setup.sh"]
CAPTURE = {"NET_RAW"}
CHANGE_USER = {"SETUID", "SETGID", "SETPCAP", "CHOWN", "DAC_OVERRIDE", "KILL"}
"""For a start as root: becoming other users, handing over the data, ending the children."""
PROXY_CONFIGURATION = DEPLOY / "socket-proxy" / "haproxy.cfg"


def _services(path: Path) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["services"]
    return services


def _all_services(paths: list[Path]) -> list[Any]:
    return [
        pytest.param(path, service, id=f"{path.name}:{name}")
        for path in paths
        for name, service in _services(path).items()
    ]


@pytest.mark.parametrize(("path", "service"), _all_services(WHOLE))
def test_service_takes_no_right_too_many(path: Path, service: dict[str, Any]) -> None:
    """Never privileged; capabilities are dropped, then those needed are given to who captures."""
    assert not service.get("privileged")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    given = set(service.get("cap_add", ()))
    captures = service.get("command") == ["serve"]
    assert given == (CAPTURE | CHANGE_USER if captures else set()), name_of(path)


@pytest.mark.parametrize(("path", "service"), _all_services(COMPOSE_FILES))
def test_service_uses_what_exists(path: Path, service: dict[str, Any]) -> None:
    """Settings, commands and Dockerfiles are real."""
    assert set(service.get("environment", ())) <= {setting.env for setting in SETTINGS}
    if "command" in service:
        assert service["command"][0] in COMMANDS
    if "build" in service:
        build = service["build"]
        context = path.parent / build["context"]
        assert (context / build.get("dockerfile", "Dockerfile")).is_file()


def test_only_the_proxy_has_the_docker_socket() -> None:
    """The recommended way; the override that changes it is one by name."""
    holders = {
        (path.name, name)
        for path in COMPOSE_FILES
        for name, service in _services(path).items()
        if "docker.sock" in str(service.get("volumes", ""))
    }
    assert holders == {
        ("docker-compose.host.yml", "socket-proxy"),
        ("docker-compose.direct-socket.yml", "backend"),
    }
    assert _services(DEPLOY / "docker-compose.host.yml")["socket-proxy"]["network_mode"] == "none"


def test_the_proxy_lets_the_client_through() -> None:
    """Each path that the identity client asks for matches; the list has nothing else in it."""
    found = re.search(r"path_reg (\S+)", PROXY_CONFIGURATION.read_text())
    assert found is not None
    known = re.compile(found[1])
    client = (ROOT / "src" / "nautscan" / "identity" / "client.py").read_text()
    asked = set(re.findall(r'(?:_document|_list|_get|_answer)\(\s*f?"(/[^"]*)"', client))
    assert len(asked) >= 7
    paths = {re.sub(r"\{[^}]*\}", "0a1b2c", path) for path in asked}
    for path in paths:
        assert known.fullmatch(path), path
        assert known.fullmatch(f"/v1.41{path}"), path


def test_published_ports_stay_on_loopback() -> None:
    """What is published by default is for this host alone."""
    ports = [
        port
        for path in COMPOSE_FILES
        for service in _services(path).values()
        for port in service.get("ports", ())
    ]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_the_demo_is_left_open() -> None:
    """No file lets live capture answer other origins, or names, without being told to."""
    for path in WHOLE:
        for service in _services(path).values():
            environment = service.get("environment", {})
            if service.get("command") == ["serve"]:
                assert "NAUTSCAN_DEMO_OPEN" not in environment
                assert environment.get("NAUTSCAN_CORS_ORIGINS", "") in {
                    "",
                    "${NAUTSCAN_CORS_ORIGINS:-}",
                }


@pytest.mark.parametrize("override", [None, *sorted(OVERRIDES)])
@pytest.mark.parametrize("path", WHOLE, ids=name_of)
def test_compose_accepts_the_file(path: Path, override: str | None, tmp_path: Path) -> None:
    """By its own words; Compose 1.29 does not know `name:`, which lib.sh takes out for it."""
    if override is not None and path.name != "docker-compose.host.yml":
        return
    if shutil.which("docker-compose") is None:
        pytest.skip("not installed: docker-compose (apt-get install docker-compose)")
    command = ["docker-compose", "--project-directory", str(DEPLOY)]
    for name in (path.name, override):
        if name is not None:
            text = (DEPLOY / name).read_text()
            (tmp_path / name).write_text(re.sub(r"^name:.*\n", "", text, flags=re.MULTILINE))
            command += ["-f", str(tmp_path / name)]
    required = re.findall(r"\$\{(\w+):\?", path.read_text())
    values = dict.fromkeys(required, "192.0.2.0/28") | {"NAUTSCAN_LAN_ADDRESS": "192.0.2.2"}
    done = subprocess.run(
        [*command, "config"], env={"PATH": "/usr/bin:/bin:/usr/local/bin", **values},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    merged = yaml.safe_load(done.stdout)["services"]["backend"]
    if override == "docker-compose.net-admin.yml":
        assert set(merged["cap_add"]) == CAPTURE | CHANGE_USER | {"NET_ADMIN"}
    if override == "docker-compose.processes.yml":
        more = {"SYS_PTRACE", "DAC_READ_SEARCH", "PERFMON"}
        assert set(merged["cap_add"]) == CAPTURE | CHANGE_USER | more
        assert merged["pid"] == "host"
    if override == "docker-compose.direct-socket.yml":
        assert merged["environment"]["DOCKER_HOST"] == "unix:///var/run/docker.sock"


def _shell_files() -> list[Path]:
    return [
        path for path in tracked_files() if path.suffix == ".sh" and (path.parent in {ROOT, DEPLOY})
    ]


def test_the_scripts_are_shellcheck_clean() -> None:
    """Those that people run as root."""
    if shutil.which("shellcheck") is None:
        pytest.skip("not installed: shellcheck (apt-get install shellcheck)")
    files = [str(path) for path in _shell_files()]
    assert len(files) == 2 * len(SCRIPTS) + 1
    done = subprocess.run(
        ["shellcheck", "-x", "-P", "SCRIPTDIR", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_explain_themselves(script: str) -> None:
    """--help without Docker; every option that is understood is described, and the other way."""
    done = subprocess.run(
        [str(ROOT / script), "--help"], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    described = set(re.findall(r"^ {2,}(--[a-z-]+)|(--volumes)", done.stdout, re.MULTILINE))
    options = {name for pair in described for name in pair if name}
    text = (DEPLOY / script).read_text()
    understood = set(re.findall(r"^  (--[a-z-]+)(?: \| --interface)?\)", text, re.MULTILINE))
    assert options - {"--help"} == understood
    assert {"--down", "--dry-run", "--no-build"} <= understood


def test_dockerfile_copies_what_exists() -> None:
    """Each COPY from the context names a file or folder of the repository."""
    for dockerfile, context in (
        (DEPLOY / "Dockerfile", ROOT),
        (DEPLOY / "socket-proxy" / "Dockerfile", DEPLOY / "socket-proxy"),
    ):
        text = dockerfile.read_text()
        lines = re.findall(r"^COPY (?!--from)(.*)$", text, re.MULTILINE)
        sources = [word for line in lines for word in line.split()[:-1]]
        assert sources
        assert [source for source in sources if not (context / source).exists()] == []


def _unit() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "nautscan.service")
    return unit


def test_unit_has_the_capture_rights_and_no_others() -> None:
    """The systemd unit needs no root."""
    service = _unit()["Service"]
    wanted = {f"CAP_{name}" for name in CAPTURE}
    assert set(service["AmbientCapabilities"].split()) == wanted
    assert set(service["CapabilityBoundingSet"].split()) == wanted
    assert service["NoNewPrivileges"] == "yes"
    assert "User" not in service or service["User"] != "root"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with the program in a place where this machine has one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed here")
    unit = tmp_path / "nautscan.service"
    text = (DEPLOY / "nautscan.service").read_text()
    unit.write_text(text.replace("/opt/nautscan/.venv/bin/nautscan", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "nautscan.service" in line]
    assert ours == []


def test_workflows_are_pinned_and_hold_no_secret() -> None:
    """Actions by commit, rights named, no secret but the run's own token."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    for path in workflows:
        text = text_of(path) or ""
        document = yaml.safe_load(text)
        used = re.findall(r"uses: (\S+)", text)
        assert used
        assert [name for name in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name)] == []
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"GITHUB_TOKEN"}
        assert document["permissions"] == {"contents": "read"}
        for job in document["jobs"].values():
            assert job["timeout-minutes"] > 0
            assert job["runs-on"] or job["strategy"]
