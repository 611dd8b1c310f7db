"""Both ends of rows get what a plain reading of all that is known gives them, whatever it is."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from nautscan.store.fresh import MANY_ROWS, FreshRows, Owners
from nautscan.store.hosts import HostSegments
from nautscan.store.sockets import COLUMNS, Sockets
from tests.unit.support import START, ipc, rows

IPS = ("10.0.0.1", "10.0.0.2", "127.0.0.1", "127.0.0.9", "fd00::1", "::1", "8.8.8.8")
OWNED = (*IPS[:3], "fd00::1", "@box")
HOST = 1
PORTS = (80, 443, 40000)
SPAN = 40
"""Times are so many ns from the first on."""
FACTS = ("container_id", "container", "image", "project", "service")
COUNT = 60


class End(NamedTuple):
    """An end of a row, and the other one."""

    ip: str
    port: int
    other_ip: str
    other_port: int
    transport: str
    interface: str
    at: int
    is_server: bool


def intervals(chance: random.Random) -> list[tuple[int, int]]:
    """Disjoint spans of time."""
    cuts = sorted(chance.sample(range(SPAN), 2 * chance.randint(0, 2)))
    spans = [(START + a, START + b) for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
    return spans or [(0, 2**62)]


def owners(chance: random.Random, *, steady: bool) -> Owners:
    made = Owners()
    published = [(ip, port, "tcp") for ip in IPS[:2] for port in PORTS if chance.random() < 0.3]
    for ip, port, transport in [*((ip, None, None) for ip in OWNED), *published]:
        if chance.random() < 0.2:
            continue
        times = [0] if steady else sorted({START + chance.randrange(SPAN) for _ in range(3)})
        for since in times:
            kind = chance.choice(("container", "host", "nobody"))
            name = None if kind == "nobody" else f"{kind}{len(made.ip)}"
            made.ip.append(ip)
            made.since_ns.append(since)
            made.port.append(port)
            made.transport.append(transport)
            made.name.append(name)
            for fact in FACTS:
                text = f"{fact}{len(made.ip)}" if kind == "container" else None
                getattr(made, fact).append(text)
            netns = chance.choice((2, 3, None)) if kind == "container" else None
            made.netns.append(netns)
    return made


def sockets(chance: random.Random, kinds: Sequence[str]) -> Sockets:
    made = Sockets()
    keys = set()
    for _ in range(150 if kinds else 0):
        kind = chance.choice(kinds)
        peer = (chance.choice(IPS), chance.choice(PORTS)) if kind == "talking" else ("", 0)
        ip = chance.choice(("0.0.0.0", "::") if kind == "everywhere" else IPS)
        transport = chance.choice(("tcp", "udp"))
        keys.add((chance.choice((1, 1, 2, 3)), transport, ip, chance.choice(PORTS), *peer))
    for key in sorted(keys):
        for since, until in intervals(chance):
            serial = len(made.serial) + 1
            pid = chance.choice((serial, serial, None))
            reason = chance.choice(("no_rights", None)) if pid is None else None
            found = (pid, pid and f"c{pid}", f"u{serial}", pid and "socket", reason)
            values = (serial, *key, since, until, *found)
            for column, value in zip(made.__slots__, values, strict=True):
                getattr(made, column).append(value)
    return made


def segments(chance: random.Random) -> dict[tuple[str, str], list[tuple[int, int, str]]]:
    asked = [(client, ip) for client in ("", *IPS[:2]) for ip in IPS if chance.random() < 0.4]
    asked = [("", IPS[0]), *asked[1:]]
    return {
        key: [(*span, f"{key}{number}") for number, span in enumerate(intervals(chance))]
        for key in asked
    }


Row = tuple[str, int, str, int, str, str, int]


def batch(chance: random.Random, low: int, high: int) -> list[Row]:
    """Rows of a span of time, so many ns from the first on."""
    made = []
    for _ in range(COUNT):
        ends = (
            chance.choice(IPS),
            chance.choice(PORTS),
            chance.choice(IPS),
            chance.choice(PORTS),
        )
        what = chance.choice(("tcp", "tcp", "udp", "icmp")), chance.choice(("lo@box", "lo"))
        made.append((*ends, *what, START + chance.randrange(low, high)))
    return made


def enriched(fresh: FreshRows, table: str, batch: list[Row]) -> dict[str, list[Any]]:
    listed = ", ".join(str(row) for row in batch)
    names = "(client_ip, client_port, server_ip, server_port, transport, interface, time_ns)"
    source = f"(VALUES {listed}) t{names}"
    given = {name: name for name in names.strip("()").split(", ")[:-1]}
    made = rows(table, source, time="make_timestamp_ns(time_ns)", **given)
    fresh.load(table, [ipc(made)])
    fresh.enrich(table, 1, host=HOST, blank=None)
    found = fresh.rows(table)
    columns = {name: found.column(name).to_pylist() for name in found.column_names}
    columns["unnamed"] = sorted(fresh.unnamed(table, 99))
    columns["not_seen"] = [fresh.not_seen(table)]
    return columns


class World:
    """All that is known, and what a row should get of it."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self.owners = owners(chance, steady=seed % 2 == 0)
        kinds = ("talking", "bound", "everywhere")
        self.sockets = sockets(chance, chance.sample(kinds, seed % 4))
        self.segments = segments(chance) if seed % 3 else {}

    def tell(self, fresh: FreshRows, before: World | None) -> None:
        """Tell it all, in the place of what was known before."""
        fresh.set_owners(self.owners)
        fresh.note_sockets(self.sockets, before.sockets.serial if before else [])
        told = [
            (key, (a, b, name, "dns")) for key, of in self.segments.items() for a, b, name in of
        ]
        keys = {*self.segments, *(before.segments if before else ())}
        fresh.set_hosts(sorted(keys), HostSegments.of(told))

    def owner(self, ip: str, port: int | None, transport: str | None, at: int) -> int | None:
        known = self.owners
        wanted = ip, port, transport
        found = [
            (since, number)
            for number, since in enumerate(known.since_ns)
            if (known.ip[number], known.port[number], known.transport[number]) == wanted
            and since <= at
        ]
        return max(found)[1] if found else None

    def socket(self, netns: int | None, key: tuple[Any, ...], at: int) -> int | None:
        known = self.sockets
        keys = zip(
            known.netns, known.transport, known.ip, known.port, known.peer_ip, known.peer_port,
            strict=True,
        )  # fmt: skip
        for place, held in enumerate(keys):
            if held == (netns, *key) and known.since_ns[place] <= at < known.until_ns[place]:
                return place
        return None

    def host(self, end: End) -> str | None:
        for client in (end.other_ip, "") if end.is_server else ("",):
            for since, until, name in self.segments.get((client, end.ip), ()):
                if since <= end.at < until:
                    return name
        return None

    def expected(self, end: End) -> tuple[dict[str, Any], str | None]:
        """What an end gets, and its address if nobody is known to own it."""
        box = end.interface == "lo@box" and (end.ip.startswith("127.") or end.ip == "::1")
        any_inside = any(ip.startswith("@") for ip in self.owners.ip)
        looked_up = "@box" if box and any_inside else end.ip
        plain = self.owner(looked_up, None, None, end.at)
        port = self.owner(end.ip, end.port, end.transport, end.at)
        names = [*self.owners.name, None]
        taken = port is not None and names[port] is not None
        chosen = port if taken else plain
        number = -1 if chosen is None else chosen
        host = self.host(end)
        got: dict[str, Any] = {fact: [*getattr(self.owners, fact), None][number] for fact in FACTS}
        name = names[number] if names[number] is not None else host
        got |= {"": name} | ({"host": host} if self.segments else {})
        got |= self.process(end, looked_up, plain, taken=taken)
        is_nobody = got["container_id"] is None and name == host
        return got, end.ip if is_nobody else None

    def process(
        self, end: End, looked_up: str, plain: int | None, *, taken: bool
    ) -> dict[str, Any]:
        known = self.owners
        is_owned = plain is not None and known.name[plain] is not None
        local = is_owned or looked_up.startswith("127.")
        netns = HOST if local else None
        if plain is not None and known.container_id[plain] is not None:
            netns = known.netns[plain]
        any_ip = "::" if ":" in end.ip else "0.0.0.0"
        keys = [(end.transport, end.ip, end.port, end.other_ip, end.other_port)]
        if not taken:
            keys += [(end.transport, ip, end.port, "", 0) for ip in (end.ip, any_ip)]
        places = [self.socket(netns, key, end.at) for key in keys] if netns else []
        place = next((place for place in places if place is not None), None)
        got = {
            name: None if place is None else getattr(self.sockets, name)[place] for name in COLUMNS
        }
        if got["pid"] is None and got["process_reason"] is None:
            if end.transport not in {"tcp", "udp"}:
                got["process_reason"] = "no_socket"
            elif taken:
                got["process_reason"] = "translated"
            elif not local:
                got["process_reason"] = "remote"
            else:
                got["process_reason"] = "other_namespace" if netns is None else "not_seen"
        return got


def check(world: World, batch: list[Row], found: dict[str, list[Any]]) -> None:
    unnamed: set[str] = set()
    is_missed = False
    for place, (ip, port, other_ip, other_port, *_) in enumerate(batch):
        what = batch[place][4:]
        for side, end in (
            ("client", End(ip, port, other_ip, other_port, *what, is_server=False)),
            ("server", End(other_ip, other_port, ip, port, *what, is_server=True)),
        ):
            expected, nobody = world.expected(end)
            got = {name: found[f"{side}_{name}" if name else side][place] for name in expected}
            assert got == expected, (side, end)
            is_missed |= expected["process_reason"] == "not_seen"
            unnamed |= {nobody} if nobody else set()
    assert found["unnamed"] == sorted(unnamed)
    assert found["not_seen"] == [is_missed]
    assert found["id"] == list(range(1, len(batch) + 1))


SPANS = ((0, SPAN), (9, 10), (9, 10), (30, 31), (10, 30), (0, 1))
"""Of batches, one after the other: some within a time in which nothing changes."""


@pytest.fixture
def fresh() -> Iterator[FreshRows]:
    made = FreshRows()
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(12))
def test_ends_get_what_is_known_of_them(seed: int, fresh: FreshRows) -> None:
    chance, before = random.Random(seed), None
    # What was known of one world tells nothing about the next one.
    for world in (World(seed), World(seed + 1), World(seed + 6)):
        world.tell(fresh, before)
        before = world
        for number, span in enumerate(SPANS):
            made = batch(chance, *span)
            check(world, made, enriched(fresh, "requests" if number % 3 else "flows", made))


def test_many_rows_get_what_few_of_them_get(fresh: FreshRows) -> None:
    world, times = World(2), MANY_ROWS // COUNT + 1
    world.tell(fresh, None)
    made = batch(random.Random(2), 0, SPAN)
    few = enriched(fresh, "requests", made)
    many = enriched(fresh, "requests", times * made)
    assert few["unnamed"]
    for name in (*FACTS, "pid", "host"):
        assert many[f"client_{name}"] == times * few[f"client_{name}"]
        assert many[f"server_{name}"] == times * few[f"server_{name}"]
    assert many["unnamed"] == few["unnamed"]
    assert len(fresh.unnamed("requests", 1)) == 1
