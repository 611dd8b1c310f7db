"""What the server asks of a store, whatever the database behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

from arro3.core import Table

from nautscan import schema
from nautscan.store.filter import Condition
from nautscan.store.growing import Exchange

Order = Literal["desc", "asc"]


@dataclass(frozen=True, slots=True)
class Span:
    """From (inclusive) and to (exclusive), ns; None: no bound."""

    since_ns: int | None = None
    until_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the last row, and the newest row that existed at the first page."""

    time_ns: int
    row_id: int
    newest_id: int


@dataclass(frozen=True, slots=True)
class PageSpec:
    """Which rows of a table, in which order, after which place."""

    table: str
    condition: Condition
    span: Span
    limit: int
    order: Order = "desc"
    after: Place | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as JSON objects; `following` is None at the end."""

    rows: Sequence[str]
    following: Place | None


@dataclass(frozen=True, slots=True)
class StoredGap:
    """A time without observation, ns; `until_ns` None: still open."""

    since_ns: int
    until_ns: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What is kept: bytes and seconds; and how long a query may take."""

    keep_seconds: float
    keep_bytes: int
    min_free_bytes: int
    query_seconds: float


@dataclass(frozen=True, slots=True)
class StoreState:
    """How the store is, and what it has lost."""

    state: Literal["ok", "full", "failing", "closed"]
    reason: str | None
    path: str
    bytes: int
    free_bytes: int | None
    schema_version: int
    rows_written: int
    rows_lost: int
    rows_expired: int
    queue_batches: int
    queue_bytes: int
    last_commit_ns: int | None


@dataclass(frozen=True, slots=True)
class ValuesSpec:
    """Which values: of a column, that contain `part` in any case, in rows that match."""

    table: str
    column: schema.Column
    part: str
    condition: Condition
    limit: int


class SeenValue(NamedTuple):
    """A value of a column, and in how many rows it was seen."""

    value: str | int | bool
    times: int


@dataclass(frozen=True, slots=True)
class SeenValues:
    """Values of the newest rows; how many rows were looked at, since when (ns, None: none)."""

    values: Sequence[SeenValue]
    rows: int
    since_ns: int | None


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which rows of a table are grouped by what. `by`: see `nautscan.store.dimensions`.

    `own_name` is the name of this machine in the rows, which is never an outside host.
    """

    table: str
    by: str
    condition: Condition
    own_name: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that share their keys: each with the number of the column in its chain that gave it."""

    keys: tuple[tuple[str | None, int | None], ...]
    facts: dict[str, str | None]
    totals: Row


class Doings(NamedTuple):
    """What one container did in a span, the busiest of each kind."""

    endpoints: list[Row]
    peers: list[Row]
    processes: list[Row]


class Answers(Protocol):
    """Stored rows, as far as they are asked about: those of the live traffic, or of one file.

    Raises `StoreUnavailable`, `QueryTimeout`, `BadQuery`.
    """

    async def gaps(self, span: Span) -> list[StoredGap]:
        """The gaps that touch the span, oldest first."""
        ...

    async def page(self, spec: PageSpec) -> Page:
        """A page of rows, without headers and bodies; flows as last seen, each once."""
        ...

    async def row(self, table: str, row_id: int) -> str | None:
        """One row with everything, as a JSON object."""
        ...

    async def series(
        self, table: str, condition: Condition, span: Span, bucket_ns: int
    ) -> dict[int, Row]:
        """Totals of each bucket that has any, by its number from `span.since_ns`."""
        ...

    async def values(self, spec: ValuesSpec) -> SeenValues:
        """The most frequent values of a column, in the newest rows."""
        ...

    async def edges(
        self, span: Span, condition: Condition | None, limit: int
    ) -> tuple[list[Row], list[Row], int]:
        """Edges and nodes of the workload map, and how many edges the limit cut off.

        A condition is over requests; with one, flows are left out.
        """
        ...

    async def top(
        self, grouping: Grouping, span: Span, bucket_ns: int, order: str, limit: int
    ) -> tuple[list[Group], int]:
        """The groups that come first, each with its course, and how many there are."""
        ...

    async def courses(
        self, grouping: Grouping, groups: list[Group], span: Span, bucket_ns: int
    ) -> list[dict[int, Row]]:
        """Of each group: totals of each bucket that has any."""
        ...

    async def compared(
        self, grouping: Grouping, span: Span, base: Span, limit: int
    ) -> tuple[list[tuple[Group | None, Group | None]], int]:
        """Groups of two spans side by side, and how many the limit cut off."""
        ...

    async def counted(self, span: Span, bucket_ns: int) -> list[Row]:
        """How much the sensors' counters grew: bucket, stage, name, interface, grown."""
        ...

    async def containers(self, span: Span, condition: Condition) -> list[Row]:
        """Traffic of each container in the span, of requests that meet the condition."""
        ...

    async def workload(self, container_id: str, span: Span, condition: Condition) -> Doings:
        """Endpoints, peers and processes of a container, the busiest of each.

        Endpoints and peers are of requests that meet the condition.
        """
        ...


class Store(Answers, Protocol):
    """One store of requests, flows and stats that grows.

    `append` never waits and never raises for trouble with the disk: rows that cannot be kept are
    counted in `state().rows_lost`. Rows of one exchange (`exchange_id`) are cumulative: the last
    one that is appended takes the place of those before it.
    """

    @property
    def open_exchanges(self) -> Sequence[tuple[Exchange, int]]:
        """Exchanges that were going on when it was opened, and the numbers of their rows."""
        ...

    @property
    def away_since_ns(self) -> int | None:
        """When the run before this one was last alive; None where there was none."""
        ...

    def first_id(self, table: str, count: int) -> int:
        """Take `count` row numbers; the first one. Never given twice, restarts included."""
        ...

    def append(self, table: str, rows: Table) -> None:
        """Keep rows: the table's stored columns by name."""
        ...

    async def settled(self) -> None:
        """Wait until rows appended so far can be read, as long as that is soon."""
        ...

    def state(self) -> StoreState:
        """How it is now."""
        ...

    def note_gap(self, gap: StoredGap) -> None:
        """Keep a gap; one with the same beginning replaces it."""
        ...

    def keep(self, limits: Limits) -> None:
        """Change what is kept, and how long a query may take, while it runs."""
        ...

    async def close(self) -> None:
        """Write what waits, and close."""
        ...
