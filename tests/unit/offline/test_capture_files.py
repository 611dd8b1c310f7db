"""What capture files say besides packets, how they are put in order, and how they are copied."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import nautscan
from nautscan import _engine
from nautscan.offline.copying import copy_packets
from tests.unit.engine import pcapng_blocks as blocks
from tests.unit.engine.streams import exchange, pcap

KEYS = b"CLIENT_RANDOM 00 11\n"
MS = 1_000_000


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """One exchange, its second and third packet swapped, with everything around it."""
    data, times = exchange(), [number * MS for number in range(1, 6)]
    data[1], data[2] = data[2], data[1]
    times[1], times[2] = times[2], times[1]
    path = tmp_path / "whole.pcapng"
    described = blocks.interface(
        blocks.option(2, b"eth0"),
        blocks.option(8, struct.pack("<Q", 10**9)),
        blocks.option(12, b"Linux"),
    )
    parts = [blocks.section(b"of the file"), described, blocks.secrets(KEYS)]
    parts += [blocks.packets(data, times), blocks.statistics(2, 3)]
    path.write_bytes(b"".join(parts))
    return path


def test_notes_hold_comments_and_secrets(whole: Path) -> None:
    [notes] = nautscan.read(whole).notes
    assert (notes["file"], notes["comments"]) == (str(whole), ["of the file"])
    assert notes["secrets"] == [(blocks.TLS_KEY_LOG, KEYS)]
    assert (notes["sections"], notes["bad_options"]) == (1, 0)


def test_interfaces_are_described_with_their_drops(whole: Path) -> None:
    recording = nautscan.read(whole)
    [interface] = recording.interfaces
    said = {"name": "eth0", "speed": 10**9, "os": "Linux", "link_type": "RAW", "hardware": None}
    assert said.items() <= interface.items()
    assert (interface["interface_drops"], interface["kernel_drops"]) == (2, 3)
    [warning] = recording.summary["warnings"]
    assert "lost on eth0" in warning
    assert not recording.summary["damaged"], "what was lost before is no damage of the file"


def test_packets_are_put_in_order_and_that_is_counted(whole: Path) -> None:
    recording = nautscan.read(whole)
    assert (recording.summary["requests"], recording.summary["gaps"]) == (1, 0)
    counts = recording.summary["input"]
    assert (counts["reordered"], counts["time_went_back"]) == (1, 0)


def test_a_time_that_cannot_be_is_counted(tmp_path: Path) -> None:
    before_1970 = blocks.option(14, struct.pack("<q", -1))
    path = tmp_path / "old.pcapng"
    packets = blocks.packets(exchange()[:1], [0])
    path.write_bytes(blocks.section() + blocks.interface(before_1970) + packets)
    summary = nautscan.read(path).summary
    assert (summary["time_clamped"], summary["first_time"][:4]) == (1, "1970")


def test_a_copy_is_whole_and_in_order(whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.pcapng"
    totals = copy_packets([str(whole)], target, None)
    assert (totals["packets"], totals["damaged"], totals["warnings"]) == (5, False, [])
    first, second = nautscan.read(whole), nautscan.read(target)
    assert second.notes[0]["secrets"] == first.notes[0]["secrets"]
    assert second.summary["input"]["reordered"] == 0
    assert second.interfaces[0] | {"file": None} == first.interfaces[0] | {"file": None}
    assert not list(tmp_path.glob(".*")), "nothing is left over"


def test_a_copy_holds_what_the_filter_accepts(whole: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.pcapng"
    totals = copy_packets([str(whole)], target, "src port 80")
    assert (totals["packets"], totals["filtered_out"]) == (2, 3)
    assert nautscan.read(target).summary["packets"] == 2


def test_what_cannot_be_copied_leaves_no_file(tmp_path: Path) -> None:
    target = tmp_path / "copy.pcapng"
    with pytest.raises(_engine.EngineError) as refused:
        copy_packets([str(tmp_path / "absent")], target, None)
    assert refused.value.code == "not_found"
    source = tmp_path / "one.pcap"
    source.write_bytes(pcap(exchange()))
    with pytest.raises(_engine.EngineError) as refused:
        copy_packets([str(source)], tmp_path / "no" / "folder", None)
    assert refused.value.code == "cannot_write"
    assert [path.name for path in tmp_path.iterdir()] == ["one.pcap"]
