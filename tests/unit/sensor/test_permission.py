"""What a person is told who may not capture: true, complete, and ready to paste."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nautscan.sensor import permission
from nautscan.sensor.permission import Host
from nautscan.sensor.privileges import CAP_NET_RAW

USER = Host(
    platform="linux",
    uid=1000,
    capabilities=frozenset(),
    interpreter="/opt/my python/bin/python3.11",
    command="/opt/venv/bin/nautscan",
    in_container=False,
)
REFUSED = {"code": "no_permission", "message": "socket: EPERM", "remedy": "", "detail": {}}


def test_the_missing_capability_is_named() -> None:
    missing = permission.missing_rights(USER)
    assert missing is not None
    assert "cap_net_raw" in missing
    assert "1000" in missing


def test_nothing_is_missing_where_the_capability_is_held() -> None:
    assert permission.missing_rights(replace(USER, capabilities=frozenset({CAP_NET_RAW}))) is None


def test_the_advice_can_be_pasted() -> None:
    lines = permission.remedy(USER).splitlines()
    assert "    sudo /opt/venv/bin/nautscan serve" in lines
    assert "    sudo setcap cap_net_raw=ep '/opt/my python/bin/python3.11'" in lines
    assert any("every script run with that interpreter" in line for line in lines)


def test_in_a_container_the_advice_for_who_starts_it_comes_first() -> None:
    text = permission.remedy(replace(USER, in_container=True))
    assert "--cap-add NET_RAW" in text.splitlines()[1]
    assert "--cap-add" not in permission.remedy(USER)


@pytest.mark.parametrize(
    ("platform", "words"), [("darwin", "ChmodBPF"), ("win32", "Run as administrator")]
)
def test_other_systems_have_their_own_advice(platform: str, words: str) -> None:
    host = replace(USER, platform=platform, capabilities=None)
    assert permission.missing_rights(host) is not None
    assert words in permission.remedy(host)


def test_an_explained_error_keeps_the_engines_words() -> None:
    error = permission.explain(dict(REFUSED), USER)
    assert "cap_net_raw" in error["message"]
    assert "setcap" in error["remedy"]
    assert error["detail"]["engine"] == "socket: EPERM"


def test_where_the_right_is_held_the_engines_words_stand() -> None:
    host = replace(USER, capabilities=frozenset({CAP_NET_RAW}))
    assert permission.explain(dict(REFUSED), host)["message"] == "socket: EPERM"


@pytest.mark.parametrize(
    ("platform", "words"), [("linux", "apt-get install libpcap"), ("win32", "npcap.com")]
)
def test_a_missing_library_is_told_how_to_install(platform: str, words: str) -> None:
    error = {"code": "no_capture_library", "message": "no libpcap", "remedy": "", "detail": {}}
    assert words in permission.explain(error, replace(USER, platform=platform))["remedy"]


def test_other_errors_pass() -> None:
    error = {"code": "bad_filter", "message": "syntax error", "remedy": "see above", "detail": {}}
    assert permission.explain(error, USER) == error
