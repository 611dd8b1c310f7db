"""Which interfaces are captured, and how a running capture gets there."""

from __future__ import annotations

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
