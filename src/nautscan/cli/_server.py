"""The server process, as the supervisor starts it: `python -m nautscan.cli._server`.

Settings come in the environment (`Config.environment`). Started as root, it imports what it needs,
becomes the user it was told, and only then opens its store and listens.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys

from nautscan.cli._options import log_to_stderr
from nautscan.config import Config
from nautscan.errors import NautScanError
from nautscan.offline.uploaded.process import fork_helper
from nautscan.sensor import installation, privileges
from nautscan.sensor.children import watch_lifeline
from nautscan.sensor.supervisor import READY
from nautscan.sensor.users import Identity, is_root


def main(arguments: list[str] | None = None) -> None:
    """Runs the server until it is told to end."""
    parser = argparse.ArgumentParser(prog="nautscan _server")
    parser.add_argument("--socket", required=True, help="the sensor's socket")
    parser.add_argument("--drop-user", type=Identity.parse, help="UID:GID or UID:GID:GROUP,GROUP")
    options = parser.parse_args(arguments)
    # First: it is to have as little of this process in its memory as can be.
    readers = fork_helper(lambda: give_up_rights(options.drop_user))
    config = Config.load(sensor_address=options.socket)
    log_to_stderr(config.log_level)

    from nautscan.api import server

    try:
        server.run(
            config,
            before_listen=lambda: before_listen(options.drop_user),
            ready=ready,
            readers=readers,
        )
    except NautScanError as error:
        sys.exit("\n".join(filter(None, (error.message, error.remedy))))


def before_listen(identity: Identity | None) -> None:
    """Gives up all rights; the process has no thread yet."""
    give_up_rights(identity)
    watch_lifeline(lambda: os.kill(os.getpid(), signal.SIGTERM))


def give_up_rights(identity: Identity | None) -> None:
    """Becomes the user it was told, for good, with what Python needs within reach."""
    if identity is not None and is_root():
        installation.prepare(identity, installation.SERVER_MODULES)
    else:
        identity = None
    privileges.become(identity)


def ready(address: str) -> None:
    """Tells the supervisor that the server really listens, and where."""
    print(f"{READY}{address}", flush=True)


if __name__ == "__main__":
    main()
