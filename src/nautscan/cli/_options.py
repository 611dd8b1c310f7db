"""Options that several commands share, and how they become settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

from nautscan.parsing import Paths, parse_paths

Command = TypeVar("Command", bound=Callable[..., Any])

_CAPTURE_OPTIONS = (
    click.option(
        "-i",
        "--interface",
        "interfaces",
        multiple=True,
        metavar="NAME",
        help="Capture on this interface; may be given several times. `default` is what is found, "
        "`lo@web` is lo inside the container web. "
        "[default: NETWORK_INTERFACES, else Docker's own, else those in use]",
    ),
    click.option(
        "--container",
        "containers",
        multiple=True,
        metavar="NAME",
        help="Capture inside this container, its loopback included: a name, a Compose service or "
        "the beginning of an id; may be given several times. --interface then names interfaces "
        "inside.  [default: NAUTSCAN_CONTAINERS]",
    ),
    click.option("-f", "--filter", metavar="BPF", help="Capture filter, e.g. 'tcp port 80'."),
    click.option(
        "--promiscuous/--no-promiscuous",
        default=None,
        help="See packets meant for others as well.  [default: promiscuous]",
    ),
    click.option("--snaplen", metavar="SIZE", help="Bytes kept of a packet.  [default: 262144]"),
    click.option(
        "--buffer",
        "buffer_bytes",
        metavar="SIZE",
        help="Kernel buffer of each interface, e.g. 64MiB.  [default: 32MiB]",
    ),
    click.option("--workers", metavar="N", help="Threads that share the flows.  [default: 1]"),
    click.option(
        "--protobuf",
        multiple=True,
        type=click.Path(exists=True),
        help="Schema to decode messages of gRPC with: a set of descriptors, a .proto file, or a "
        "folder of these; may be given several times.  [default: NAUTSCAN_PROTOBUF]",
    ),
)


enter_option = click.option(
    "--enter-containers/--no-enter-containers",
    default=None,
    help="Keep the rights to capture inside containers (CAP_SYS_ADMIN and CAP_SYS_PTRACE, in "
    "reserve), so that the page and the API can ask for it later.  "
    "[default: only with --container]",
)
"""For what runs on and may be asked later."""


def capture_options(command: Command) -> Command:
    """Adds the options of live capture."""
    for option in reversed(_CAPTURE_OPTIONS):
        command = option(command)
    return command


def capture_settings(options: dict[str, Any]) -> dict[str, Any]:
    """The settings among a command's options, for `Config.load`."""
    settings = {name: options[name] for name in ("filter", "promiscuous", "snaplen", "workers")}
    settings["buffer_bytes"] = options["buffer_bytes"]
    settings["interfaces"] = split_names(options["interfaces"])
    settings["protobuf"] = Paths.of(options["protobuf"]) or None
    settings["containers"] = split_names(options["containers"])
    return settings


def split_names(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """`-i a,b -i c` is a, b and c. None if none is named."""
    parts = tuple(part.strip() for name in names for part in name.split(",") if part.strip())
    return parts or None


def schemas_given(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Absolute paths of schemas: those given, else those of the environment."""
    return Paths.of(paths) or parse_paths(os.environ.get("NAUTSCAN_PROTOBUF", ""))


def log_to_stderr(level: str) -> None:
    """Logs as a child of the supervisor: it adds the time and the name."""
    import logging

    logging.basicConfig(
        stream=sys.stderr,
        level=logging.getLevelNamesMapping().get(level.upper(), logging.INFO),
        format="%(levelname)-7s %(message)s",
        force=True,
    )
