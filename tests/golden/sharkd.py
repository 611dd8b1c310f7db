"""Wireshark's dissectors over many captures in one process: far sooner than tshark for each."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXECUTABLE = shutil.which("sharkd")
"""Comes with tshark."""

BATCH = 24
"""Captures that one process reads: it gives back little of what it takes for each."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Number of the packet, from 1, and the values that were asked for."""

    number: int
    values: tuple[str, ...]


def packets(paths: Sequence[Path], fields: Sequence[str]) -> list[list[Packet]]:
    """The values of `fields` of each packet of each file, as Wireshark prints them.

    A field is `name:occurrence`, where 0 stands for all, joined with commas, and -1 for the last.
    One that only occurs or does not is a tick or empty. A file that is refused has no packets;
    of one that is cut, those before the cut are there.
    """
    assert EXECUTABLE is not None
    questions = "".join(_questions(paths, fields))
    done = subprocess.run(
        [EXECUTABLE, "-"], input=questions, capture_output=True, text=True, check=True
    )
    # Of a file that is cut sharkd loads what there is, and does not answer.
    answers = {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}
    return [_packets(answers, index) for index in range(len(paths))]


def _questions(paths: Sequence[Path], fields: Sequence[str]) -> Iterator[str]:
    # No filter is set: sharkd 4.0 remembers which packets one matched beyond the file.
    columns = {f"column{index}": name for index, name in enumerate(fields)}
    for index, path in enumerate(paths):
        yield _question(2 * index + 1, "load", {"file": str(path)})
        yield _question(2 * index + 2, "frames", columns)


def _question(number: int, method: str, params: dict[str, str]) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n"


def _packets(answers: dict[int, dict[str, Any]], index: int) -> list[Packet]:
    loaded, frames = answers.get(2 * index + 1, {}), answers[2 * index + 2]
    if "error" in loaded:
        return []
    return [Packet(frame["num"], tuple(frame["c"])) for frame in frames["result"]]
