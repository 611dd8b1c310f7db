"""Who the unprivileged processes become when NautScan is started as root."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nautscan.errors import BadRequest

_DEFAULT_DOCKER_HOST: Final = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, a group, and the supplementary groups that are kept."""

    uid: int
    gid: int
    groups: tuple[int, ...] = ()

    def __str__(self) -> str:
        """`UID:GID` or `UID:GID:GROUP,GROUP`, as `parse` reads it."""
        text = f"{self.uid}:{self.gid}"
        return f"{text}:{','.join(map(str, self.groups))}" if self.groups else text

    @staticmethod
    def parse(text: str) -> Identity:
        """The identity of its text. ValueError if it is none."""
        uid, gid, *rest = text.split(":")
        if len(rest) > 1:
            raise ValueError("UID:GID or UID:GID:GROUP,GROUP is expected")
        groups = tuple(int(group) for group in rest[0].split(",")) if rest else ()
        identity = Identity(int(uid), int(gid), groups)
        if min(identity.uid, identity.gid, *groups, 0) < 0:
            raise ValueError("ids are not negative")
        return identity

    @property
    def described(self) -> str:
        """The user's name where there is one."""
        import pwd

        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return f"user {self.uid}"

    @property
    def home(self) -> str:
        """The user's home folder; `/` where there is none."""
        import pwd

        try:
            return pwd.getpwuid(self.uid).pw_dir
        except KeyError:
            return "/"


def is_root() -> bool:
    """Whether this process is root, on systems that have one."""
    return sys.platform != "win32" and os.geteuid() == 0


def server_identity(
    user: str | None, environ: Mapping[str, str], *, docker_group: bool = True
) -> Identity | None:
    """Who the server becomes: `user`, else who called sudo, else `nobody`.

    None: we are not root and stay who we are. Of the user's own groups none is kept. Opening
    Docker's socket takes membership in its group; with `docker_group` that one group is added if
    the socket grants it and nothing else does. That group equals root: whoever takes over the
    server could start a privileged container. Without it, names of containers are missing.
    """
    if not is_root():
        if user is not None:
            raise BadRequest(
                "--user needs root: only root can become somebody else",
                remedy="Leave --user out, or start nautscan with sudo.",
            )
        return None
    identity = _named(user) if user is not None else _invoking(environ)
    group = docker_socket_group(environ.get("DOCKER_HOST"), identity) if docker_group else None
    return identity if group is None else Identity(identity.uid, identity.gid, (group,))


def _named(user: str) -> Identity:
    import pwd

    try:
        entry = pwd.getpwuid(int(user)) if user.isdigit() else pwd.getpwnam(user)
    except KeyError as error:
        raise BadRequest(
            f"there is no user {user!r} on this machine",
            remedy="Name an existing user with --user, or leave it out for nobody.",
        ) from error
    return Identity(entry.pw_uid, entry.pw_gid)


def _invoking(environ: Mapping[str, str]) -> Identity:
    uid, gid = environ.get("SUDO_UID", ""), environ.get("SUDO_GID", "")
    if uid.isdigit() and gid.isdigit() and int(uid) != 0:
        return Identity(int(uid), int(gid))
    return _named("nobody")


def docker_socket_group(docker_host: str | None, identity: Identity) -> int | None:
    """The group that opens Docker's socket for `identity`; None if none is needed or given.

    A socket of group 0 gives nothing: that group also owns much else.
    """
    scheme, _, path = (docker_host or _DEFAULT_DOCKER_HOST).partition("://")
    if scheme != "unix":
        return None
    try:
        facts = Path(path).stat()
    except OSError:
        return None
    if not stat.S_ISSOCK(facts.st_mode) or facts.st_gid in {0, identity.gid}:
        return None
    open_anyway = facts.st_mode & stat.S_IWOTH or facts.st_uid == identity.uid
    return None if open_anyway or not facts.st_mode & stat.S_IWGRP else facts.st_gid
