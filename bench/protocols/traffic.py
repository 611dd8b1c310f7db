"""What a protocol's file in this folder says: who serves it, what asks, and what must come out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.golden.captures import DIRECTORY

from bench import environment
from bench.lab import Lab

Expected = Mapping[str, int]
"""A condition in SQL on the rows, and how many the tool, or the server, says there must be."""

Session = Callable[[Lab], AbstractContextManager[Callable[[], Expected]]]
"""Starts the server in the laboratory and gives the load: run, it says what it did. Only what it
does is captured, and of that only what crosses between the namespaces."""


@dataclass(frozen=True)
class Need:
    """A program that the traffic is made with."""

    program: str
    """Its name, or a pattern of absolute paths."""
    package: str
    """What to install, on Debian."""

    @property
    def path(self) -> str | None:
        """Where it is; of several versions the last."""
        if not self.program.startswith("/"):
            return shutil.which(self.program)
        found = sorted(str(path) for path in Path("/").glob(self.program[1:]))
        return found[-1] if found else None

    @property
    def found(self) -> str:
        """Where it is.

        Raises FileNotFoundError where it is not: ask `Made.missing` first.
        """
        path = self.path
        if path is None:
            raise FileNotFoundError(self.program)
        return path


@dataclass(frozen=True)
class Library:
    """A module of Python that the traffic is made with."""

    module: str
    distribution: str
    package: str
    """What to install, on Debian."""

    @property
    def python(self) -> str | None:
        """An interpreter that has it."""
        found = environment.interpreter_importing(self.module)
        return str(found) if found else None

    @property
    def found(self) -> str:
        """An interpreter that has it.

        Raises FileNotFoundError where none has: ask `Made.missing` first.
        """
        python = self.python
        if python is None:
            raise FileNotFoundError(self.module)
        return python

    @property
    def version(self) -> Sequence[str]:
        """The command that tells its version."""
        name = repr(self.distribution)
        program = f"from importlib.metadata import version as v; print({name}, v({name}))"
        return [self.found, "-c", program]


@dataclass(frozen=True)
class Made:
    """Traffic of real servers and their load tools."""

    name: str
    load: str
    """What is asked, in words."""
    needs: Sequence[Need]
    session: Session
    rows: str
    """The rows that are of it: what stands behind FROM."""
    versions: Sequence[Sequence[str]]
    """Commands that tell what made it."""
    shown: str | None
    """Display filter of tshark; None where it does not know the protocol."""
    fields: Sequence[str]
    """What tshark prints of each packet that the filter lets through."""
    libraries: Sequence[Library] = ()

    def missing(self) -> str | None:
        """Say what to install; None where all is there."""
        absent = {Path(need.program).name: need.package for need in self.needs if not need.path}
        absent |= {
            f"{library.module} for Python": library.package
            for library in self.libraries
            if library.python is None
        }
        if absent:
            packages = " ".join(sorted(set(absent.values())))
            return f"needs {', '.join(absent)}; on Debian: apt-get install {packages}"
        return None


@dataclass(frozen=True)
class Repeated:
    """Captures of others, over and over, where no server can be had."""

    name: str
    load: str
    captures: Sequence[str]
    """Files below the folder of shared captures, of Ethernet, IPv4 and TCP."""
    port: int
    """The server's."""
    requests: Callable[[Mapping[str, Any]], int]
    """How many there are in a capture, from what tshark is known to say of it."""
    rows: str
    shown: str | None
    fields: Sequence[str]

    def missing(self) -> str | None:
        """Say where captures are lacking; None where all are there."""
        absent = [name for name in self.captures if not (DIRECTORY / name).exists()]
        if absent:
            return f"no server in Debian, and no captures in {DIRECTORY}: {', '.join(absent)}"
        return None


Traffic = Made | Repeated
