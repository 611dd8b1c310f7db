"""Files that are damaged, cut, foreign or empty: what is printed, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nautscan.cli.common import Exit
from tests.unit.cli.conftest import Nautscan
from tests.unit.engine import pcapng_blocks as blocks
from tests.unit.engine.streams import exchange, pcap

GOOD = pcap(exchange())
FOREIGN = b"snoop\0\0\0\0\0\0\x02\0\0\0\x04"

DAMAGED = {
    "cut": (GOOD[:-3], 4, "it ends inside a record"),
    "lost framing": (GOOD + b"\xff" * 16, 5, "more than the 262144 a packet can have"),
    "wrong trailer": (
        blocks.section()
        + blocks.interface()
        + blocks.packets(exchange(), range(5))[:-4]
        + b"\0" * 4,
        4,
        "ends with another length",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_stands_before_the_damage_is_told(
    nautscan: Nautscan, tmp_path: Path, name: str
) -> None:
    """Status 3, the totals on standard output, the place of the damage on standard error."""
    data, packets, words = DAMAGED[name]
    file = tmp_path / "damaged.pcap"
    file.write_bytes(data)
    result = nautscan("read", file, "--json")
    assert result.code == Exit.DAMAGED
    totals = json.loads(result.out)
    assert (totals["packets"], totals["damaged"]) == (packets, True)
    warning = json.loads(result.err)["warning"]
    assert f"{file} is damaged at byte " in warning
    assert words in warning
    assert "The packets before it were read" in warning


@pytest.mark.parametrize("command", [("--table", "requests"), ("--sql", "select 1"), ()])
def test_every_way_to_read_has_the_same_status(
    nautscan: Nautscan, tmp_path: Path, command: tuple[str, ...]
) -> None:
    file = tmp_path / "cut.pcap"
    file.write_bytes(GOOD[:-3])
    result = nautscan("read", file, *command)
    assert result.code == Exit.DAMAGED
    assert "is damaged at byte" in result.err


def test_other_files_are_read_all_the_same(nautscan: Nautscan, tmp_path: Path) -> None:
    good, cut = tmp_path / "good.pcap", tmp_path / "cut.pcap"
    good.write_bytes(GOOD)
    cut.write_bytes(GOOD[:-3])
    result = nautscan("read", good, cut, "--json")
    assert (result.code, json.loads(result.out)["packets"]) == (Exit.DAMAGED, 5 + 4)


@pytest.mark.parametrize(
    ("data", "words", "remedy"),
    [
        (b"", "it is empty", "pcap or pcapng"),
        (b"GIF89a....", "47 49 46 38", "pcap or pcapng"),
        (FOREIGN, "a snoop capture", "editcap -F pcapng"),
        (b"BZh91AY&SY", "compressed with bzip2", "bzip2 -dc"),
    ],
)
def test_what_is_no_capture_fails_with_a_remedy(
    nautscan: Nautscan, tmp_path: Path, data: bytes, words: str, remedy: str
) -> None:
    """Status 1: nothing could be read."""
    file = tmp_path / "other"
    file.write_bytes(data)
    result = nautscan("read", file, "--json")
    assert (result.code, result.out) == (Exit.FAILED, "")
    error = json.loads(result.err)["error"]
    assert error["code"] == "bad_file"
    assert words in error["message"]
    assert remedy in error["remedy"]


def test_the_summary_says_what_was_odd(nautscan: Nautscan, tmp_path: Path) -> None:
    file = tmp_path / "odd.pcapng"
    shuffled = blocks.packets(exchange(), [2000, 1000, 3000, 4000, 5000])
    unknown = blocks.block(0x999, b"")
    file.write_bytes(blocks.section() + blocks.interface() + shuffled + unknown)
    out = nautscan("read", file).out
    assert "  1 packet stood behind later ones and was put in its place" in out
    assert "  1 block is of a kind that is not read" in out
    assert out.startswith("5 packets, ")
    assert " 1 flow, 1 request\n" in out


def test_a_host_that_talks_to_itself_has_each_flow_once(nautscan: Nautscan, tmp_path: Path) -> None:
    file = tmp_path / "alone.pcap"
    file.write_bytes(pcap([packet.replace(b"\x0a\0\0\2", b"\x0a\0\0\1") for packet in exchange()]))
    (flow,) = json.loads("[" + nautscan("read", file, "--table", "flows", "--json").out + "]")
    sent = flow["client_bytes"] + flow["server_bytes"]
    hosts = nautscan("read", file).out.partition("Hosts by bytes\n")[2].splitlines()
    assert hosts[1].split() == ["10.0.0.1", "1", *(str(sent), "B") * 2]


def test_packets_are_exported_as_pcapng(nautscan: Nautscan, tmp_path: Path) -> None:
    cut, target = tmp_path / "cut.pcap", tmp_path / "copy.pcapng"
    cut.write_bytes(GOOD[:-3])
    result = nautscan("export", cut, "-o", target)
    assert result.code == Exit.DAMAGED
    assert f"{target}: 4 packets" in result.err
    assert json.loads(nautscan("read", target, "--json").out)["packets"] == 4


def test_rows_cannot_be_chosen_of_packets(nautscan: Nautscan, tmp_path: Path) -> None:
    arguments = ("export", tmp_path / "any", "-o", "x.pcapng", "--where", "status = 1")
    result = nautscan(*arguments)
    assert (result.code, "--filter" in result.err) == (Exit.USAGE, True)
