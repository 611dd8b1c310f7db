"""Which interfaces are captured, and how a running capture gets there."""

from __future__ import annotations

from nautscan.sensor.inside import Room
from nautscan.sensor.selection import Change, change, select

DEFAULTS = (["docker0", "br-1"], "Docker's bridges")


def test_without_names_the_defaults_are_taken_with_their_reason() -> None:
    selection = select(None, {"docker0", "br-1", "eth0"}, DEFAULTS)
    assert selection.capture == ("docker0", "br-1")
    assert selection.why == "Docker's bridges"


def test_named_interfaces_are_taken_and_missing_ones_reported() -> None:
    selection = select(["br-9", "eth0", "eth0"], {"eth0", "docker0"}, DEFAULTS)
    assert selection.capture == ("eth0",)
    assert selection.missing == ("br-9",)


def test_any_is_in_no_listing_and_still_there() -> None:
    assert select(["any"], {"lo"}, DEFAULTS).capture == ("any",)


def test_more_than_the_cap_are_left_out_and_said_so() -> None:
    names = [f"veth{number}" for number in range(5)]
    selection = select(names, set(names), DEFAULTS, cap=3)
    assert selection.capture == ("veth0", "veth1", "veth2")
    assert selection.beyond_cap == ("veth3", "veth4")


def test_a_change_adds_what_is_new_and_removes_what_went() -> None:
    assert change(["docker0", "br-1"], [], ["docker0", "br-2"]) == Change(("br-2",), ("br-1",))


def test_what_failed_is_opened_anew() -> None:
    assert change(["docker0", "br-1"], ["br-1"], ["docker0", "br-1"]) == Change(
        ("br-1",), ("br-1",)
    )


def test_nothing_to_do() -> None:
    assert change(["docker0"], [], ["docker0"]) == Change((), ())


ROOMS = {
    "web": (Room("web", ("lo", "eth0")),),
    "orders": (Room("shop-orders-1", ("lo",)), Room("shop-orders-2", ("lo", "eth0"))),
    "gone": (),
}


def test_names_lead_into_containers() -> None:
    wanted = ["eth0", "all@web", "lo@orders", "lo@web"]
    selection = select(wanted, {"eth0"}, DEFAULTS, ROOMS)
    assert selection.capture == (
        "eth0", "lo@web", "eth0@web", "lo@shop-orders-1", "lo@shop-orders-2",
    )  # fmt: skip
    assert selection.missing == ()


def test_the_defaults_can_be_named_beside_others() -> None:
    selection = select(["default", "lo@web"], {"docker0", "br-1"}, DEFAULTS, ROOMS)
    assert selection.capture == ("docker0", "br-1", "lo@web")


def test_what_is_not_inside_is_missing_under_the_name_that_was_asked_for() -> None:
    selection = select(["all@gone", "eth0@orders", "all@nosuch"], set(), DEFAULTS, ROOMS)
    assert selection.capture == ("eth0@shop-orders-2",)
    assert selection.missing == ("all@gone", "eth0@shop-orders-1", "all@nosuch")


def test_a_host_interface_of_the_same_name_is_not_one_inside() -> None:
    selection = select(["eth0@gone"], {"eth0"}, DEFAULTS, ROOMS)
    assert (selection.capture, selection.missing) == ((), ("eth0@gone",))
