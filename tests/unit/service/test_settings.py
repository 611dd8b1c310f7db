"""Settings: where each came from, what changes while running, and that it is kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nautscan.config import SETTINGS, Config
from nautscan.errors import BadRequest, Conflict, StoreUnavailable
from nautscan.service.settings import CHANGEABLE, Settings, rules_of
from nautscan.store.hiding import Rules
from nautscan.units import duration_text, parse_duration, parse_size, size_text


def made(folder: Path, environ: dict[str, str] | None = None, **flags: Any) -> Settings:
    config = Config.load(environ or {}, data_dir=folder, **flags)
    applied: list[Config] = []
    settings = Settings(config, applied.append)
    settings.applied = applied  # type: ignore[attr-defined]
    return settings


def facts(settings: Settings, name: str) -> dict[str, Any]:
    return next(entry for entry in settings.all() if entry["name"] == name)


def test_each_tells_where_it_came_from(tmp_path: Path) -> None:
    environ = {"NAUTSCAN_RETENTION_AGE": "3d", "NAUTSCAN_TOKEN": "hunter2-token"}
    settings = made(tmp_path, environ, port="9000", retention_bytes="1GB")
    origins = {entry["name"]: entry["origin"] for entry in settings.all()}
    assert origins["retention_age"] == "environment"
    assert origins["port"] == origins["retention_bytes"] == origins["data_dir"] == "flag"
    assert origins["live_rows"] == "default"
    assert facts(settings, "retention_age")["value"] == "3d"
    assert facts(settings, "retention_age")["change"] == "pinned"
    assert facts(settings, "filter")["change"] == "capture"
    assert facts(settings, "host")["change"] == "restart"
    token = facts(settings, "token")
    assert (token["value"], token["is_set"]) == (None, True)
    assert "hunter2" not in json.dumps(settings.all())
    assert len(settings.all()) == len(SETTINGS)


def test_a_child_process_knows_the_same_origins(tmp_path: Path) -> None:
    parent = Config.load({"NAUTSCAN_RETENTION_AGE": "3d"}, data_dir=tmp_path, port="1234")
    child = Config.load(parent.environment(), sensor_address="/run/socket")
    assert child.origin("retention_age") == "environment"
    assert child.origin("port") == "flag"
    assert child.origin("live_rows") == child.origin("sensor_address") == "default"
    plain = Config.load(Config.load({}).environment())
    assert {plain.origin(setting.name) for setting in SETTINGS} == {"default"}


def test_a_change_takes_effect_and_holds_over_restarts(tmp_path: Path) -> None:
    settings = made(tmp_path)
    assert settings.change({"retention_age": "2d", "live_rows": "777"}) == [
        "retention_age",
        "live_rows",
    ]
    assert settings.config.retention_age == 2 * 86400
    assert settings.applied[-1].live_rows == 777  # type: ignore[attr-defined]
    assert facts(settings, "retention_age") | {"value": "2d", "origin": "saved"} == facts(
        settings, "retention_age"
    )
    again = made(tmp_path)
    assert (again.config.retention_age, again.config.live_rows) == (2 * 86400, 777)
    assert (settings.config.saved_settings_path.stat().st_mode & 0o777) == 0o600

    assert again.change({"retention_age": None}) == ["retention_age"]
    third = made(tmp_path)
    assert (third.config.retention_age, third.config.live_rows) == (7 * 86400, 777)


def test_what_is_pinned_wins_over_what_was_saved(tmp_path: Path) -> None:
    made(tmp_path).change({"live_rows": "777"})
    pinned = made(tmp_path, {"NAUTSCAN_LIVE_ROWS": "300"})
    assert pinned.config.live_rows == 300
    assert facts(pinned, "live_rows")["origin"] == "environment"
    with pytest.raises(Conflict, match="NAUTSCAN_LIVE_ROWS"):
        pinned.change({"live_rows": "500"})


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"nonsense": "1"}, BadRequest),
        ({"host": "0.0.0.0"}, Conflict),
        ({"retention_age": "soon"}, BadRequest),
        ({"retention_age": "1s"}, BadRequest),
        ({"live_rows": "5"}, BadRequest),
        ({"live_rows": "500", "query_timeout": "1d"}, BadRequest),
    ],
)
def test_all_or_none(tmp_path: Path, wanted: dict[str, str | None], error: type[Exception]) -> None:
    settings = made(tmp_path)
    with pytest.raises(error):
        settings.change(wanted)
    assert settings.config == settings._given
    assert not settings.config.saved_settings_path.exists()
    assert settings.applied == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "{", '{"retention_age": 5, "host": "x", "no": "y"}', '"x"']
)
def test_a_damaged_file_is_left_out_and_told(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = Config.load({}, data_dir=tmp_path).saved_settings_path
    path.write_text(text)
    settings = made(tmp_path)
    assert settings.config == settings._given
    if "{" in text or not text:
        assert "settings" in caplog.text or "setting" in caplog.text


def test_a_change_that_cannot_be_kept_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    settings = made(tmp_path / "file" / "below")
    with pytest.raises(StoreUnavailable, match="cannot be kept"):
        settings.change({"live_rows": "500"})
    assert settings.config.live_rows == 5000


def test_a_demo_keeps_its_own(tmp_path: Path) -> None:
    made(tmp_path, source="demo").change({"live_rows": "777"})
    assert made(tmp_path).config.live_rows == 5000


def test_every_changeable_setting_has_a_default_within_its_bounds() -> None:
    for name, bounds in CHANGEABLE.items():
        assert bounds is None or bounds.least <= getattr(Config(), name) <= bounds.most


def test_rules_of_hiding_are_kept_with_their_commas_and_lines(tmp_path: Path) -> None:
    settings = made(tmp_path)
    assert not rules_of(settings.config)
    patterns = "[0-9]{13,16}\n  secret-[a-z]+ "
    settings.change({"redact_patterns": patterns, "redact_headers": "X-Ours, X-Theirs"})
    again = made(tmp_path)
    assert rules_of(again.config) == Rules(
        headers=("X-Ours", "X-Theirs"), patterns=("[0-9]{13,16}", "secret-[a-z]+")
    )
    assert facts(again, "redact_patterns")["value"] == "[0-9]{13,16}\nsecret-[a-z]+"
    assert facts(again, "redact_patterns")["change"] == "now"
    child = Config.load(again.config.environment())
    assert rules_of(child) == rules_of(again.config)
    again.change({"redact_patterns": None, "redact_headers": "", "redact_bodies": "on"})
    assert rules_of(made(tmp_path).config) == Rules(bodies=True)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("redact_patterns", "(", "missing \\)"),
        ("redact_patterns", "[0-9]*", "where nothing stands"),
        ("redact_patterns", "a" * 600, "does not fit"),
        ("redact_headers", "X Ours", "does not fit"),
        ("redact_keys", 'a,"b', "does not fit"),
        ("redact_keys", ",".join(f"k{n}" for n in range(40)), "does not fit"),
        ("redact_bodies", "perhaps", "does not fit"),
    ],
)
def test_a_rule_that_is_none_is_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    settings = made(tmp_path)
    with pytest.raises(BadRequest, match=words) as caught:
        settings.change({name: text})
    assert caught.value.detail["setting"] == name
    assert not rules_of(settings.config)


@pytest.mark.parametrize("text", ["1d", "36h", "90m", "45s", "2w", "0.25s", "1.5s"])
def test_durations_read_as_they_are_written(text: str) -> None:
    assert duration_text(parse_duration(text)) == text


@pytest.mark.parametrize("text", ["4GB", "64MiB", "100kB", "123", "1GiB", "0"])
def test_sizes_read_as_they_are_written(text: str) -> None:
    assert size_text(parse_size(text)) == text
