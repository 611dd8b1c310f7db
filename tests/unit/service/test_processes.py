"""Which process is named on a row: by its socket, at the time of its packets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from nautscan.config import Config
from nautscan.errors import NotFound
from nautscan.identity import Binding, Directory
from nautscan.sensor.lookout.client import LookoutState
from nautscan.sensor.lookout.model import Entry, Process, Reason, SocketKey, Source
from nautscan.service.owners import owners_of
from nautscan.service.processes import Processes
from nautscan.service.sockets import FOR_EVER, LINGER_NS, SocketHistory
from nautscan.store.filter import compile_filter
from nautscan.store.fresh import FreshRows
from tests.unit.service.world import ORDERS, WEB, World, directory
from tests.unit.support import START, at, ipc, rows

SECOND = 10**9
HOST, WEB_NS, ORDERS_NS = 1, 2, 3
PLACES = {WEB: WEB_NS, ORDERS: ORDERS_NS}
CURL = Process(100, START - SECOND, "curl", "root", (WEB,), WEB_NS)
NGINX = Process(200, START - 9 * SECOND, "nginx", "www-data", (ORDERS,), ORDERS_NS)
ASKS = SocketKey(WEB_NS, "tcp", "10.0.0.1", 40000, "10.0.0.2", 80)
SERVES = SocketKey(ORDERS_NS, "tcp", "0.0.0.0", 80, "", 0)


def entry(
    number: int,
    key: SocketKey,
    process: Process | None = CURL,
    *,
    since: int = START - SECOND,
    until: int | None = None,
    source: Source = "connect",
    reason: Reason | None = None,
    user: str | None = None,
) -> Entry:
    return Entry(number, key, since, until, process, source, reason, user)


@pytest.fixture
def fresh() -> Iterator[FreshRows]:
    made = FreshRows()
    yield made
    made.close()


def named(
    fresh: FreshRows,
    known: Directory,
    entries: list[Entry],
    table: str = "requests",
    **values: str,
) -> list[dict[str, Any]]:
    """The rows after the join, with what is known of sockets."""
    history = SocketHistory(clock=lambda: START)
    history.told(entries)
    fresh.set_owners(owners_of(known.snapshot, "the-host", PLACES))
    fresh.note_sockets(*history.take_changes())
    wanted = {"client_port": "40000", "server_port": "80", "flow_id": "n", **values}
    fresh.load(table, [ipc(rows(table, "range(3) t(n)", **wanted))])
    fresh.enrich(table, 1, host=HOST, blank=None)
    lines, _ = fresh.json_rows(table, compile_filter("requests", ""), 100)
    return [json.loads(line) for line in lines]


def reasons(found: list[dict[str, Any]], side: str) -> list[str | None]:
    return [row[f"{side}_process_reason"] for row in found]


def test_both_sides_are_named(fresh: FreshRows) -> None:
    row = named(fresh, directory(), [entry(1, ASKS), entry(2, SERVES, NGINX, source="listener")])[0]
    assert (row["client_pid"], row["client_command"], row["client_user"]) == (100, "curl", "root")
    assert (row["server_pid"], row["server_command"]) == (200, "nginx")
    assert (row["client_process_source"], row["server_process_source"]) == ("connect", "listener")
    assert (row["client_process_reason"], row["server_process_reason"]) == (None, None)


def test_the_connections_own_socket_counts_before_the_one_that_listens(fresh: FreshRows) -> None:
    worker = Process(201, START, "nginx", "www-data", (ORDERS,), ORDERS_NS)
    own = SocketKey(ORDERS_NS, "tcp", "10.0.0.2", 80, "10.0.0.1", 40000)
    bound = SERVES._replace(ip="10.0.0.2")
    listening = [entry(2, SERVES, NGINX, source="listener")]
    row = named(fresh, directory(), [entry(1, own, worker, source="socket"), *listening])[0]
    assert (row["server_pid"], row["server_process_source"]) == (201, "socket")
    row = named(fresh, directory(), [entry(3, bound, worker, source="listener"), *listening])[0]
    assert row["server_pid"] in {200, 201}


def test_a_socket_at_one_address_counts_before_one_at_all(fresh: FreshRows) -> None:
    exact = Process(202, START - 9 * SECOND, "exact", "root", (ORDERS,), ORDERS_NS)
    bound = entry(1, SERVES._replace(ip="10.0.0.2"), exact, source="listener")
    row = named(fresh, directory(), [bound, entry(2, SERVES, NGINX, source="listener")])[0]
    assert row["server_pid"] == 202


def test_a_socket_is_a_process_at_the_time_of_the_packet(fresh: FreshRows) -> None:
    """Addresses and ports of a connection are used again by another process."""
    later = Process(101, START + SECOND, "wget", "root", (WEB,), WEB_NS)
    entries = [
        entry(1, ASKS, until=START + SECOND // 2),
        entry(2, ASKS, later, since=START + SECOND),
    ]
    found = named(fresh, directory(), entries, time=at("n"))
    assert [row["client_command"] for row in found] == ["curl", "wget", "wget"]


def test_a_socket_that_closed_lingers_and_then_is_nobodys(fresh: FreshRows) -> None:
    found = named(fresh, directory(), [entry(1, ASKS, until=START - SECOND)], time=at("n"))
    assert [row["client_command"] for row in found] == ["curl", None, None]
    assert reasons(found, "client") == [None, "not_seen", "not_seen"]


def test_the_same_socket_in_another_namespace_is_not_it(fresh: FreshRows) -> None:
    elsewhere = [entry(1, ASKS._replace(netns=77)), entry(2, SERVES._replace(netns=WEB_NS), NGINX)]
    found = named(fresh, directory(), elsewhere)
    assert {*reasons(found, "client"), *reasons(found, "server")} == {"not_seen"}


def test_the_hosts_own_loopback_is_the_hosts(fresh: FreshRows) -> None:
    stub = SocketKey(HOST, "udp", "127.0.0.53", 53, "", 0)
    asks = SocketKey(HOST, "udp", "127.0.0.1", 40000, "127.0.0.53", 53)
    resolver = Process(7, START - 9 * SECOND, "systemd-resolve", "systemd-resolve")
    known = Directory()
    known.put_host_addresses(["127.0.0.1"])
    entries = [entry(1, stub, resolver, source="bound"), entry(2, asks)]
    ends = {"client_ip": "'127.0.0.1'", "server_ip": "'127.0.0.53'", "server_port": "53"}
    row = named(fresh, known, entries, "flows", transport="'udp'", **ends)[0]
    assert (row["client_command"], row["server_command"]) == ("curl", "systemd-resolve")
    row = named(fresh, known, entries, "flows", transport="'tcp'", **ends)[0]
    assert (row["client_command"], row["server_process_reason"]) == (None, "not_seen")


def test_why_there_is_none(fresh: FreshRows) -> None:
    known = directory()
    with known.update():
        known.put_host_addresses(["192.168.1.5"])
        known.acquire(None, Binding(WEB, "192.168.1.5", START - SECOND, port=80, transport="tcp"))
        known.acquire("n1", Binding("c" * 64, "10.0.0.9", START - SECOND))
    server = "CASE n WHEN 0 THEN '8.8.8.8' WHEN 1 THEN '10.0.0.9' ELSE '192.168.1.5' END"
    docker_proxy = entry(9, SocketKey(HOST, "tcp", "0.0.0.0", 80, "", 0), NGINX, source="listener")
    found = named(fresh, known, [docker_proxy], server_ip=server)
    assert reasons(found, "server") == ["remote", "other_namespace", "translated"]
    flows = named(fresh, known, [docker_proxy], "flows", transport="'icmp'")
    assert set(reasons(flows, "client")) == {"no_socket"}


def test_a_socket_whose_process_may_not_be_seen_has_its_user(fresh: FreshRows) -> None:
    hidden = entry(1, ASKS, None, reason="no_rights", user="postgres")
    row = named(fresh, directory(), [hidden])[0]
    assert (row["client_pid"], row["client_user"]) == (None, "postgres")
    assert (row["client_process_reason"], row["client_process_source"]) == ("no_rights", None)


def test_where_nobody_looks_every_row_says_why(fresh: FreshRows) -> None:
    fresh.load("requests", [ipc(rows("requests", "range(3) t(n)"))])
    fresh.enrich("requests", 1, blank="offline")
    lines, _ = fresh.json_rows("requests", compile_filter("requests", ""), 10)
    for line in lines:
        row = json.loads(line)
        assert (row["client_pid"], row["client_process_reason"]) == (None, "offline")


def test_a_filter_speaks_of_processes(fresh: FreshRows) -> None:
    named(fresh, directory(), [entry(1, ASKS), entry(2, SERVES, NGINX, source="listener")])
    for text, count in (
        ("client_command = 'curl' and server_pid = 200", 3),
        ("client_command = 'wget'", 0),
        ("server_process_source = 'listener'", 3),
        ("nginx", 3),
    ):
        lines, _ = fresh.json_rows("requests", compile_filter("requests", text), 10)
        assert len(lines) == count, text


# History.


def columns(history: SocketHistory) -> list[tuple[int, int, int, int | None]]:
    sockets, _ = history.take_changes()
    return list(zip(sockets.serial, sockets.since_ns, sockets.until_ns, sockets.pid, strict=True))


def test_intervals_of_one_socket_are_disjoint() -> None:
    history = SocketHistory()
    now = START
    for number in range(4):
        begin = now + number * SECOND
        history.told([entry(number, ASKS, since=begin, until=begin + SECOND // 2)])
    history.told([entry(9, ASKS, since=0)])
    held = history._by_key[ASKS]
    for one, other in pairwise(held):
        assert one.since_ns <= one.until_ns <= other.since_ns
    assert held[-1].until_ns == FOR_EVER


def test_only_what_changed_is_given_to_the_join() -> None:
    history = SocketHistory(clock=lambda: START)
    history.told([entry(1, ASKS), entry(2, SERVES)])
    assert [row[0] for row in columns(history)] == [1, 2]
    assert columns(history) == []
    history.told([entry(1, ASKS, until=START)])
    assert columns(history) == [(1, START - SECOND, START + LINGER_NS, 100)]


def test_what_ended_long_ago_is_forgotten_and_what_is_over_the_cap() -> None:
    history = SocketHistory(max_intervals=3)
    history.told([entry(1, ASKS, until=START)])  # Years ago.
    assert (len(history), history.dropped) == (0, 0)
    keys = [ASKS._replace(port=port) for port in range(5)]
    history.told([entry(10 + n, key) for n, key in enumerate(keys)])
    assert (len(history), history.dropped) == (3, 2)
    _, removed = history.take_changes()
    assert len(removed) == 3
    assert [found.key.port for found in history.live()] == [2, 3, 4]


def test_a_lookout_that_was_started_again_begins_anew() -> None:
    history = SocketHistory()
    history.told([entry(1, ASKS)])
    history.begin()
    assert history.live() == []
    history.told([entry(1, ASKS, NGINX)])
    assert [found.process for found in history.live()] == [NGINX]
    assert len(history) == 2


def test_the_table_is_the_same_after_many_changes(
    fresh: FreshRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nautscan.store.sockets.REBUILD_AFTER", 10)
    history = SocketHistory()
    for number in range(50):
        history.told([entry(1, ASKS, Process(number, START, "curl", "root"))])
        fresh.note_sockets(*history.take_changes())
    found = fresh._run("SELECT pid FROM sockets")
    assert found == [(49,)]


# What can be asked.


class Lookout:
    """Stands where the lookout's client stands."""

    def __init__(self) -> None:
        self.state = LookoutState(
            connected=True, reason="", status={"scope": "all", "traced": True, "traces_lost": 2}
        )
        self.looks = 0

    async def run(self) -> None:
        raise AssertionError("not called")

    async def look(self) -> bool:
        self.looks += 1
        return True


@pytest.fixture
def processes() -> Processes:
    made = Processes(Config.load({}, lookout_address="/nowhere"), directory())
    made.follow(Lookout())
    made.placed(PLACES, HOST)
    return made


def test_who_listens_and_who_talks(processes: Processes) -> None:
    hidden = entry(3, ASKS._replace(port=1), None, reason="no_rights")
    processes.history.told([entry(1, ASKS), entry(2, SERVES, NGINX, source="listener"), hidden])
    answer = processes.listed()
    curl, nginx = answer["processes"]
    assert (curl["pid"], curl["connections"], curl["container"]) == (100, 1, "shop-web-1")
    assert curl["talks"][0]["peer_ip"] == "10.0.0.2"
    assert nginx["listens"] == [{"transport": "tcp", "ip": "0.0.0.0", "port": 80}]
    assert answer["nameless"] == {"no_rights": 1}
    assert answer["state"]["scope"] == "all"
    assert answer["state"]["lost"] == 2


def test_of_one_container(processes: Processes) -> None:
    processes.history.told([entry(1, ASKS), entry(2, SERVES, NGINX, source="listener")])
    found = processes.listed("orders")["processes"]
    assert [item["command"] for item in found] == ["nginx"]
    with pytest.raises(NotFound):
        processes.listed("nobody")


async def test_a_look_is_asked_for_once_a_second(processes: Processes) -> None:
    assert await processes.look()
    assert not await processes.look()


def test_why_nobody_is_named(processes: Processes) -> None:
    assert processes.blank is None
    off = Processes(Config.load({"NAUTSCAN_PROCESSES": "off"}), Directory())
    assert (off.blank, off.state()["reason"]) == ("off", "off")
    demo = Processes(Config.load({}, source="demo", lookout_address="/nowhere"), Directory())
    assert demo.blank == "offline"
    stream = Processes(Config.load({}), Directory())
    assert stream.blank == "offline"
    alone = Processes(Config.load({}, lookout_address="/nowhere"), Directory())
    assert alone.blank == "unavailable"


async def test_a_row_is_named_in_the_history_and_live(tmp_path: Path) -> None:
    world = World(tmp_path, lookout_address=str(tmp_path / "nobody.sock"))
    lookout = Lookout()
    processes = world.service.processes
    processes.follow(lookout)
    processes.placed(PLACES, HOST)
    processes.history.told([entry(1, ASKS)])
    await world.service.start()
    try:
        viewer = await world.service.live.subscribe("requests", "client_command = 'curl'")
        await viewer.next(1)
        batch = rows("requests", client_port="40000", server_port="80")
        world.sensor.send("requests", batch)
        text = await viewer.next(20)
        assert text is not None
        row = json.loads(text)["rows"][0]
        assert (row["client_pid"], row["server_process_reason"]) == (100, "not_seen")
        assert lookout.looks == 1, "a socket that was not seen is looked for"
    finally:
        await world.service.stop()
