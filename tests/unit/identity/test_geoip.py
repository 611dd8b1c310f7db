"""Country and autonomous system from files in MaxMind's format."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautscan.errors import BadRequest
from nautscan.identity import geoip
from nautscan.identity.geoip import NOWHERE, GeoFiles, Place, as_in, country_in
from tests.unit import mmdb


def test_each_file_tells_what_it_knows(tmp_path: Path) -> None:
    files = GeoFiles(
        [str(mmdb.countries(tmp_path / "c.mmdb")), str(mmdb.systems(tmp_path / "a.mmdb"))]
    )
    assert files.look("192.0.2.77") == Place("DE", "AS64500 Example Networks")
    assert files.look("2001:db8::5") == Place("FR", None)
    assert [files.look(ip) for ip in ("10.0.0.1", "::1", "no address")] == [NOWHERE] * 3
    assert [state.kind for state in files.states()] == ["Test-Country", "Test-ASN"]
    assert bool(files)
    assert not GeoFiles([])


def test_the_first_file_that_knows_wins(tmp_path: Path) -> None:
    other = mmdb.write(
        tmp_path / "o.mmdb",
        "Test-Flat",
        {"192.0.2.0/24": {"country_code": "US", "asn": "AS64501", "as_name": "Other"}},
    )
    first = mmdb.countries(tmp_path / "c.mmdb")
    assert GeoFiles([str(first), str(other)]).look("192.0.2.1") == Place("DE", "AS64501 Other")


def test_a_file_of_ipv4_alone_knows_no_ipv6(tmp_path: Path) -> None:
    path = mmdb.write(tmp_path / "4.mmdb", "Test", {"192.0.2.0/24": {"country": "DE"}}, ip=4)
    files = GeoFiles([str(path)])
    assert files.look("192.0.2.1").country == "DE"
    assert files.look("2001:db8::1") == NOWHERE


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as raised:
        GeoFiles([str(tmp_path / "none.mmdb")])
    assert raised.value.message.endswith("none.mmdb cannot be read: No such file or directory")
    assert "NAUTSCAN_GEOIP" in raised.value.remedy


def test_a_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "x.mmdb"
    path.write_bytes(b"PK\x03\x04 not this format")
    with pytest.raises(BadRequest, match="is not a MaxMind DB file") as raised:
        GeoFiles([str(path)])
    assert ".mmdb" in raised.value.remedy


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoip, "MAX_BYTES", 10)
    with pytest.raises(BadRequest, match="at most 0 are read"):
        GeoFiles([str(mmdb.countries(tmp_path / "c.mmdb"))])


def test_a_new_version_is_read_and_a_broken_one_is_not(tmp_path: Path) -> None:
    path = mmdb.countries(tmp_path / "c.mmdb")
    files = GeoFiles([str(path)])
    assert not files.refresh()
    path.write_bytes(b"overwritten in place, as cp does")
    assert not files.refresh()
    assert files.look("192.0.2.1").country == "DE"
    (state,) = files.states()
    assert state.reason is not None
    assert "is not a MaxMind DB file" in state.reason
    fresh = mmdb.write(tmp_path / "new", "Newer", {"192.0.2.0/24": {"country": "IT"}})
    fresh.replace(path)
    assert files.refresh()
    assert files.look("192.0.2.1").country == "IT"
    assert (files.states()[0].kind, files.states()[0].reason) == ("Newer", None)


def test_what_records_of_others_look_like() -> None:
    assert country_in({"country": {"names": {"en": "Nowhere"}}}) is None
    assert country_in({"country": "United States", "country_code": "us"}) == "US"
    assert country_in({}) is None
    assert as_in({"asn": 64500}) == "AS64500"
    assert as_in({"asn": "AS64500", "as_name": ""}) == "AS64500"
    assert as_in({"asn": "none"}) is None
