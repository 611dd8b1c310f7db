"""The question that names workloads and processes: both ends of each row, one below the other.

What is looked up of a client and of a server is the same but for few things. Asked of a table of
ends, twice as long as the rows, a question has half of the joins, and most of what it costs is
their planning, with every batch anew. Columns are stacked without being moved: the clients' are
the first chunk, the servers' the second. The answer names owners by number: their many columns
are gathered beside the database.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from arro3.core import Array, ChunkedArray, DataType, Table

from nautscan.store.hosts import SIDES, Joined
from nautscan.store.sockets import joined

TABLE: Final = "ends"
INSIDE: Final = "@"
"""Before a container's name, in place of an address: loopback addresses seen inside it."""

_TIME: Final = DataType.timestamp("ns")
_INTEGER: Final = DataType.int64()


def times(rows: Table) -> Array:
    """The times of rows, which are in one piece, in ns."""
    return rows.column("time").chunk(0).cast(_TIME).cast(_INTEGER)


def bounds(at: Array) -> tuple[int, int]:
    """The first and the last time; no time is null."""
    numbers = at.to_pylist()
    return min(numbers), max(numbers)


def stacked(rows: Table, at: Array, *, macs: bool) -> Table:
    """The ends of rows, which are in one piece: the clients', and then the servers'."""
    client, server = SIDES
    own = ("ip", "port", "mac") if macs else ("ip", "port")

    def both(first: str, second: str) -> ChunkedArray:
        return ChunkedArray([rows.column(first).chunk(0), rows.column(second).chunk(0)])

    columns = {name: both(f"{client}_{name}", f"{server}_{name}") for name in own}
    columns |= {
        f"other_{name}": both(f"{server}_{name}", f"{client}_{name}") for name in ("ip", "port")
    }
    columns |= {name: both(name, name) for name in ("transport", "interface")}
    columns["at"] = ChunkedArray([at, at])
    count = rows.num_rows
    columns["place"] = ChunkedArray([places(0, count), places(count, count)])
    return Table.from_arrays(list(columns.values()), names=list(columns))


class OwnerJoin(NamedTuple):
    """How rows find their owners."""

    kind: str
    suffix: str
    time: str


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to be asked at all: joins that can find nothing are left out."""

    owners: OwnerJoin
    nobody: int
    """The number of an owner where there is none."""
    is_published: bool
    """Whether a port is published."""
    is_inside: bool
    """Whether a container's loopback addresses are known by its name."""
    is_host: bool
    """Whether a name of a host is known: one of the further joins has a column `host`."""


def source(count: int, known: Known, *, macs: bool) -> str:
    """The ends of `count` rows with what joins look at."""
    # Loopback inside a container is that container.
    inside = f"'{INSIDE}' || split_part(interface, '{INSIDE}', -1)"
    looked_up = f"""CASE WHEN (ip LIKE '127.%' OR ip = '::1') AND contains(interface, '{INSIDE}')
        THEN {inside} ELSE ip END"""
    columns = ["place", "ip", "port", "other_ip", "other_port", "transport", '"at"']
    columns += ["mac"] if macs else []
    columns += [
        f"{looked_up if known.is_inside else 'ip'} AS looked_up",
        # Only servers have names that the other end had asked for.
        f"CASE WHEN place >= {int(count)} THEN other_ip END AS asker",
    ]
    return f"(SELECT {', '.join(columns)} FROM {TABLE})"


def _owned(rows: str, known: Known, host: int) -> str:
    """The ends with the number and names of their owner, and where to look for their sockets."""
    kind, suffix, time = known.owners
    joins = f"""{kind} owners{suffix} AS owner ON rows.looked_up = owner.ip
        {time.format("owner")}"""
    taken, pick = "false", "owner.{0}"
    if known.is_published:
        # A published port of the host belongs to the container, before the host itself.
        joins += f""" {kind} published{suffix} AS published ON rows.ip = published.ip
            AND rows.port = published.port AND rows.transport = published.transport
            {time.format("published")}"""
        taken = "published.name IS NOT NULL"
        pick = f"CASE WHEN {taken} THEN published.{{0}} ELSE owner.{{0}} END"
    # Every address of 127.0.0.0/8 is the host's, though the kernel lists one.
    # Those inside a container are looked up by its name instead, and are not.
    local = "(owner.name IS NOT NULL OR starts_with(rows.looked_up, '127.'))"
    picked = ", ".join(f"{pick.format(name)} AS {name}" for name in ("number", "name"))
    return f"""(SELECT rows.*, {picked}, {pick.format("container_id")} AS container_id,
        {taken} AS taken, {local} AS local,
        CASE WHEN owner.container_id IS NOT NULL THEN owner.netns
            WHEN {local} THEN {int(host)} END AS netns
        FROM {rows} AS rows {joins})"""


def question(
    rows: str, known: Known, parts: Sequence[Joined], sockets: tuple[bool, ...] | None, host: int
) -> str:
    """What to ask of the ends `rows`, in their order.

    `parts` are further joins. `sockets` tells which kinds of
    sockets are known (see `joined`); None: no end can have a process.
    """
    parts = list(parts)
    if sockets is not None:
        parts.append(joined(sockets))
    columns = [column for part in parts for column in part.columns]
    joins = " ".join(text for part in parts for text in part.joins)
    best = "coalesce(name, host)" if known.is_host else "name"
    # No owner is known: there is no name, or, if names of hosts are known, only such a one.
    is_nobody = f"container_id IS NULL AND {best} IS NOT DISTINCT FROM "
    more = [f"CASE WHEN {is_nobody}{'host' if known.is_host else 'NULL'} THEN ip END AS unnamed"]
    if sockets is not None:
        more.append("CASE WHEN process_reason = 'not_seen' THEN true END AS is_missed")
    inner = ", ".join(
        (
            "rows.place",
            f"coalesce(number, {known.nobody}) AS number",
            "rows.name",
            "container_id",
            "rows.ip",
            *columns,
        )
    )
    return f"""SELECT * EXCLUDE (place, ip, container_id, name), {", ".join(more)}
        {f", {best} AS best" if known.is_host else ""}
        FROM (SELECT {inner} FROM {_owned(rows, known, host)} AS rows {joins})
        ORDER BY place"""


def gathered(values: dict[str, Array], numbers: Array) -> dict[str, Any]:
    """Columns of values by number."""
    return {name: column.take(numbers) for name, column in values.items()}


def places(first: int, count: int) -> Array:
    """So many numbers from `first` on: a part of what the batch before had, mostly."""
    return _places(_power_of_two(first + count)).slice(first, count)


@lru_cache(maxsize=4)
def _places(count: int) -> Array:
    return Array.from_buffer(array("q", range(count)))


def repeated(value: str | None, kind: DataType, count: int) -> Array:
    """A value, so many times: a part of what the batch before had, mostly."""
    return _repeated(value, kind, _power_of_two(count)).slice(0, count)


@lru_cache(maxsize=8)
def _repeated(value: str | None, kind: DataType, count: int) -> Array:
    return Array([value], type=kind).take(Array.from_buffer(array("Q", bytes(8 * count))))


def _power_of_two(least: int) -> int:
    """Few lengths serve all batches."""
    return 1 << max(0, least - 1).bit_length()
