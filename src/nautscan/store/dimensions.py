"""By what rows can be grouped: servers, containers, endpoints, outside hosts, interfaces and more.

A dimension is a few keys. A key is a chain of columns, the first of which that is not null tells:
a server is known by its best name, and by its address where it has none. Both what a chain gave
and which of its columns gave it belong to the group, so that every group can be put into words as a
filter that finds exactly its rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PATH: Final = "path"
"""Stands where a column does: the target without query, its ids replaced by `{id}`."""

_ID: Final = r"[0-9]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}|\{id\}"
"""What is an id in a path: a number, a UUID (RFC 9562), or 16 and more hexadecimal digits."""

ID_PATTERN: Final = f"({_ID})"

UNASKED_SQL: Final = (
    "CASE WHEN starts_with(target, '/') OR contains(target, '://') "
    "THEN split_part(target, '?', 1) ELSE target END"
)
"""The target without its query. Where it is no path (a statement, a key), `?` begins none."""

PATH_SQL: Final = (
    f"replace(regexp_replace(replace({UNASKED_SQL}, '/', '//'), "
    rf"'/(?:{_ID})(/|$)', '/{{id}}\1', 'g'), '//', '/')"
)
"""Slashes are doubled first: two ids side by side share one, which a match would use up."""

NOT_OUTSIDE: Final = (
    r"^(0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\."
    r"|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.|2(2[4-9]|[34][0-9]|5[0-5])\."
    r"|::1?$|[fF][cCdDfF]|[fF][eE][89abAB])"
)
"""Private, loopback, link-local, shared, multicast and unspecified addresses, as text.

RFC 1918, 6890, 6598, 4193, 4291.
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A chain of columns, of which the first that is not null tells."""

    columns: tuple[str, ...]

    def value_sql(self) -> str:
        """The first of its columns that is not null."""
        return f"coalesce({', '.join(self.columns)})" if self.is_chain else self.columns[0]

    def which_sql(self) -> str:
        """The number of the column that gave it; null if none did."""
        cases = " ".join(
            f"WHEN {column} IS NOT NULL THEN {number}" for number, column in enumerate(self.columns)
        )
        return f"CASE {cases} END"

    @property
    def is_chain(self) -> bool:
        """Whether it has more than one column; else a value says itself where it came from."""
        return len(self.columns) > 1


@dataclass(frozen=True, slots=True)
class Dimension:
    """How rows are grouped. `facts` are told of a group without dividing it."""

    keys: tuple[Key, ...]
    where: str = "TRUE"
    facts: tuple[str, ...] = ()

    @property
    def by_path(self) -> bool:
        """Whether targets are taken by their pattern."""
        return any(PATH in key.columns for key in self.keys)


def _one(*columns: str) -> Dimension:
    return Dimension((Key(columns),))


_CONTAINER: Final = Dimension(
    (Key(("server_container",)),),
    "server_container_id IS NOT NULL AND server_container IS NOT NULL",
    ("server_service", "server_project"),
)
_OUTSIDE: Final = (
    "server_container_id IS NULL AND server IS DISTINCT FROM $own "
    f"AND NOT regexp_matches(server_ip, '{NOT_OUTSIDE}')"
)

DIMENSIONS: Final[dict[str, dict[str, Dimension]]] = {
    "requests": {
        "server": _one("server", "server_ip"),
        "client": _one("client", "client_ip"),
        "container": _CONTAINER,
        "endpoint": Dimension((Key(("server", "server_ip")), Key(("method",)), Key((PATH,)))),
        "outside": Dimension((Key(("server", "server_ip")),), _OUTSIDE),
        "host": _one("host"),
        "interface": _one("interface"),
        "protocol": _one("protocol"),
        "method": _one("method"),
        "status": _one("status"),
    },
    "flows": {
        "server": _one("server", "server_ip"),
        "client": _one("client", "client_ip"),
        "container": _CONTAINER,
        "outside": Dimension((Key(("server", "server_name", "server_ip")),), _OUTSIDE),
        "host": _one("server_name"),
        "interface": _one("interface"),
        "protocol": _one("protocol", "transport"),
    },
}
"""What each table can be grouped by. `outside`: servers that are no container, not this host, and
whose address is not private."""
