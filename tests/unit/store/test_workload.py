"""What one container did: the processes that held its ends of connections."""

from __future__ import annotations

import duckdb

from nautscan.store.interface import Span
from nautscan.store.reader import Question
from nautscan.store.workload import processes

SECOND = 10**9

_FLOWS = """CREATE TABLE flows AS SELECT id, 'local' AS sensor, flow_id,
    make_timestamp_ns(began * 1000000000::BIGINT) AS time,
    make_timestamp_ns(ended * 1000000000::BIGINT) AS last_time,
    client_container_id, client_pid, client_command, 'root' AS client_user,
    server_container_id, server_pid, server_command, 'www-data' AS server_user
    FROM (VALUES
        (1, 1, 100, 110, 'web', NULL, NULL, 'orders', 20, 'nginx'),
        (2, 1, 100, 150, 'web', 10, 'curl', 'orders', 20, 'nginx'),
        (3, 2, 120, 130, 'web', 11, 'wget', 'orders', 20, 'nginx'),
        (4, 3, 300, 310, 'web', 10, 'python', 'orders', NULL, NULL)
    ) t(id, flow_id, began, ended, client_container_id, client_pid, client_command,
        server_container_id, server_pid, server_command)"""


def seen(container: str, since: int, until: int) -> list[tuple[str, int, int, str, str]]:
    with duckdb.connect(":memory:") as database:
        database.execute(_FLOWS)
        found = processes(Question(database), container, Span(since * SECOND, until * SECOND))
    return [
        (
            row["command"],
            row["pid"],
            row["connections"],
            row["first_time"][17:19],
            row["last_time"][14:19],
        )
        for row in found
    ]


def test_processes_are_those_of_connections_that_lasted_into_the_span() -> None:
    assert seen("orders", 0, 1000) == [("nginx", 20, 2, "40", "02:30")]
    assert seen("web", 140, 200) == [("curl", 10, 1, "40", "02:30")]
    assert seen("web", 200, 290) == []


def test_a_number_that_was_given_to_another_program_is_another_process() -> None:
    assert [(command, pid) for command, pid, *_ in seen("web", 0, 1000)] == [
        ("curl", 10),
        ("python", 10),
        ("wget", 11),
    ]
