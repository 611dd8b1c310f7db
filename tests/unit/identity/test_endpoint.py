"""DOCKER_HOST and friends, as the `docker` command reads them."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

import pytest

from nautscan.errors import BadRequest
from nautscan.identity.endpoint import find_endpoint, usual_sockets


@pytest.mark.parametrize(
    ("stated", "shown", "url", "local"),
    [
        ("unix:///run/d.sock", "unix:///run/d.sock", "http://docker", True),
        ("tcp://10.1.2.3:2375", "tcp://10.1.2.3:2375", "http://10.1.2.3:2375", False),
        ("tcp://engine.lan", "tcp://engine.lan:2375", "http://engine.lan:2375", False),
        ("tcp://[fd00::5]:99", "tcp://[fd00::5]:99", "http://[fd00::5]:99", False),
        ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", "http://127.0.0.1:2375", True),
        ("http://proxy:2375", "tcp://proxy:2375", "http://proxy:2375", False),
    ],
)
def test_hosts(stated: str, shown: str, url: str, *, local: bool) -> None:
    endpoint = find_endpoint(stated, {})
    assert (str(endpoint), endpoint.base_url, endpoint.is_local) == (shown, url, local)


def test_the_argument_goes_before_the_environment() -> None:
    environment = {"DOCKER_HOST": "unix:///env.sock"}
    assert str(find_endpoint("unix:///arg.sock", environment)) == "unix:///arg.sock"
    assert str(find_endpoint(None, environment)) == "unix:///env.sock"


@pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")
def test_without_a_setting_the_first_usual_socket_that_exists(tmp_path: Path) -> None:
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": "/nonexistent"}
    usual = usual_sockets(environment)
    assert usual[0] == "/var/run/docker.sock"
    (tmp_path / "podman").mkdir()
    (tmp_path / "podman" / "podman.sock").touch()
    expected = next(path for path in usual if Path(path).exists())
    assert find_endpoint(None, environment).address == expected


def test_tls_verified_unverified_and_broken(tmp_path: Path) -> None:
    verified = find_endpoint(
        "tcp://engine", {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
    )
    assert str(verified) == "tcp://engine:2376"
    assert verified.base_url == "https://engine:2376"
    assert verified.tls is not None
    assert verified.tls.verify_mode is ssl.CERT_REQUIRED
    unverified = find_endpoint("tcp://engine", {"DOCKER_CERT_PATH": str(tmp_path)})
    assert unverified.tls is not None
    assert unverified.tls.verify_mode is ssl.CERT_NONE
    (tmp_path / "ca.pem").write_text("not a certificate")
    with pytest.raises(BadRequest) as broken:
        find_endpoint("tcp://engine", {"DOCKER_CERT_PATH": str(tmp_path)})
    assert str(tmp_path) in broken.value.message
    assert "ca.pem" in broken.value.remedy


@pytest.mark.parametrize("stated", ["docker", "ftp://x", "unix://relative", "tcp://host:port"])
def test_nonsense_is_refused_with_what_to_write(stated: str) -> None:
    with pytest.raises(BadRequest) as refused:
        find_endpoint(stated, {})
    assert stated in refused.value.message
    assert "unix:///path/to/docker.sock" in refused.value.remedy
