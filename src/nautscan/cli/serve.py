"""``nautscan serve``: watch the network and show it in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nautscan.cli._options import capture_options, capture_settings, enter_option, log_to_stderr


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", metavar="PORT", help="Port to listen on.  [default: 8000]")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database.  [default: ~/.local/share/nautscan, as root /var/lib/nautscan]",
)
@click.option(
    "--user",
    metavar="NAME",
    help="As root: the user that the server becomes before it listens.  "
    "[default: who called sudo, else nobody]",
)
@click.option(
    "--docker-group/--no-docker-group",
    default=True,
    help="As root: let the server keep the group of Docker's socket, if only that opens it. That "
    "group equals root; without it, containers have no names.  [default: docker-group]",
)
@click.option(
    "--geoip",
    multiple=True,
    type=click.Path(dir_okay=False),
    help="File in MaxMind's .mmdb format that tells countries or autonomous systems; may be given "
    "several times.",
)
@click.option("--stdin", is_flag=True, help="Read a live pcap stream from standard input instead.")
@enter_option
@capture_options
def command(**options: Any) -> int:
    """Watch the network and show it in the browser.

    Captures live and serves the page and the API. Under sudo, only the capturing process keeps
    rights; the one that serves the page gives them up before it listens.
    """
    from nautscan.config import Config, default_data_dir
    from nautscan.parsing import Paths
    from nautscan.sensor.streams import StreamSpec
    from nautscan.sensor.supervisor import ServeOptions, serve

    names = ("host", "port", "data_dir", "user", "enter_containers")
    settings = capture_settings(options) | {name: options[name] for name in names}
    settings["geoip"] = Paths.of(options["geoip"]) or None
    if options["stdin"] and (settings["interfaces"] or settings["containers"]):
        raise click.UsageError("--stdin excludes --interface and --container")
    config = Config.load(**settings)
    log_to_stderr(config.log_level)
    return serve(
        ServeOptions(
            config=config,
            stream=StreamSpec("stdin") if options["stdin"] else None,
            docker_group=options["docker_group"],
            default_data_dir=config.data_dir == default_data_dir(),
        )
    )
