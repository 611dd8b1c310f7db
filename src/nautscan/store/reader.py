"""Queries: on connections of their own, in threads of their own, with a time limit.

A slow query never keeps rows from being written. It is stopped after its time, or when nobody
waits for it any more.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Generic, TypeVar

import duckdb

from nautscan.errors import BadQuery, NautScanError, QueryTimeout, StoreUnavailable

THREADS: Final = 4
MAX_WAITING: Final = 64
"""Queries that may wait for a thread; beyond it the caller is told to come back."""

Parameters = Mapping[str, Any]
Answer = TypeVar("Answer")
Rows = list[tuple[Any, ...]]


class Question:
    """Runs statements for one caller on one connection."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Made by `Reader`."""
        self._cursor = cursor

    def rows(self, sql: str, parameters: Parameters) -> Rows:
        """All rows of a statement."""
        return self._cursor.execute(sql, dict(parameters)).fetchall()

    def records(self, sql: str, parameters: Parameters) -> list[dict[str, Any]]:
        """All rows of a statement, by name. For answers of bounded size only."""
        self._cursor.execute(sql, dict(parameters))
        names = [column[0] for column in self._cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]


class _Asked(Generic[Answer]):
    """A question in its thread, which can be given up from another."""

    def __init__(
        self,
        question: Callable[[Question], Answer],
        connect: Callable[[], duckdb.DuckDBPyConnection],
    ) -> None:
        self._question = question
        self._connect = connect
        self._lock = threading.Lock()
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._is_given_up = False

    def answer(self) -> Answer:
        # Not on the event loop: a connection may have to wait for a commit.
        cursor = self._connect()
        try:
            with self._lock:
                self._cursor = cursor
                if self._is_given_up:
                    raise duckdb.InterruptException("nobody waits for the answer")
            return self._question(Question(cursor))
        finally:
            with self._lock:
                self._cursor = None
            cursor.close()

    def give_up(self) -> None:
        with self._lock:
            self._is_given_up = True
            if self._cursor is not None:
                self._cursor.interrupt()


class Reader:
    """Answers questions to the database."""

    def __init__(
        self, cursor: Callable[[], duckdb.DuckDBPyConnection], timeout_seconds: float
    ) -> None:
        """`cursor` gives a fresh connection, in any thread, or raises `StoreUnavailable`."""
        self._cursor = cursor
        self.timeout_seconds = timeout_seconds
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="store-reader")
        self._under_way: set[_Asked[Any]] = set()

    async def ask(self, question: Callable[[Question], Answer]) -> Answer:
        """Run `question` in a thread. Raises `QueryTimeout`, `BadQuery`, `StoreUnavailable`."""
        if len(self._under_way) >= THREADS + MAX_WAITING:
            raise StoreUnavailable(
                f"{len(self._under_way)} queries are under way", remedy="Ask again in a moment."
            )
        asked = _Asked(question, self._cursor)
        self._under_way.add(asked)
        try:
            return await self._answered(asked)
        finally:
            self._under_way.remove(asked)

    async def _answered(self, asked: _Asked[Answer]) -> Answer:
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._pool, asked.answer)
        try:
            async with asyncio.timeout(self.timeout_seconds):
                return await asyncio.shield(future)
        except TimeoutError as error:
            raise QueryTimeout(
                f"The query took longer than {self.timeout_seconds:g} seconds and was stopped",
                remedy="Ask for a shorter time range or a narrower filter, "
                "or raise NAUTSCAN_QUERY_TIMEOUT.",
            ) from error
        except duckdb.Error as error:
            raise _failure(error) from error
        finally:
            if not future.done():
                future.cancel()
                asked.give_up()
                future.add_done_callback(_forget)

    def close(self) -> None:
        """Take no more questions, and end those under way with an error."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for asked in list(self._under_way):
            asked.give_up()


def _forget(future: asyncio.Future[Any]) -> None:
    """Take note of the end of a question that nobody waits for."""
    if not future.cancelled():
        future.exception()


_CALLERS_FAULT: Final = (
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.InvalidInputException,
    duckdb.BinderException,
    duckdb.SyntaxException,
)


def _failure(error: duckdb.Error) -> NautScanError:
    text = str(error).strip().split("\n", 1)[0]
    if isinstance(error, _CALLERS_FAULT):
        return BadQuery(text, remedy="Check the values in the filter.", position=0)
    if isinstance(error, duckdb.OutOfMemoryException):
        return StoreUnavailable(
            "The query needs more memory than the database may use",
            remedy="Ask for a shorter time range, or raise NAUTSCAN_STORE_MEMORY.",
        )
    return StoreUnavailable(
        f"The database could not answer: {text}", remedy="GET /api/health says how the store is."
    )
