# ruff: noqa: ASYNC110 (tests wait for what happens)
"""The database fails, is closed or opened again while queries go on."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nautscan.errors import StoreUnavailable
from nautscan.store import growing, writer
from nautscan.store.database import Database
from nautscan.store.duck import DuckStore
from nautscan.store.filestore import FileStore
from nautscan.store.reader import Reader
from tests.unit.store.test_store import ROOMY, put
from tests.unit.support import rows

SLOW = "SELECT sum(a.range * b.range) FROM range(1000000) a, range(1000000) b"
MEMORY = 256 << 20


@contextmanager
def asked(cursor: duckdb.DuckDBPyConnection) -> Iterator[Callable[[], None]]:
    """A query that goes on; what ends it."""

    def ask() -> None:
        with pytest.raises(duckdb.InterruptException):
            cursor.execute(SLOW).fetchall()
        cursor.close()

    def end() -> None:
        if thread.is_alive():
            cursor.interrupt()
            thread.join()

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.2)
    try:
        yield end
    finally:
        end()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DuckStore:
    monkeypatch.setattr(writer, "REOPEN_SECONDS", 0.1)
    return DuckStore(tmp_path / "a.duckdb", ROOMY, memory_bytes=MEMORY, query_seconds=30)


def failing(times: int, action: Callable[..., Any], error: duckdb.Error) -> Callable[..., Any]:
    """An action that fails so many times."""
    left = [error] * times

    def act(*given: Any) -> Any:
        if left:
            raise left.pop()
        return action(*given)

    return act


async def became(store: DuckStore, reason: str) -> None:
    async with asyncio.timeout(20):
        while reason not in (store.state().reason or ""):
            await asyncio.sleep(0.02)


async def writes_again(store: DuckStore) -> None:
    async with asyncio.timeout(20):
        while not store.state().rows_written:
            put(store, "requests", rows("requests"))
            await asyncio.sleep(0.1)
    await store.close()
    assert store.state().state == "closed"


async def test_writing_goes_on_after_a_fatal_error_while_a_query_was_under_way(
    store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fatal = duckdb.FatalException("the disk is gone")
    monkeypatch.setattr(growing, "put", failing(1, growing.put, fatal))
    with asked(store._database.cursor()):
        put(store, "requests", rows("requests"))
        await became(store, "still in use by a query of this process")
        assert store.state().rows_lost == 1
    await writes_again(store)


async def test_a_store_is_closed_while_a_query_goes_on(store: DuckStore) -> None:
    with asked(store._database.cursor()):
        put(store, "requests", rows("requests"))
        await store.close()
        assert store.state().state == "closed"
        assert store.state().rows_written == 1


async def test_a_database_that_cannot_be_asked_is_opened_once_more(
    store: DuckStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fatal = duckdb.FatalException("the disk is gone")
    monkeypatch.setattr(growing, "put", failing(1, growing.put, fatal))
    put(store, "requests", rows("requests"))
    await became(store, "the disk is gone")
    monkeypatch.setattr(Database, "cursor", failing(1, Database.cursor, fatal))
    await writes_again(store)


def test_a_database_that_a_query_holds_is_said_to_be_in_use(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    database = Database(path, MEMORY)
    with asked(database.cursor()):
        database.close()
        with pytest.raises(StoreUnavailable, match="still in use by a query of this") as caught:
            Database(path, MEMORY)
        assert caught.value.remedy == "Ask again in a moment."
    Database(path, MEMORY).close()


def test_a_file_is_opened_again_while_its_last_query_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store = FileStore(path, memory_bytes=MEMORY, query_seconds=30)
    with asked(store._database.cursor()) as end:
        store.close()
        threading.Timer(0.3, end).start()
        FileStore(path, memory_bytes=MEMORY, query_seconds=30).close()


async def test_closing_a_file_ends_what_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    store = FileStore(path, memory_bytes=MEMORY, query_seconds=30)
    asking = asyncio.create_task(store._reader.ask(lambda question: question.rows(SLOW, {})))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(store.close)
    with pytest.raises(StoreUnavailable, match="Interrupted"):
        await asking


async def test_the_event_loop_waits_for_no_connection() -> None:
    took: list[str] = []

    def connect() -> duckdb.DuckDBPyConnection:
        took.append(threading.current_thread().name)
        return duckdb.connect(":memory:")

    reader = Reader(connect, 30)
    assert await reader.ask(lambda question: question.rows("SELECT 1", {})) == [(1,)]
    reader.close()
    assert took[0].startswith("store-reader")
