"""Texts of settings as values. What does not fit is a ValueError that says what is expected."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit


def parse_bool(text: str) -> bool:
    """A switch: true, yes, on, 1, or their opposites."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("true or false is expected")


def parse_list(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


class Lines(tuple[str, ...]):
    """Texts that may hold commas: one a line."""

    __slots__ = ()


MAX_RULES: Final = 32
MAX_NAME: Final = 128
MAX_PATTERN: Final = 512


def parse_headers(text: str) -> tuple[str, ...]:
    """Names of header fields (RFC 9110 section 5.1)."""
    return _names(text, r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", "names of header fields, with commas")


def parse_keys(text: str) -> tuple[str, ...]:
    """Names of query parameters, form fields and members of JSON objects."""
    return _names(text, r"[^\s,;&=\"'<>?#/\\\\]+", "names without spaces and quotes, with commas")


def _names(text: str, form: str, expected: str) -> tuple[str, ...]:
    found = parse_list(text)
    for name in found:
        if not re.fullmatch(form, name) or len(name) > MAX_NAME:
            raise ValueError(f"{expected}, are expected, and {name!r} is none")
    _counted(found)
    return found


def parse_lines(text: str) -> Lines:
    """What stands on each line."""
    found = Lines(line.strip() for line in text.splitlines() if line.strip())
    if any(len(line) > MAX_PATTERN for line in found):
        raise ValueError(f"lines of at most {MAX_PATTERN} characters are expected")
    _counted(found)
    return found


def _counted(found: tuple[str, ...]) -> None:
    if len(found) > MAX_RULES:
        raise ValueError(f"at most {MAX_RULES} are expected")


class Paths(tuple[str, ...]):
    """Files and folders, absolute, since the server may be started in another folder."""

    __slots__ = ()

    @classmethod
    def of(cls, given: Iterable[str]) -> Paths:
        """Of paths, each as it is named."""
        return cls(str(Path(path).expanduser().absolute()) for path in given)

    def as_text(self) -> str:
        """As `parse_paths` takes them."""
        return ",".join(path.replace(",", r"\,") for path in self)


def parse_paths(text: str) -> Paths:
    """What stands between commas; a comma in a path is written with a backslash before it."""
    parts = (part.strip().replace(r"\,", ",") for part in re.split(r"(?<!\\),", text))
    return Paths.of(part for part in parts if part)


def parse_source(text: str) -> str:
    """Where traffic comes from."""
    if text not in {"live", "demo", "file"}:
        raise ValueError("live, demo or file is expected")
    return text


def parse_processes(text: str) -> str:
    """Whether processes are looked for."""
    if text not in {"auto", "off"}:
        raise ValueError("auto or off is expected")
    return text


def parse_port(text: str) -> int:
    """A port; 0: any free one."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError("a port from 0 (any free one) to 65535 is expected")
    return port


def parse_workers(text: str) -> int:
    """A number of threads."""
    workers = int(text)
    if workers < 0:
        raise ValueError("a number of threads is expected")
    return workers


def parse_api_url(text: str) -> str:
    """An address of an API: a path beside the page, or a whole one."""
    text = text.strip().rstrip("/")
    parts = urlsplit(text)
    beside = not parts.scheme and not parts.netloc and text.startswith("/")
    elsewhere = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    if not (beside or elsewhere) or parts.query or parts.fragment or re.search(r"[\s;,'\"]", text):
        raise ValueError("an address such as http://localhost:8000/api is expected")
    return text
