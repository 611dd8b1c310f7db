"""The command group: which subcommands exist, and how errors become exit codes.

A subcommand is a module ``nautscan.cli.<name>`` with a ``command``; it is imported only when it
runs, so that no command pays for what another needs.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, cast

import click

from nautscan import __version__
from nautscan.cli.common import Exit, failure_of, silence_stdout, tell, wants_json

DEFAULT_COMMAND = "serve"

# Name and one line of help, in the order of `nautscan --help`. The line stands here, and not
# only in the module, because printing it must not import the module; a test compares both.
COMMANDS: dict[str, str] = {
    "serve": "Watch the network and show it in the browser.",
    "demo": "Show a made-up shop of services, through the real engine, without any rights.",
    "read": "Read capture files: summary, rows, SQL, exports.",
    "sql": "Run SQL over capture files.",
    "export": "Write tables as Parquet, CSV or JSON, or packets as pcapng.",
    "capture": "Capture to a file or print rows as they happen.",
    "interfaces": "List the network interfaces and whether they can be captured.",
    "protocols": "List the protocols that are read, whatever their port.",
    "doctor": "Check what capturing needs here, and say what to do.",
    "sensor": "Run the capturing process alone.",
    "frontend": "Serve the page alone, for an API that is elsewhere.",
}


class LazyGroup(click.Group):
    """A group whose subcommands are imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"nautscan.cli.{cmd_name}")
        if not gc.isenabled():
            # As `nautscan.__main__` left it: what was imported is not looked through from now on.
            gc.freeze()
            gc.enable()
        return cast("click.Command", module.command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Run the default command when the command line names none."""
        own = {option for parameter in self.get_params(ctx) for option in parameter.opts}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; a reader of stdout that went away is no error to report."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            silence_stdout()
            ctx.exit(Exit.BROKEN_PIPE)
        return result


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="nautscan")
def cli() -> None:
    """See what containers, hosts and networks say to each other.

    Without a command, `serve` is run. Exit codes: 0 done, 1 failed, 2 wrong usage,
    3 capture damaged and read up to the damage, 130 interrupted.
    """


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        result = cli.main(args=arguments, prog_name="nautscan", standalone_mode=False)
    except click.Abort:
        return Exit.INTERRUPTED
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        tell(failure, as_json=wants_json(arguments))
        return failure.exit_code
    return result if isinstance(result, int) else Exit.OK


def main() -> NoReturn:
    """Entry point of the ``nautscan`` command."""
    sys.exit(run())
