"""The directory: attribution with reasons, one snapshot a change, caps kept and counted."""

from __future__ import annotations

import random
import threading
from itertools import pairwise

import pytest

from nautscan.identity import Binding, Directory, DirectoryLimits, Network, Workload
from nautscan.identity.ledger import Place

FRONT, BACK = "front-id", "back-id"


def container(name: str, *, state: str = "running", **facts: object) -> Workload:
    return Workload(id=f"{name}-id", name=name, state=state, **facts)  # type: ignore[arg-type]


def own(name: str, ip: str, since: int, network: str = "front") -> Binding:
    return Binding(f"{name}-id", ip, since, network=network)


def publish(name: str, ip: str, port: int, since: int) -> Binding:
    return Binding(f"{name}-id", ip, since, port=port, transport="tcp")


def test_the_time_of_the_packet_decides_not_the_time_of_asking() -> None:
    directory = Directory()
    for name in ("old", "new"):
        directory.put_workload(container(name))
    directory.acquire(FRONT, own("old", "10.20.0.2", 100))
    directory.release("old-id", 200)
    directory.acquire(FRONT, own("new", "10.20.0.2", 250))

    def who(time_ns: int) -> str | None:
        workload = directory.lookup("10.20.0.2", 80, "tcp", time_ns)
        return workload.name if workload else None

    assert [who(t) for t in (99, 100, 199, 200, 249, 250, 10**18)] == [
        None, "old", "old", None, None, "new", "new",
    ]  # fmt: skip


def test_every_spelling_of_an_address_is_the_address() -> None:
    directory = Directory()
    directory.put_workload(container("a"))
    directory.acquire(FRONT, own("a", "fd00:77::2", 0))
    directory.acquire(FRONT, own("a", "10.20.0.2", 0))
    for spelling in ("FD00:77:0:0::2", "fd00:77::2%eth0", "::ffff:10.20.0.2"):
        assert directory.lookup(spelling, None, None, 5) is not None, spelling


def test_a_published_port_is_the_containers_and_the_host_keeps_the_rest() -> None:
    directory = Directory()
    directory.put_workload(container("web"))
    directory.put_host_addresses(["192.0.2.2"])
    directory.acquire(None, publish("web", "192.0.2.2", 8080, 10))
    found = directory.attribute("192.0.2.2", 8080, "tcp", 20)
    assert found.workload is not None
    assert found.workload.name == "web"
    assert found.binding == publish("web", "192.0.2.2", 8080, 10)
    for port, transport in ((8081, "tcp"), (8080, "udp"), (None, None)):
        other = directory.attribute("192.0.2.2", port, transport, 20)
        assert other.workload is None
        assert other.reason == "an address of the host itself"


def test_containers_on_the_hosts_network_are_named_as_possible_not_guessed() -> None:
    directory = Directory()
    directory.put_host_addresses(["192.0.2.2"])
    directory.put_workload(container("edge", network_mode="host"))
    found = directory.attribute("192.0.2.2", 443, "tcp", 20)
    assert found.workload is None
    assert found.reason is not None
    assert "edge" in found.reason


def test_one_address_on_two_networks_at_once_is_nobodys_with_the_reason() -> None:
    directory = Directory()
    directory.put_workload(container("a"))
    directory.put_workload(container("b"))
    directory.acquire(FRONT, own("a", "10.20.0.2", 0))
    directory.acquire(BACK, own("b", "10.20.0.2", 0, network="back"))
    found = directory.attribute("10.20.0.2", 80, "tcp", 5)
    assert (found.workload, found.binding) == (None, None)
    assert found.reason == "several containers held it at that time: a, b"


def test_what_is_no_address_is_said_to_be_none() -> None:
    assert Directory().attribute("orders", 80, "tcp", 5).reason == "'orders' is not an IP address"


def test_a_change_is_one_new_snapshot_and_no_change_is_none() -> None:
    directory = Directory()
    before = directory.snapshot
    with directory.update():
        directory.put_workload(container("a"))
        directory.put_networks([Network(FRONT, "front")])
        directory.acquire(FRONT, own("a", "10.20.0.2", 0))
        assert directory.snapshot is before
    assert directory.revision == before.revision + 1
    after = directory.snapshot
    directory.put_workload(container("a"))
    directory.put_networks([Network(FRONT, "front")])
    directory.acquire(FRONT, own("a", "10.20.0.2", 0))
    assert directory.snapshot is after
    assert before.bindings == ()


def test_a_failed_update_still_publishes_what_was_done() -> None:
    directory = Directory()

    def fail_half_way() -> None:
        with directory.update():
            directory.put_workload(container("a"))
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        fail_half_way()
    assert [w.name for w in directory.workloads()] == ["a"]


def test_a_workload_answers_to_id_name_service_and_short_id() -> None:
    directory = Directory()
    directory.put_workload(
        Workload(id="0123456789abcdef", name="shop-orders-1", service="orders", state="running")
    )
    for key in ("0123456789abcdef", "0123456789ab", "shop-orders-1", "orders"):
        found = directory.workload(key)
        assert found is not None, key
        assert found.display_name == "orders"
    assert directory.workload("012") is None
    assert directory.workload("order") is None


def test_a_reused_name_means_the_container_that_runs() -> None:
    directory = Directory()
    directory.put_workload(Workload(id="2" * 64, name="web", state="running", created_ns=1))
    directory.put_workload(Workload(id="1" * 64, name="web", state="removed", created_ns=2))
    found = directory.workload("web")
    assert found is not None
    assert found.id == "2" * 64


def test_history_of_an_address_is_capped_and_the_oldest_goes() -> None:
    directory = Directory(DirectoryLimits(bindings_per_address=3))
    for at in range(5):
        directory.acquire(FRONT, own(f"c{at}", "10.20.0.2", at))
    assert [b.since_ns for b in directory.bindings()] == [2, 3, 4]
    assert directory.dropped.bindings == 2


def test_the_total_is_capped_and_what_still_holds_is_kept_longest() -> None:
    directory = Directory(DirectoryLimits(bindings=40))
    directory.acquire(FRONT, own("lasting", "10.20.1.1", 0))
    for at in range(100):
        directory.acquire(FRONT, own("brief", f"10.20.0.{at}", at + 1))
        directory.release("brief-id", at + 2)
    kept = directory.bindings()
    assert len(kept) <= 40
    assert directory.dropped.bindings == 101 - len(kept)
    assert own("lasting", "10.20.1.1", 0) in kept


def test_workloads_are_capped_the_removed_ones_go_first_with_their_history() -> None:
    directory = Directory(DirectoryLimits(workloads=2))
    directory.put_workload(container("running"))
    directory.put_workload(container("removed", state="removed"))
    directory.acquire(FRONT, own("removed", "10.20.0.2", 0))
    directory.put_workload(container("newest"))
    assert [w.name for w in directory.workloads()] == ["running", "newest"]
    assert directory.bindings() == ()
    assert directory.dropped.workloads == 1


@pytest.mark.parametrize("seed", range(40))
def test_no_address_on_a_network_ever_has_two_owners(seed: int) -> None:
    chance = random.Random(seed)
    directory = Directory(DirectoryLimits(bindings_per_address=6, bindings=30))
    for _ in range(300):
        name, time_ns = chance.choice("abcdef"), chance.randrange(1000)
        network_id = chance.choice([FRONT, BACK])

        def on_network(place: Place, wanted: str = network_id) -> bool:
            return place.network_id == wanted

        ip = f"10.20.0.{chance.randrange(8)}"
        if chance.random() < 0.6:
            directory.acquire(network_id, own(name, ip, time_ns, network_id))
        else:
            assumed = chance.random() < 0.3
            directory.release(f"{name}-id", time_ns, on_network, assumed=assumed)
    check_one_owner_at_a_time(directory.bindings())


def check_one_owner_at_a_time(bindings: tuple[Binding, ...]) -> None:
    places: dict[tuple[str, str | None], list[Binding]] = {}
    for binding in bindings:
        places.setdefault((binding.ip, binding.network), []).append(binding)
    for held in places.values():
        for before, after in pairwise(held):
            assert before.until_ns is not None
            assert before.until_ns <= after.since_ns


def test_readers_in_other_threads_see_whole_changes_only() -> None:
    directory = Directory()
    torn: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            snapshot = directory.snapshot
            owners = {b.workload_id for b in snapshot.bindings}
            if owners - set(snapshot.by_id):
                torn.append(f"revision {snapshot.revision}")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for at in range(300):
        with directory.update():
            directory.acquire(FRONT, own(f"c{at}", f"10.20.{at // 250}.{at % 250}", at))
            directory.put_workload(container(f"c{at}"))
    done.set()
    for reader in readers:
        reader.join()
    assert torn == []
    assert directory.revision == 300
