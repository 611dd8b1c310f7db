"""The frame: which commands there are, what starting costs, how failures are told."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from nautscan.cli.common import Exit, failure_of
from nautscan.cli.main import COMMANDS, cli
from nautscan.errors import BadFilter
from tests.unit.cli.conftest import Nautscan
from tests.unit.shop import Shop

HEAVY = (
    "rich",
    "duckdb",
    "fastapi",
    "pydantic",
    "uvicorn",
    "aiohttp",
    "asyncio",
    "sqlglot",
    "arro3.io",
)


def loaded_after(*arguments: str) -> set[str]:
    """The heavy modules that a run of the command line has imported."""
    program = (
        "import sys; from nautscan.cli.main import run; run(sys.argv[1:]);"
        f"print('|'.join(sorted(set({HEAVY!r}) & set(sys.modules))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
    )
    last = done.stdout.splitlines()[-1]
    return set(last.split("|")) - {""}


def test_help_imports_no_command() -> None:
    assert loaded_after("--help") == set()


def test_a_summary_as_json_imports_nothing_heavy(shop: Shop) -> None:
    assert loaded_after("read", str(shop.path), "--json") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_is_the_line_in_the_list(name: str) -> None:
    command: click.Command = importlib.import_module(f"nautscan.cli.{name}").command
    assert command.get_short_help_str(limit=200) == COMMANDS[name]


@pytest.mark.parametrize("arguments", [[], ["--port", "1"]])
def test_without_a_command_it_serves(arguments: list[str]) -> None:
    context = click.Context(cli)
    cli.parse_args(context, arguments)
    assert [*context._protected_args, *context.args] == ["serve", *arguments]


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nautscan", "--version"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("nautscan, version ")


def test_garbage_is_looked_for_again_once_a_command_is_there() -> None:
    code = (
        "import click, gc; from nautscan.__main__ import main; before = gc.isenabled();"
        "from nautscan.cli.main import cli; cli.get_command(click.Context(cli), 'serve');"
        "print(before, gc.isenabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


def test_a_wrong_option_is_told_as_text_or_as_json(nautscan: Nautscan) -> None:
    plain = nautscan("read", "--sideways", "x.pcap")
    assert plain.code == Exit.USAGE
    assert "--sideways" in plain.err
    assert "nautscan read --help" in plain.err
    machine = nautscan("read", "--sideways", "x.pcap", "--json")
    assert machine.code == Exit.USAGE
    assert json.loads(machine.err)["error"]["code"] == "usage"


def test_an_unknown_command_is_wrong_usage(nautscan: Nautscan) -> None:
    result = nautscan("fly")
    assert result.code == Exit.USAGE
    assert "fly" in result.err


@pytest.mark.parametrize("as_json", [False, True])
def test_a_missing_file_says_what_to_do(
    nautscan: Nautscan, tmp_path: Path, *, as_json: bool
) -> None:
    missing = tmp_path / "none.pcap"
    result = nautscan("read", missing, *(["--json"] if as_json else []))
    assert result.code == Exit.FAILED
    assert result.out == ""
    if as_json:
        error: dict[str, Any] = json.loads(result.err)["error"]
        assert error.keys() == {"code", "message", "remedy", "detail"}
        assert str(missing) in error["message"]
        assert error["remedy"]
    else:
        assert result.err.startswith("nautscan: ")
        assert str(missing) in result.err


def test_a_bug_is_not_dressed_up() -> None:
    assert failure_of(ZeroDivisionError()) is None
    failure = failure_of(BadFilter("no", remedy="yes"))
    assert failure is not None
    assert failure.as_text() == "nautscan: no\n  yes"


def test_interruption_has_its_own_code(monkeypatch: pytest.MonkeyPatch, nautscan: Nautscan) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nautscan.demo.generate.write", interrupted)
    assert nautscan("demo", "--write", "-").code == Exit.INTERRUPTED


MORE_THAN_ONE_BATCH = 45
"""Times the shop's packets: a batch is written at once, and only the next one meets the end."""


@pytest.mark.parametrize("arguments", [["demo", "--write", "-"], ["read", "--table", "packets"]])
def test_a_reader_that_goes_away_is_no_error(shop: Shop, arguments: list[str]) -> None:
    files = [str(shop.path)] * MORE_THAN_ONE_BATCH if arguments[0] == "read" else []
    with subprocess.Popen(
        [sys.executable, "-m", "nautscan", *arguments, *files],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait() == Exit.BROKEN_PIPE
    assert b"Traceback" not in errors
    assert b"rror" not in errors


def test_protocols_are_listed_and_described(nautscan: Nautscan) -> None:
    listed = nautscan("protocols")
    assert "postgresql  tcp" in listed.out
    described = nautscan("protocols", "redis")
    assert "pairing_uncertain" in described.out
    facts = [json.loads(line) for line in nautscan("protocols", "--json").out.splitlines()]
    assert [fact["name"] for fact in facts] == sorted(fact["name"] for fact in facts)
    assert all(fact["extracts"] and fact["limits"] for fact in facts)
    unknown = nautscan("protocols", "gopher")
    assert unknown.code == Exit.FAILED
    assert "redis" in unknown.err
