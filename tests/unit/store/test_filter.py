"""The filter language: what it means, evaluated by DuckDB; what it refuses, and where."""

from __future__ import annotations

import random
from collections.abc import Callable

import duckdb
import pytest

from nautscan.errors import BadQuery
from nautscan.store.filter import compile_filter
from tests.unit.support import REQUESTS

NOW = 1_700_000_100 * 10**9

Matching = Callable[[str], list[int]]


@pytest.fixture(scope="module")
def matching() -> Matching:
    """The ids of the sample rows that a filter lets through."""
    connection = duckdb.connect(":memory:")
    connection.execute(f"CREATE TABLE requests AS {REQUESTS}")

    def ids(text: str) -> list[int]:
        condition = compile_filter("requests", text, NOW)
        rows = connection.execute(
            f"SELECT id FROM requests WHERE {condition.sql} ORDER BY id", dict(condition.parameters)
        ).fetchall()
        return [number for (number,) in rows]

    return ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [1, 2, 3, 4]),
        ("status >= 500", [2]),
        ("status >= 500 and server = 'orders'", [2]),
        ("target like '/api/%'", [1, 2]),
        ("target not like '/api/%'", [3]),
        ("target ilike '/API/%' and not status = 200", [2]),
        ("method in ('PUT', 'DELETE') or status between 200 and 299", [1, 3]),
        ("status not between 200 and 299", [2]),
        ("status is null", [3, 4]),
        ("status is not null", [1, 2]),
        ("request_headers is null", [2, 3, 4]),
        ("'200' = status", [1]),
        ("server_port = '80'", [1, 2]),
        ("duration_ns > 100ms", [2]),
        ("duration_ns < 1.5s", [1]),
        ("response_bytes >= 2KB", [2]),
        ("response_bytes >= 2KiB", []),
        ("time >= '-1m30s'", None),
        ("time > '2023-11-14T22:13:22Z'", [3, 4]),
        ("time > '-98s'", [3, 4]),
        ("response_body_truncated", [2]),
        ("not response_body_truncated", [1, 3, 4]),
        ("response_body_truncated is true", [2]),
        ("response_body_truncated = false and status = 200", [1]),
        ("list_contains(oddities, 'folded_header')", [4]),
        ("request_header('User-Agent') like 'curl/%'", [1]),
        ("length(target) > 11 and starts_with(target, '/api')", [2]),
        ("regexp_matches(target, '^/api/o.*s$')", [1]),
        ("target ~ '^/api/o.*s$'", [1]),
        ("lower(method) = 'get'", [1]),
        ("client_ip = server_ip", []),
        ("request_bytes + response_bytes > 2000", [2]),
        ("duration_ns - ttfb_ns > -1", [1, 2]),
        ("CLIENT = 'web'", [1, 2]),
    ],
)
def test_conditions(matching: Matching, text: str, expected: list[int] | None) -> None:
    if expected is None:
        with pytest.raises(BadQuery):
            matching(text)
        return
    assert matching(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders", [1, 2]),
        ("ORDERS", [1, 2]),
        ("orders web", [1, 2]),
        ("/api/orders?page", [2]),
        ("503", [2]),
        ("8080", [3]),
        ("10.0.0.1", [1, 2]),
        ("'no such thing'", []),
        ('"api/orders"', [1, 2]),
        ("it's", []),
        # Beside conditions: words are terms, and side by side means AND.
        ("orders status >= 500", [2]),
        ("status >= 500 orders", [2]),
        ("orders and not 'page'", [1]),
        ("not orders", [3, 4]),
        ("(orders or example.com) method = 'GET'", [1]),
        ("'api/orders' (status = 200 or status = 503)", [1, 2]),
        ("200 or 503", [1, 2]),
        ("response_body_truncated orders", [2]),
    ],
)
def test_free_text(matching: Matching, text: str, expected: list[int]) -> None:
    assert matching(text) == expected


@pytest.mark.parametrize(
    ("text", "position", "word"),
    [
        ("statsu >= 500", 0, "status"),
        ("status >= 500 and servr = 'x'", 18, "server"),
        ("status = 'many'", 9, "number"),
        ("server = orders", 9, "quotes"),
        ("status >= 500 and", 16, "status >= 500"),
        ("(status = 1", 10, "status >= 500"),
        ("status = = 1", 9, "status >= 500"),
        ("duration_ns > 5parsecs", 15, "Units"),
        ("time > 'soon'", 7, "Write 2026"),
        ("server = null", 9, "is null"),
        ("length(status) > 3", 7, "like with like"),
        ("request_header() = 'a'", 0, "request_header(name)"),
        ("request_body = 'x'", 0, "Use"),
        ("(status + 1)", 1, "Compare"),
        ("host = 'x' -- comment", 7, "Take it out"),
        ("host = 'open", 7, "Close every quote"),
        ("status = 99999999999999999999", 9, "9e18"),
        ("1 < status < 3", 13, "like with like"),
    ],
)
def test_errors_say_where_and_what_would_be_right(text: str, position: int, word: str) -> None:
    with pytest.raises(BadQuery) as caught:
        compile_filter("requests", text, NOW)
    assert word in f"{caught.value.message} {caught.value.remedy}"
    assert caught.value.detail["position"] == position
    assert caught.value.status == 422


@pytest.mark.parametrize(
    "text",
    [
        "status = (select 1)",
        "id in (select id from requests)",
        "exists (select 1)",
        "1 = 1; drop table requests",
        "host = 'a' /* */ or 1=1",
        "host = read_text('/etc/passwd')",
        "read_blob('/etc/passwd') is not null",
        "getenv('HOME') = 'x'",
        "current_setting('temp_directory') = 'x'",
        "host = current_user",
        "current_date > time",
        "count(*) > 1",
        "sum(status) over () > 1",
        "status::varchar = 'x'",
        "cast(status as varchar) = 'x'",
        "case when status = 1 then true end",
        "status = ?",
        "status = $f0",
        "oddities[1] = 'x'",
        "{'a': 1} = {'a': 1}",
        "[1] = [1]",
        "interval '5' day > 1",
        "other.host = 'x'",
        "* = 1",
        "host = 'a' union select 1 = 1",
        "host = 'a' limit (1)",
        "host = 'a' collate nocase",
        "status = 1 and host glob '*'",
        "status = 1 and host similar to 'a'",
        "x -> 'y' = 'z'",
        "list_transform(oddities, x -> x) = oddities",
        "sleep_ms(1000) = 1",
        "query('select 1') = 1",
        "host = any(select 'a')",
        "status in (status, (select 1))",
        "host like 'a' escape (select '!')",
        "host = E'\\x41'",
        "host = $$a$$ or true = (1=1)",
        "(" * 60 + "status = 1" + ")" * 60,
        "not " * 60 + "(status = 1)",
        "- " * 60 + "1 < status",
        " or ".join(["status = 1"] * 300),
        "host = '" + "x" * 5000 + "'",
        "host = '\0'",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(BadQuery) as caught:
        compile_filter("requests", text, NOW)
    assert caught.value.remedy
    assert isinstance(caught.value.detail["position"], int)


def test_text_of_the_caller_is_only_in_parameters() -> None:
    condition = compile_filter("requests", "host = 'x'' or 1=1 --' and target like '%evil%'", NOW)
    assert "evil" not in condition.sql
    assert "1=1" not in condition.sql
    assert sorted(condition.parameters.values()) == ["%evil%", "x' or 1=1 --"]


def test_any_text_is_compiled_or_refused_and_what_is_compiled_runs(matching: Matching) -> None:
    """Fragments thrown together: a condition that DuckDB takes, or BadQuery; nothing else."""
    pieces = [
        "status", "server", "host", "time", "oddities", "orders", "'a'", "''", '"b"', "1", "2.5",
        "1e9", "100ms", "=", "<", ">=", "<>", "and", "or", "not", "like", "in", "is", "null",
        "between", "(", ")", ",", "-", "+", "*", "/", "lower(", "length(", "contains(", "true",
        "select", "from", ";", "--", "/*", "*/", "$1", "?", "::", "[", "]", "{", "}", ".", "\\",
        "'", '"', "é", "\n", "case", "when", "cast(", "as", "interval", "escape", "~", "||", "%",
    ]  # fmt: skip
    source = random.Random(20240131)
    compiled = 0
    for _ in range(1500):
        text = " ".join(source.choices(pieces, k=source.randint(1, 9)))
        try:
            matching(text)
        except BadQuery:
            continue
        compiled += 1
    assert compiled > 50


def test_flows_have_their_own_columns() -> None:
    assert compile_filter("flows", "retransmissions > 3 and state = 'reset'", NOW).parameters
    with pytest.raises(BadQuery, match="no column 'status' in flows"):
        compile_filter("flows", "status = 200", NOW)
    with pytest.raises(BadQuery, match="no headers"):
        compile_filter("flows", "request_header('a') = 'b'", NOW)


def test_conditions_that_need_headers_say_so() -> None:
    assert compile_filter("requests", "request_header('a') = 'b'", NOW).heavy
    assert not compile_filter("requests", "status = 200", NOW).heavy
