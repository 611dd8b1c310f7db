"""The lookout, as the supervisor starts it: `python -m nautscan.cli._lookout`.

Started as root, it opens what takes rights, becomes the user it was told, and keeps what it takes
to look into other users' processes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from nautscan.cli._options import log_to_stderr
from nautscan.config import Config
from nautscan.sensor.lookout.serving import LookoutOptions, run
from nautscan.sensor.users import Identity


def main(arguments: list[str] | None = None) -> None:
    """Runs the lookout until it is told to end."""
    parser = argparse.ArgumentParser(prog="nautscan _lookout")
    parser.add_argument("--socket", required=True, type=Path, help="where the server connects")
    parser.add_argument("--drop-user", type=Identity.parse, help="UID:GID")
    options = parser.parse_args(arguments)
    log_to_stderr(Config.load().log_level)
    try:
        run(LookoutOptions(options.socket, options.drop_user, supervised=True))
    except OSError as error:
        sys.exit(f"the lookout cannot run at {options.socket}: {error.strerror or error}")


if __name__ == "__main__":
    main()
