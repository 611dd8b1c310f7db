"""``nautscan frontend``: the page alone, for an API that is elsewhere."""

from __future__ import annotations

import os
from typing import Any

import click

DEFAULT_PORT = "3000"


@click.command(short_help="Serve the page alone, for an API that is elsewhere.")
@click.option("--host", metavar="ADDRESS", help="Address to listen on.  [default: 127.0.0.1]")
@click.option(
    "--port", metavar="PORT", default=DEFAULT_PORT, show_default=True, help="Port to listen on."
)
@click.option(
    "--api-url",
    metavar="URL",
    help="The API as browsers reach it.  "
    "[default: NEXT_PUBLIC_API_URL, else http://localhost:8000/api]",
)
@click.option("--user", metavar="NAME", help="As root: the user that it becomes before it listens.")
def command(**options: Any) -> int:
    """Serve the page alone, for an API that is elsewhere.

    `nautscan serve` serves the page and its API together and does not need this. The API must
    name this page's origin in NAUTSCAN_CORS_ORIGINS. Where it asks for a token, so does the page.
    """
    from nautscan.api import frontend
    from nautscan.cli._options import log_to_stderr
    from nautscan.config import Config

    config = Config.load(**options)
    log_to_stderr(config.log_level)
    frontend.run(
        config,
        before_listen=lambda: _give_up_rights(config.user),
        ready=lambda at: _told(config, at),
    )
    return 0


def _give_up_rights(user: str | None) -> None:
    """It needs none: it reads nothing once it listens."""
    from nautscan.sensor import installation, privileges
    from nautscan.sensor.users import server_identity

    identity = server_identity(user, os.environ, docker_group=False)
    if identity is not None:
        installation.prepare(identity, installation.SERVER_MODULES)
    privileges.become(identity)


def _told(config: Any, address: str) -> None:
    click.echo(f"\nThe page is at  {address}  and asks  {config.api_url}\nCtrl-C ends it.\n")
