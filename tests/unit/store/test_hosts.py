"""Names of hosts, places and vendors as columns of fresh rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from nautscan.store import hosts
from nautscan.store.filter import EVERYTHING, compile_filter
from nautscan.store.fresh import FreshRows, Owners
from nautscan.store.hosts import HostSegments
from tests.unit.support import START, at, ipc, rows

SECOND = 10**9
EVER = 2**63 - 1
WEB, CDN = "10.0.0.1", "10.0.0.2"
"""Client and server of plain sample rows."""

Told = tuple[str, str, float, float, str, str]
"""Client or "", address, from and until in seconds after the first row, name, source."""


@pytest.fixture
def fresh() -> Iterator[FreshRows]:
    made = FreshRows()
    yield made
    made.close()


def tell(fresh: FreshRows, *told: Told) -> None:
    """Let it know of names."""
    keys = list(dict.fromkeys((client, ip) for client, ip, *_ in told))
    columns = HostSegments()
    for client, ip, since, until, name, source in told:
        columns.client.append(client)
        columns.ip.append(ip)
        columns.since_ns.append(START + int(since * SECOND))
        columns.until_ns.append(START + int(until * SECOND))
        columns.name.append(name)
        columns.source.append(source)
    fresh.set_hosts(keys, columns)


def enriched(fresh: FreshRows, table: str = "requests", count: int = 4, **values: str) -> list[Any]:
    """Rows, one a second, after the joins."""
    given = {"flow_id": "n", "time": at("n"), **values}
    fresh.load(table, [ipc(rows(table, f"range({count}) t(n)", **given))])
    fresh.enrich(table, 1)
    lines, _ = fresh.json_rows(table, EVERYTHING, 100)
    return [json.loads(line) for line in lines]


def hosts_of(found: Sequence[dict[str, Any]], side: str = "server") -> list[str | None]:
    return [row[f"{side}_host"] for row in found]


def test_where_nothing_is_known_every_column_is_null(fresh: FreshRows) -> None:
    for table in ("requests", "flows"):
        (row, *_) = enriched(fresh, table)
        for side in hosts.SIDES:
            for column in ("host", "host_source", "country", "as"):
                assert row[f"{side}_{column}"] is None
        assert row["client"] is None
    assert row["client_vendor"] is None


def test_a_name_holds_at_its_time_only(fresh: FreshRows) -> None:
    tell(fresh, ("", CDN, 1, 3, "a.example", "dns"))
    found = enriched(fresh)
    assert hosts_of(found) == [None, "a.example", "a.example", None]
    assert [row["server_host_source"] for row in found] == [None, "dns", "dns", None]
    assert [row["server"] for row in found] == hosts_of(found)
    assert hosts_of(found, "client") == [None] * 4


def test_rows_from_before_the_last_change_have_the_name_of_their_time(fresh: FreshRows) -> None:
    tell(
        fresh,
        ("", CDN, 0, 1, "a.example", "dns"),
        ("", CDN, 2, 3, "b.example", "dns"),
        ("", CDN, 3, 9, "c.example", "dns"),
        ("", WEB, 0, 9, "laptop", "dhcp"),
    )
    found = enriched(fresh)
    assert hosts_of(found) == ["a.example", None, "b.example", "c.example"]
    assert hosts_of(found, "client") == ["laptop"] * 4


def test_what_the_client_asked_for_goes_first(fresh: FreshRows) -> None:
    tell(
        fresh,
        ("", CDN, 0, 1, "a.example", "dns"),
        ("", CDN, 1, 9, "b.example", "dns"),
        (WEB, CDN, 0, 9, "a.example", "dns"),
    )
    mine = enriched(fresh)
    assert hosts_of(mine) == ["a.example"] * 4
    others = enriched(fresh, client_ip="'10.0.0.9'")
    assert hosts_of(others) == ["a.example", "b.example", "b.example", "b.example"]


def test_what_the_client_had_asked_for_earlier(fresh: FreshRows) -> None:
    tell(
        fresh,
        ("", CDN, 0, 9, "z.example", "dns"),
        (WEB, CDN, 1, 2, "a.example", "dns"),
        (WEB, CDN, 3, 9, "b.example", "dns"),
    )
    assert hosts_of(enriched(fresh)) == ["z.example", "a.example", "z.example", "b.example"]


def test_a_container_keeps_its_own_name_beside_it(fresh: FreshRows) -> None:
    fresh.set_owners(
        Owners(
            [CDN], [0], [None], [None], ["orders"], ["b" * 64], ["shop-orders-1"], ["i"], ["shop"],
            ["orders"], [None],
        )
    )  # fmt: skip
    tell(fresh, ("", CDN, 0, 9, "orders-api", "docker"), ("", WEB, 0, 9, "laptop", "dhcp"))
    (row, *_) = enriched(fresh)
    assert (row["server"], row["server_host"]) == ("orders", "orders-api")
    assert (row["client"], row["client_host"]) == ("laptop", "laptop")
    # A host's name does not make its owner known: a new container may still be told of.
    assert fresh.unnamed("requests", 9) == [WEB]


def test_a_key_is_replaced_as_a_whole(fresh: FreshRows) -> None:
    tell(fresh, ("", CDN, 0, 9, "a.example", "dns"), ("", WEB, 0, 9, "laptop", "dhcp"))
    tell(fresh, ("", CDN, 2, 9, "b.example", "dns"))
    found = enriched(fresh)
    assert hosts_of(found) == [None, None, "b.example", "b.example"]
    assert hosts_of(found, "client") == ["laptop"] * 4
    fresh.set_hosts([("", CDN), ("", WEB)], HostSegments())
    assert enriched(fresh)[3]["client_host"] is None


def test_tables_are_written_anew_after_many_changes(
    fresh: FreshRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "REBUILD_AFTER", 3)
    for turn in range(5):
        tell(fresh, ("", CDN, 0, 9, f"n{turn}.example", "dns"))
    assert hosts_of(enriched(fresh)) == ["n4.example"] * 4


def test_places_are_looked_up_once_an_address(fresh: FreshRows) -> None:
    asked: list[str] = []

    def look(ip: str) -> tuple[str | None, str | None]:
        asked.append(ip)
        return ("DE", "AS64500 Example") if ip == CDN else (None, None)

    fresh.set_places(look)
    for _ in range(2):
        found = enriched(fresh)
    assert [row["server_country"] for row in found] == ["DE"] * 4
    assert found[0]["server_as"] == "AS64500 Example"
    assert found[0]["client_country"] is None
    assert sorted(asked) == [WEB, CDN]
    fresh.set_places(None)
    assert enriched(fresh)[0]["server_country"] is None


def test_a_flood_of_new_addresses_is_looked_up_up_to_the_cap(
    fresh: FreshRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "MAX_NEW", 3)
    fresh.set_places(lambda _ip: ("DE", None))
    found = enriched(fresh, count=10, server_ip="'10.1.0.' || n")
    placed = [row["server_country"] for row in found] + [found[0]["client_country"]]
    assert placed.count("DE") == 3
    assert fresh.not_looked_up == 8


def test_places_over_the_cap_are_forgotten(
    fresh: FreshRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "MAX_LOOKED_UP", 6)
    asked: list[str] = []
    fresh.set_places(lambda ip: (asked.append(ip), ("DE", None))[1])  # type: ignore[func-returns-value]
    for batch in range(3):
        found = enriched(fresh, server_ip=f"'10.{batch}.0.' || n")
        assert [row["server_country"] for row in found] == ["DE"] * 4
    assert len(asked) <= 13 + 1
    enriched(fresh, server_ip="'10.0.0.' || n")
    assert len(asked) > len(set(asked))


def test_the_store_gets_what_is_known(fresh: FreshRows) -> None:
    enriched(fresh)
    assert "server_host" not in fresh.rows("requests").column_names
    tell(fresh, ("", CDN, 0, 9, "a.example", "dns"))
    enriched(fresh)
    assert "server_host" in fresh.rows("requests").column_names


def test_hosts_can_be_filtered(fresh: FreshRows) -> None:
    tell(fresh, ("", CDN, 2, 9, "api.github.com", "dns"))
    enriched(fresh)
    condition = compile_filter("requests", "server_host like '%.github.com'")
    lines, _ = fresh.json_rows("requests", condition, 10)
    assert len(lines) == 2
    lines, _ = fresh.json_rows("requests", compile_filter("requests", "server_as is null"), 10)
    assert len(lines) == 4
