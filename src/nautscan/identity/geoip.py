"""Country and autonomous system of an address, from MaxMind DB files that the user supplies.

The C reader maps a file, and a mapped file that somebody overwrites in place would end the process;
so on Linux a copy in memory is mapped. A file that has changed is read again; a broken one leaves
the old in use.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import maxminddb

from nautscan.errors import BadRequest

log = logging.getLogger(__name__)

MAX_BYTES: Final = 256 << 20
"""Files of countries and systems have some 10 MB, of cities 60 MB; it is held in memory."""

_GET_ONE: Final = (
    "Give files in MaxMind's .mmdb format, e.g. GeoLite2-Country.mmdb and GeoLite2-ASN.mmdb of "
    "MaxMind, or those of DB-IP or IPinfo (.tar.gz and .gz must be unpacked); or unset "
    "NAUTSCAN_GEOIP."
)
_LET_READ: Final = (
    "See that the path is right and that the server's user may read it; or unset NAUTSCAN_GEOIP."
)


class Place(NamedTuple):
    """Where an address is registered; null where no file says."""

    country: str | None
    """ISO 3166-1 code of two letters."""
    as_: str | None
    """Number and organisation of the autonomous system: `AS13335 Cloudflare`."""


NOWHERE: Final = Place(None, None)


@dataclass(frozen=True, slots=True)
class GeoFileState:
    """How it stands with one file."""

    path: str
    kind: str
    """What the file calls itself, e.g. GeoLite2-Country."""
    built_s: int
    """When it was made, seconds since 1970."""
    reason: str | None = None
    """Why a newer version of it could not be read."""


class _File:
    """One open file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = _version_of(path)
        self.reader = _opened(path)
        facts = self.reader.metadata()
        self.state = GeoFileState(str(path), facts.database_type, facts.build_epoch)

    def refresh(self) -> bool:
        """Read it again where it has changed; whether it was."""
        try:
            version = _version_of(self._path)
            if version == self._version:
                return False
            self._version = version
            fresh = _File(self._path)
        except BadRequest as error:
            self._troubled(error.message)
            return False
        self.reader, self.state = fresh.reader, fresh.state
        return True

    def _troubled(self, reason: str) -> None:
        if self.state.reason != reason:
            log.warning("%s; the version read before stays in use", reason)
            self.state = replace(self.state, reason=reason)


class GeoFiles:
    """The files, asked in their order. `look` may be used by any thread."""

    def __init__(self, paths: Sequence[str]) -> None:
        """Open them. Raises `BadRequest` with a remedy for one that cannot be used."""
        self._files = [_File(Path(path)) for path in paths]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._files)

    def refresh(self) -> bool:
        """Read files again that have changed; whether there were any."""
        changed = [file.refresh() for file in self._files]
        return any(changed)

    def states(self) -> list[GeoFileState]:
        """How it stands with each."""
        return [file.state for file in self._files]

    def look(self, ip: str) -> Place:
        """What the files say about an address; the first that says something wins."""
        place = NOWHERE
        for file in self._files:
            try:
                record = file.reader.get(ip)
            except (ValueError, maxminddb.InvalidDatabaseError):
                continue  # Not an address, IPv6 in a file of IPv4, or a damaged record.
            if isinstance(record, dict):
                place = Place(place.country or country_in(record), place.as_ or as_in(record))
        return place


def country_in(record: Mapping[str, Any]) -> str | None:
    """The country of a record: MaxMind's and DB-IP's nest it, IPinfo's does not."""
    country = record.get("country")
    if isinstance(country, Mapping):
        country = country.get("iso_code")
    for code in (country, record.get("country_code")):
        if isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha():
            return code.upper()
    return None


def as_in(record: Mapping[str, Any]) -> str | None:
    """The autonomous system of a record, in MaxMind's keys or IPinfo's."""
    number = record.get("autonomous_system_number", record.get("asn"))
    digits = str(number or "").upper().removeprefix("AS")
    if not digits.isdecimal():
        return None
    name = record.get("autonomous_system_organization") or record.get("as_name")
    return f"AS{digits} {name}" if isinstance(name, str) and name else f"AS{digits}"


def _version_of(path: Path) -> tuple[int, int, int]:
    try:
        facts = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _opened(path: Path) -> maxminddb.Reader:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise BadRequest(
                f"The GeoIP file {path} has {size >> 20} MiB; at most {MAX_BYTES >> 20} are read",
                remedy="Give a file of countries or systems rather than one of cities or more.",
            )
        with _private_copy(path) as copy:
            return maxminddb.open_database(copy)
    except OSError as error:
        raise _unreadable(path, error) from error
    except (maxminddb.InvalidDatabaseError, ValueError) as error:
        raise BadRequest(
            f"The GeoIP file {path} is not a MaxMind DB file, or it is damaged", remedy=_GET_ONE
        ) from error


@contextmanager
def _private_copy(path: Path) -> Iterator[Path]:
    """A copy that nobody else can change, and that is gone with its last mapping."""
    if sys.platform != "linux":
        # Windows does not let a mapped file be changed; elsewhere, replace files by renaming.
        yield path
        return
    copy = os.memfd_create("nautscan-geoip")
    try:
        with path.open("rb") as source, os.fdopen(os.dup(copy), "wb") as target:
            shutil.copyfileobj(source, target)
        yield Path(f"/proc/self/fd/{copy}")
    finally:
        os.close(copy)


def _unreadable(path: Path, error: OSError) -> BadRequest:
    return BadRequest(
        f"The GeoIP file {path} cannot be read: {error.strerror or error}", remedy=_LET_READ
    )
