"""Names of hosts through the service: from the wire, from files and from container networks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nautscan import schema
from nautscan.config import Config
from nautscan.errors import BadRequest
from nautscan.identity import Attachment, Binding, Directory, Workload
from nautscan.identity.hostnames import FOR_EVER
from nautscan.service.names import Names, aliases_of
from tests.unit import mmdb
from tests.unit.service.world import WEB, World, directory
from tests.unit.support import START, at, rows

SECOND = 10**9
OUTSIDE = "192.0.2.7"


@pytest.fixture
async def started(tmp_path: Path) -> AsyncIterator[World]:
    """With a hosts file and GeoIP files of its own."""
    (tmp_path / "hosts").write_text("192.0.2.50 nas\n")
    geoip = (str(mmdb.countries(tmp_path / "c.mmdb")), str(mmdb.systems(tmp_path / "a.mmdb")))
    world = World(tmp_path, hosts_file=tmp_path / "hosts", geoip=geoip)
    await world.service.start()
    yield world
    await world.service.stop()


async def first_row(world: World, table: str = "requests", **values: str) -> dict[str, Any]:
    """The stored row of a batch of one."""
    viewer = await world.service.live.subscribe(table, "")
    await viewer.next(5)
    world.sensor.send(table, rows(table, time=at("5"), **values))
    text = await viewer.next(20)
    assert text is not None
    (row,) = json.loads(text)["rows"]
    found: dict[str, Any] = row
    return found


def tell(world: World, name: str, **values: str) -> None:
    """Send what the engine says of a DNS answer."""
    given = {"ip": f"'{OUTSIDE}'", "source": "'dns'", "time": at("1"), **values}
    world.sensor.send("names", rows("names", name=f"'{name}'", **given))


async def test_a_dns_answer_names_the_rows_after_it(started: World) -> None:
    tell(started, "api.example.com", asked_by="'10.0.0.1'", ttl_s="60")
    row = await first_row(started, server_ip=f"'{OUTSIDE}'")
    assert (row["server_host"], row["server_host_source"]) == ("api.example.com", "dns")
    assert (row["client"], row["server"]) == ("web", "api.example.com")
    assert (row["server_country"], row["server_as"]) == ("DE", "AS64500 Example Networks")
    await started.stored(1)
    stored = json.loads(await started.service.history.request(row["id"]))
    assert stored["server_host"] == "api.example.com"
    assert stored["server_as"] == "AS64500 Example Networks"


async def test_the_hosts_file_is_followed(started: World, tmp_path: Path) -> None:
    row = await first_row(started, "flows", server_ip="'192.0.2.50'")
    assert (row["server_host"], row["server_host_source"]) == ("nas", "hosts")
    (tmp_path / "hosts").write_text("192.0.2.51 nas\n")
    started.service.names.refresh(START + 3 * SECOND)
    assert (await first_row(started, server_ip="'192.0.2.50'"))["server_host"] is None
    assert (await first_row(started, server_ip="'192.0.2.51'"))["server_host"] == "nas"


async def test_names_for_people(started: World) -> None:
    tell(started, "api.example.com", asked_by="'10.0.0.1'")
    tell(started, "phone", ip="'10.0.0.9'", source="'dhcp'", mac="'00:1b:63:00:00:01'")
    tell(started, "tablet", ip="'10.0.0.8'", source="'mdns'", mac="'02:1b:63:00:00:01'")
    async with asyncio.timeout(20):
        while len(started.service.names.listed(None, None, 9).rows) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    (row,), left_out = started.service.names.listed(OUTSIDE, "API", 9)
    assert left_out == 0
    assert (row["name"], row["source"], row["asked_by"]) == ("api.example.com", "dns", "10.0.0.1")
    assert row["since"] == row["last"] == "2023-11-14T22:13:21.000000000Z"
    assert row["until"] == "2023-11-15T22:13:21.000000000Z"
    assert (row["country"], row["as"]) == ("DE", "AS64500 Example Networks")
    (phone,), _ = started.service.names.listed(None, "phone", 9)
    assert (phone["vendor"], phone["vendor_reason"]) == ("Apple, Inc.", None)
    (tablet,), _ = started.service.names.listed("10.0.0.8", None, 9)
    assert tablet["vendor"] is None
    assert "locally administered" in tablet["vendor_reason"]
    (nas,), _ = started.service.names.listed(None, "nas", 9)
    assert (nas["source"], nas["since"], nas["until"]) == ("hosts", None, None)
    assert started.service.names.listed(None, None, 1).left_out == 3


async def test_health_tells_how_much_is_known(started: World) -> None:
    tell(started, "api.example.com", asked_by="'10.0.0.1'")
    await first_row(started)
    names = (await started.service.health.snapshot())["names"]
    assert (names["addresses"], names["asked"], names["configured"]) == (1, 1, 1)
    assert (names["sightings"], names["forgotten"], names["learning"]) == (1, 0, True)
    assert names["hosts_file"]["entries"] == 1
    assert [file["kind"] for file in names["geoip"]] == ["Test-Country", "Test-ASN"]


async def test_a_geoip_file_that_turns_bad_is_told(started: World, tmp_path: Path) -> None:
    (tmp_path / "c.mmdb").write_text("overwritten")
    started.service.names.refresh(START)
    health = await started.service.health.snapshot()
    assert [reason["code"] for reason in health["reasons"]] == ["geoip_file"]
    row = await first_row(started, server_ip=f"'{OUTSIDE}'")
    assert row["server_country"] == "DE"


async def test_a_new_geoip_file_is_used_for_addresses_seen_before(
    started: World, tmp_path: Path
) -> None:
    assert (await first_row(started, server_ip=f"'{OUTSIDE}'"))["server_country"] == "DE"
    fresh = mmdb.write(tmp_path / "new", "Newer", {"192.0.2.0/24": {"country": "IT"}})
    fresh.replace(tmp_path / "c.mmdb")
    started.service.names.refresh(START)
    assert (await first_row(started, server_ip=f"'{OUTSIDE}'"))["server_country"] == "IT"


def test_a_geoip_file_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    (tmp_path / "bad.mmdb").write_text("nothing")
    with pytest.raises(BadRequest, match="is not a MaxMind DB file"):
        Names(Config.load({}, geoip=(str(tmp_path / "bad.mmdb"),)))


async def test_switched_off(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("192.0.2.50 nas\n")
    world = World(tmp_path, hosts_file=tmp_path / "hosts", names=False)
    await world.service.start()
    tell(world, "api.example.com")
    row = await first_row(world, client_ip="'192.0.2.50'", server_ip=f"'{OUTSIDE}'")
    assert (row["client_host"], row["server_host"]) == (None, None)
    names = (await world.service.health.snapshot())["names"]
    assert (names["learning"], names["hosts_file"], names["addresses"]) == (False, None, 0)
    await world.service.stop()


async def test_the_demo_does_not_read_this_machines_file(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("192.0.2.50 nas\n")
    world = World(tmp_path, hosts_file=tmp_path / "hosts", source="demo")
    await world.service.start()
    assert world.service.names.listed(None, None, 9).rows == []
    await world.service.stop()


def aliased(*aliases: str) -> Directory:
    """`web` with these aliases on its network."""
    known = directory()
    web = known.workload("web")
    assert web is not None
    (attachment,) = web.networks
    with known.update():
        known.put_workload(replace(web, networks=(replace(attachment, aliases=aliases),)))
    return known


def test_the_alias_that_says_more_than_the_container() -> None:
    known = aliased("shop-web-1", "web", WEB[:12], "www.shop.test", "another")
    (segment,) = aliases_of(known.snapshot)["10.0.0.1"]
    assert segment == (START - SECOND, FOR_EVER, "www.shop.test", "docker")
    assert aliases_of(aliased("shop-web-1", "web", WEB[:12]).snapshot) == {}


def test_an_alias_holds_as_long_as_its_container_has_the_address() -> None:
    known = aliased("www.shop.test")
    with known.update():
        known.release(WEB, START)
        place = Attachment("n1", "shop_default", ipv4="10.0.0.1", aliases=("next.test",))
        known.put_workload(Workload("c" * 64, "next", networks=(place,)))
        known.acquire("n1", Binding("c" * 64, "10.0.0.1", START + SECOND, network="shop_default"))
    assert aliases_of(known.snapshot)["10.0.0.1"] == [
        (START - SECOND, START, "www.shop.test", "docker"),
        (START + SECOND, FOR_EVER, "next.test", "docker"),
    ]


async def test_an_alias_stands_beside_the_containers_name(tmp_path: Path) -> None:
    world = World(tmp_path, aliased("www.shop.test"), hosts_file=tmp_path / "none")
    await world.service.start()
    row = await first_row(world)
    assert (row["client"], row["client_host"]) == ("web", "www.shop.test")
    assert row["client_host_source"] == "docker"
    await world.service.stop()


def test_the_columns_that_are_learned_from_are_the_engines() -> None:
    names = {column.name for column in schema.ENGINE_COLUMNS["names"]}
    assert names >= {"time", "ip", "name", "source", "asked_by", "ttl_s", "mac"}
