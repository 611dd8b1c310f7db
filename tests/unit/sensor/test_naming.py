"""Names of interfaces here and inside containers."""

from __future__ import annotations

import pytest

from nautscan.sensor import naming


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("eth0", ("eth0", None)),
        ("lo@web", ("lo", "web")),
        ("all@shop-orders-1", ("all", "shop-orders-1")),
        ("odd@name@web", ("odd@name", "web")),
        ("@web", ("@web", None)),
        ("lo@", ("lo@", None)),
    ],
)
def test_the_part_behind_the_last_at_sign_is_the_container(
    name: str, parts: tuple[str, str | None]
) -> None:
    assert naming.split(name) == parts


def test_each_container_is_named_once() -> None:
    assert naming.containers_of(["lo@web", "eth0", "eth0@web", "all@db"]) == ("web", "db")
    assert naming.containers_of(None) == ()


@pytest.mark.parametrize(
    ("interfaces", "containers", "names"),
    [
        ([], [], None),
        (["eth0"], [], ("eth0",)),
        ([], ["web"], ("all@web",)),
        (["lo", "eth0"], ["web", "db"], ("lo@web", "eth0@web", "lo@db", "eth0@db")),
        (["lo@db"], ["web"], ("lo@db", "all@web")),
    ],
)
def test_options_become_names(
    interfaces: list[str], containers: list[str], names: tuple[str, ...] | None
) -> None:
    assert naming.wanted(interfaces, containers) == names
