"""``nautscan demo``: a made-up shop, live through the real engine or as a capture file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click

from nautscan.cli.common import Exit

DEFAULT_SEED = 1
DEFAULT_SECONDS = 60.0
STREAM_NAME = "demo"


@click.command(
    short_help="Show a made-up shop of services, through the real engine, without any rights."
)
@click.option(
    "--seed", type=int, default=DEFAULT_SEED, show_default=True, help="What it is made of."
)
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", metavar="PORT", help="Port to listen on.  [default: 8000]")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the demo's own database.",
)
@click.option(
    "--write", metavar="FILE", help="Write a pcap instead (`-`: to standard output) and end."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=DEFAULT_SECONDS,
    show_default=True,
    help="With --write: how much time the capture covers.",
)
@click.option(
    "--ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --write: also write what was generated, one JSON object a request.",
)
@click.option("--live-stream", is_flag=True, hidden=True)
def command(
    *,
    seed: int,
    write: str | None,
    seconds: float,
    ledger: Path | None,
    live_stream: bool,
    **serving: Any,
) -> int:
    """Show a made-up shop of services: no network, no Docker, no rights are needed.

    Packets are generated and go the way that captured ones go. Every page and every answer says
    that it is a demo. The same seed makes the same packets.
    """
    if live_stream:
        return _stream(seed)
    if write is not None:
        return _write(write, seed, seconds, ledger)
    if ledger is not None:
        raise click.UsageError("--ledger goes with --write.")
    return _serve(seed, serving)


def _stream(seed: int) -> int:
    """What the supervisor runs: packets on standard output when their time comes."""
    from nautscan.demo.generate import stream_live
    from nautscan.export.output import standard_output

    with standard_output() as stream:
        stream_live(stream, seed)
    return Exit.OK


def _write(target: str, seed: int, seconds: float, ledger: Path | None) -> int:
    from nautscan.demo import generate
    from nautscan.demo.ledger import Exchange

    account: list[Exchange] = []
    record = account.append if ledger is not None else generate.ignore
    with _opened(target) as stream:
        packets = generate.write(stream, seed, seconds, account=record)
    if ledger is not None:
        account.sort(key=lambda exchange: exchange.time)
        ledger.write_text("".join(f"{exchange.as_json()}\n" for exchange in account))
    click.echo(f"{packets} packets of a made-up shop", err=True)
    return Exit.OK


@contextmanager
def _opened(target: str) -> Iterator[BinaryIO]:
    if target == "-":
        from nautscan.export.output import standard_output

        with standard_output() as stream:
            yield stream
        return
    from nautscan.errors import BadRequest

    try:
        with Path(target).open("wb") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BadRequest(
            f"{target} cannot be written: {error.strerror or error}",
            remedy="Choose a place that you can write to, with room.",
        ) from error


def _serve(seed: int, serving: dict[str, Any]) -> int:
    from nautscan.cli._options import log_to_stderr
    from nautscan.config import Config, default_data_dir
    from nautscan.sensor.streams import StreamSpec
    from nautscan.sensor.supervisor import ServeOptions, serve

    config = Config.load(source="demo", **serving)
    log_to_stderr(config.log_level)
    generator = (
        sys.executable,
        "-P",
        "-m",
        "nautscan",
        "demo",
        "--live-stream",
        "--seed",
        str(seed),
    )
    return serve(
        ServeOptions(
            config=config,
            stream=StreamSpec(STREAM_NAME, generator),
            default_data_dir=config.data_dir == default_data_dir(),
        )
    )
