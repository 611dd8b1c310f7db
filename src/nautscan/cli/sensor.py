"""``nautscan sensor``: the capturing process alone."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nautscan.cli._options import capture_options, capture_settings, enter_option, log_to_stderr

if TYPE_CHECKING:
    from nautscan.sensor.streams import StreamSource
    from nautscan.sensor.users import Identity


@click.command()
@click.option(
    "--socket",
    "socket_path",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the server connects. Only this user (or --user) and root can.",
)
@click.option(
    "--user",
    metavar="NAME",
    help="As root: the user that the sensor becomes, keeping only the capabilities of capture.  "
    "[default: who called sudo, else nobody]",
)
@click.option("--stdin", is_flag=True, help="Read a live pcap stream from standard input instead.")
@click.option("--supervised", is_flag=True, hidden=True)
@click.option("--drop-user", metavar="UID:GID", hidden=True)
@click.option("--stream-socket", type=int, hidden=True)
@click.option("--stream-name", default="stdin", hidden=True)
@enter_option
@capture_options
def command(socket_path: Path, **options: Any) -> None:
    """Run the capturing process alone.

    It is the only part of NautScan with rights. `nautscan serve` starts one by itself; run it
    alone where another program keeps it alive.
    """
    from nautscan.config import Config
    from nautscan.doctor.capturing import sensor_checks
    from nautscan.sensor.process import SensorOptions, run

    settings = capture_settings(options)
    config = Config.load(**settings, enter_containers=options["enter_containers"])
    log_to_stderr(config.log_level)
    try:
        run(
            SensorOptions(
                socket=socket_path,
                config=config,
                stream=_stream(options),
                identity=_identity(options),
                supervised=options["supervised"],
                examine=sensor_checks,
            )
        )
    except OSError as error:
        raise click.ClickException(
            f"the sensor cannot run at {socket_path}: {error.strerror or error}"
        ) from error


def _identity(options: dict[str, Any]) -> Identity | None:
    from nautscan.sensor.users import Identity, server_identity

    if options["drop_user"] is not None:
        return Identity.parse(options["drop_user"])
    return server_identity(options["user"], os.environ, docker_group=False)


def _stream(options: dict[str, Any]) -> StreamSource | None:
    from nautscan.sensor.streams import DescriptorStream, SocketStream

    if options["stream_socket"] is not None:
        pair_end = socket.socket(fileno=options["stream_socket"])
        return SocketStream(pair_end, options["stream_name"])
    if options["stdin"]:
        return DescriptorStream(os.dup(0), options["stream_name"])
    return None
