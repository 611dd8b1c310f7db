"""Settings and times: what every other module builds on."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from nautscan.config import SETTINGS, Config
from nautscan.errors import BadRequest
from nautscan.parsing import Paths
from nautscan.store.times import format_time, parse_time
from nautscan.units import parse_duration, parse_size

NOW = 1_700_000_000_500_000_000


def test_settings_are_documented_and_unique() -> None:
    assert len({setting.env for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert re.fullmatch(r"[A-Z][A-Z_]+", setting.env)
        assert len(setting.doc) > 10
        assert "\n" not in setting.doc


def test_flags_win_over_the_environment_over_defaults() -> None:
    env = {"NAUTSCAN_PORT": "9000", "NAUTSCAN_RETENTION_AGE": "36h", "NETWORK_INTERFACES": "a, b,"}
    config = Config.load(env, port="9001", redact=None, promiscuous=False)
    assert (config.port, config.retention_age) == (9001, 129_600.0)
    assert config.interfaces == ("a", "b")
    assert (config.redact, config.promiscuous) == (True, False)


def test_settings_survive_the_way_to_a_child_process() -> None:
    config = Config.load(
        {}, host="::", token="t", interfaces=("a", "b"), promiscuous=False, data_dir=Path("/x y")
    )
    assert Config.load(config.environment()) == config
    commas = Config.load({"NAUTSCAN_PROTOBUF": r"/a\,b, /c"}, geoip=Paths.of(["/d,e,", "/f"]))
    assert (commas.protobuf, commas.geoip) == (("/a,b", "/c"), ("/d,e,", "/f"))
    assert Config.load(commas.environment()) == commas
    plain = Config.load({})
    assert Config.load(plain.environment()) == plain


@pytest.mark.parametrize(
    ("env", "value"),
    [
        ("NAUTSCAN_PORT", "http"),
        ("NAUTSCAN_PORT", "70000"),
        ("NAUTSCAN_RETENTION_AGE", "a week"),
        ("NAUTSCAN_RETENTION_SIZE", "4 potatoes"),
        ("NAUTSCAN_PROMISCUOUS", "maybe"),
        ("NAUTSCAN_SOURCE", "elsewhere"),
    ],
)
def test_settings_that_make_no_sense_are_named(env: str, value: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Config.load({env: value})
    assert env in caught.value.message
    assert "expected" in caught.value.remedy or "invalid" in caught.value.remedy


def test_unknown_flags_are_a_fault_of_ours() -> None:
    with pytest.raises(TypeError, match="colour"):
        Config.load({}, colour="red")


def test_a_demo_has_its_own_database() -> None:
    live, demo = Config.load({}), Config.load({}, source="demo")
    assert live.database_path != demo.database_path


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert Config.load({}, host=host).loopback


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "example.com", "127.example.com", "127.0.0.1.nip.io"]
)
def test_not_loopback(host: str) -> None:
    assert not Config.load({}, host=host).loopback


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0), ("4096", 4096), ("500MB", 500_000_000), ("2GiB", 2 << 30), ("1.5k", 1500)],
)
def test_sizes(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("250ms", 0.25), ("30", 30.0), ("90m", 5400.0), ("1.5h", 5400.0)]
)
def test_durations(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-11-14T22:13:20.123456789Z", 1_700_000_000_123_456_789),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
        ("2023-11-14 22:13:20", 1_700_000_000_000_000_000),
        ("2023-11-15T00:13:20.5+02:00", 1_700_000_000_500_000_000),
        ("2023-11-14", 1_699_920_000_000_000_000),
        ("1700000000", 1_700_000_000_000_000_000),
        ("1700000000.000000001", 1_700_000_000_000_000_001),
        ("-500ms", 1_700_000_000_000_000_000),
        ("-1h", NOW - 3600 * 10**9),
        ("now", NOW),
    ],
)
def test_times(text: str, expected: int) -> None:
    assert parse_time(text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "2023-13-01", "2023-02-30T00:00:00Z", "1e9", "9999-01-01", "-", "--1m", "+1m",
     "2023-11-14T25:00:00Z", "99999999999999", "-900000w"],
)  # fmt: skip
def test_texts_that_are_no_times(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_time(text, NOW)


def test_times_keep_their_nanoseconds() -> None:
    for value in (0, 1, 999_999_999, 1_700_000_000_123_456_789, 4_102_444_799_999_999_999):
        assert parse_time(format_time(value), NOW) == value


def test_settings_cannot_be_changed_in_place() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Config.load({}).port = 1  # type: ignore[misc]
