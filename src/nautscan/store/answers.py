"""Questions to an open database: what is the same for the live store and for a file's rows."""

from __future__ import annotations

from nautscan.store import coverage, mapping, queries, ranking, suggestions, workload
from nautscan.store.filter import Condition
from nautscan.store.interface import (
    Group,
    Grouping,
    Page,
    PageSpec,
    Row,
    SeenValues,
    Span,
    StoredGap,
    ValuesSpec,
)
from nautscan.store.reader import Reader


class DuckAnswers:
    """Asks through a `Reader`. Implements `Answers`."""

    def __init__(self, reader: Reader) -> None:
        """`reader` is closed by whoever made it."""
        self._reader = reader

    async def gaps(self, span: Span) -> list[StoredGap]:
        """Gaps that touch the span."""
        found = await self._reader.ask(lambda question: queries.gaps(question, span))
        return [StoredGap(since, until, reason) for since, until, reason in found]

    async def page(self, spec: PageSpec) -> Page:
        """A page of rows."""
        return await self._reader.ask(lambda question: queries.page(question, spec))

    async def row(self, table: str, row_id: int) -> str | None:
        """One row."""
        return await self._reader.ask(lambda question: queries.row(question, table, row_id))

    async def series(
        self, table: str, condition: Condition, span: Span, bucket_ns: int
    ) -> dict[int, Row]:
        """Totals of buckets."""
        return await self._reader.ask(
            lambda question: queries.series(question, table, condition, span, bucket_ns)
        )

    async def values(self, spec: ValuesSpec) -> SeenValues:
        """Values of a column."""
        return await self._reader.ask(lambda question: suggestions.values(question, spec))

    async def edges(
        self, span: Span, condition: Condition | None, limit: int
    ) -> tuple[list[Row], list[Row], int]:
        """The workload map."""
        return await self._reader.ask(
            lambda question: mapping.edges(question, span, condition, limit)
        )

    async def top(
        self, grouping: Grouping, span: Span, bucket_ns: int, order: str, limit: int
    ) -> tuple[list[Group], int]:
        """The groups that come first."""
        return await self._reader.ask(
            lambda question: ranking.top(question, grouping, span, bucket_ns, order, limit)
        )

    async def courses(
        self, grouping: Grouping, groups: list[Group], span: Span, bucket_ns: int
    ) -> list[dict[int, Row]]:
        """Totals of buckets, of each group."""
        if not groups:
            return []
        return await self._reader.ask(
            lambda question: ranking.courses(question, grouping, groups, span, bucket_ns)
        )

    async def compared(
        self, grouping: Grouping, span: Span, base: Span, limit: int
    ) -> tuple[list[tuple[Group | None, Group | None]], int]:
        """Groups of two spans side by side."""
        return await self._reader.ask(
            lambda question: ranking.compared(question, grouping, span, base, limit)
        )

    async def counted(self, span: Span, bucket_ns: int) -> list[Row]:
        """How much the sensors' counters grew."""
        return await self._reader.ask(lambda question: coverage.counted(question, span, bucket_ns))

    async def containers(self, span: Span) -> list[Row]:
        """Traffic of containers."""
        return await self._reader.ask(lambda question: queries.containers(question, span))

    async def workload(self, container_id: str, span: Span) -> tuple[list[Row], list[Row]]:
        """What a container does."""
        return await self._reader.ask(
            lambda question: (
                workload.endpoints(question, container_id, span),
                workload.peers(question, container_id, span),
            )
        )
