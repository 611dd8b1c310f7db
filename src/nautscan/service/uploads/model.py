"""What is known of one upload, in memory and in its folder."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from nautscan.errors import BadFile
from nautscan.store.filestore import stored_bytes
from nautscan.store.times import format_time

State = Literal["waiting", "reading", "ready", "failed"]

ID: Final = re.compile(r"[0-9a-f]{12}")
CAPTURE: Final = "capture"
ROWS: Final = "rows.duckdb"
FACTS: Final = "facts.json"
MAX_NAME: Final = 200
MAX_FACTS_BYTES: Final = 1 << 20
MAX_WARNINGS: Final = 50

MAGICS: Final = (
    b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x4d\x3c\xb2\xa1",
    b"\xa1\xb2\xcd\x34", b"\x34\xcd\xb2\xa1", b"\x1c\x00\x01\xac", b"\xac\x01\x00\x1c",
    b"\x1c\x00\x01\xab", b"\xab\x01\x00\x1c", b"\x0a\x0d\x0d\x0a", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
"""First bytes of pcap in its variants, pcapng and zstd."""
GZIP: Final = b"\x1f\x8b"
_SKIPPABLE: Final = b"\x2a\x4d\x18"
"""Behind its first byte, 0x50 to 0x5f: a frame that a zstd file may begin with."""


@dataclass(slots=True)
class Upload:
    """One uploaded capture."""

    id: str
    name: str
    """As the person calls the file."""
    bytes: int
    """Of the file as it came."""
    uploaded_ns: int
    state: State = "waiting"
    bytes_read: int = 0
    summary: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    def described(self, folder: Path) -> dict[str, Any]:
        """For an answer of the API."""
        told = self.summary
        return {
            "id": self.id,
            "name": self.name,
            "bytes": self.bytes,
            "uploaded": format_time(self.uploaded_ns),
            "state": self.state,
            "bytes_read": self.bytes if self.state == "ready" else self.bytes_read,
            "stored_bytes": stored_bytes(folder / ROWS),
            "packets": told.get("packets"),
            "requests": told.get("requests"),
            "flows": told.get("flows"),
            "first_time": told.get("first_time"),
            "last_time": told.get("last_time"),
            "damaged": told.get("damaged"),
            "warnings": list(told.get("warnings", ())),
            "missing": list(told.get("missing", ())),
            "error": self.error,
        }

    def save(self, folder: Path) -> None:
        """Write the facts into the folder, whole or not at all. Raises OSError."""
        facts = asdict(self)
        descriptor, name = tempfile.mkstemp(prefix=FACTS, dir=folder)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(facts, file)
            Path(name).replace(folder / FACTS)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @staticmethod
    def load(folder: Path) -> Upload | None:
        """What a folder says; None where that cannot be read."""
        try:
            with (folder / FACTS).open("rb") as file:
                upload = Upload(**json.loads(file.read(MAX_FACTS_BYTES)))
        except (OSError, ValueError, TypeError):
            return None
        return upload if upload.id == folder.name else None


_COUNTS: Final = ("packets", "bytes", "requests", "flows", "first_time_ns", "last_time_ns")


def checked_summary(told: dict[str, Any], path: str, name: str) -> dict[str, Any]:
    """What the reading process told of a file, as far as it is what it should be.

    In its warnings the file is called `name`, not by where it is kept.
    """
    summary: dict[str, Any] = {
        key: told[key] for key in _COUNTS if type(told.get(key)) is int and 0 <= told[key] < 2**63
    }
    for key in ("first_time", "last_time"):
        found = summary.get(f"{key}_ns")
        summary[key] = None if found is None else format_time(found)
    for key in ("warnings", "missing"):
        texts = told[key] if isinstance(told.get(key), list) else []
        summary[key] = [str(text).replace(path, name) for text in texts[:MAX_WARNINGS]]
    summary["damaged"] = told.get("damaged") is True
    return summary


def plain_name(name: str) -> str:
    """The last part of a path, without what cannot be shown."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(sign for sign in last if sign.isprintable()).strip()[:MAX_NAME] or "capture"


def check_beginning(name: str, first: bytes) -> None:
    """Refuse what is no capture by its first four bytes. Raises `BadFile`.

    The file itself is read elsewhere, by a process without rights.
    """
    known = first.startswith((*MAGICS, GZIP)) or (
        len(first) >= 4 and first[1:4] == _SKIPPABLE and first[0] & 0xF0 == 0x50
    )
    if not known:
        starts = (
            f"starts with {first[:4].hex(' ')}, neither pcap nor pcapng" if first else "is empty"
        )
        raise BadFile(
            f"{name} is not a capture file that can be read: it {starts}",
            remedy="Give a pcap or pcapng file, plain or compressed with gzip or zstd. "
            "Wireshark's editcap converts others: editcap -F pcapng IN OUT.",
        )
