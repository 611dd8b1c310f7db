# ruff: noqa: FBT003, RUF009 (a default may be a boolean; _setting only makes a field)
"""Every setting of the product: its environment variable, default and meaning.

`Config.load` reads the environment and lets command-line flags replace it. `SETTINGS` is the
table from which the reference is generated, so a setting without documentation cannot exist.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

from nautscan.errors import BadRequest
from nautscan.parsing import (
    Lines,
    parse_api_url,
    parse_bool,
    parse_headers,
    parse_keys,
    parse_lines,
    parse_list,
    parse_paths,
    parse_port,
    parse_processes,
    parse_source,
    parse_workers,
)
from nautscan.setting import Setting, as_text, described, parsed_value
from nautscan.setting import setting_field as _setting
from nautscan.units import duration_text, parse_duration, parse_size, size_text

Processes = Literal["auto", "off"]
"""Whether processes behind sockets are looked for."""

Origin = Literal["default", "environment", "flag", "saved"]
"""Where the value of a setting came from. `saved`: changed while running, and kept."""

Source = Literal["live", "demo", "file"]
"""Where the traffic comes from."""

_ORIGINS: Final = "NAUTSCAN_SETTING_ORIGINS"


def default_data_dir() -> Path:
    """Where the database lives unless told: the XDG data folder, for root /var/lib/nautscan."""
    base = os.environ.get("XDG_DATA_HOME")
    if base:
        return Path(base) / "nautscan"
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/nautscan")
    return Path.home() / ".local" / "share" / "nautscan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one run. Build it with `Config.load`."""

    # Where it listens, and who may ask.
    host: str = _setting(
        "NAUTSCAN_HOST",
        "127.0.0.1",
        "Address to listen on, or several with commas. Anything but loopback needs a token",
    )
    port: int = _setting("NAUTSCAN_PORT", 8000, "Port of the page and the API", parse_port)
    token: str | None = _setting(
        "NAUTSCAN_TOKEN",
        None,
        "Access token. Made at start and kept in the data folder if needed and not given",
        shown="made when needed",
        secret=True,
    )
    allowed_hosts: tuple[str, ...] = _setting(
        "NAUTSCAN_ALLOWED_HOSTS",
        (),
        "Host names by which browsers may reach the server, comma separated, beside loopback names "
        "and the listen address (guards against DNS rebinding). * allows all",
        parse_list,
    )
    cors_origins: tuple[str, ...] = _setting(
        "NAUTSCAN_CORS_ORIGINS",
        (),
        "Origins of pages served elsewhere that may call the API, comma separated, "
        "e.g. http://localhost:3000",
        parse_list,
    )
    demo_open: bool = _setting(
        "NAUTSCAN_DEMO_OPEN",
        False,
        "The demo asks for no token, wherever it listens: what it shows is made up. Live capture "
        "asks whatever stands here",
        parse_bool,
    )
    api_url: str = _setting(
        "NEXT_PUBLIC_API_URL",
        "http://localhost:8000/api",
        "Address of the API as browsers reach it, for `nautscan frontend`, which reads it when it "
        "starts. The page of `nautscan serve` has its API beside it",
        parse_api_url,
    )
    max_request_bytes: int = _setting(
        "NAUTSCAN_MAX_REQUEST_BYTES",
        1_000_000,
        "Cap on the body of a request to the API",
        parse_size,
    )

    # What is captured.
    interfaces: tuple[str, ...] = _setting(
        "NETWORK_INTERFACES",
        (),
        "Interfaces to capture on, comma separated, e.g. docker0,br-1234. Docker's own are found "
        "if there are any, else sensible defaults",
        parse_list,
        shown="found",
    )
    containers: tuple[str, ...] = _setting(
        "NAUTSCAN_CONTAINERS",
        (),
        "Containers to capture inside, comma separated: names, Compose services or beginnings of "
        "ids. NETWORK_INTERFACES then names interfaces inside them; without it, all of these",
        parse_list,
    )
    enter_containers: bool = _setting(
        "NAUTSCAN_ENTER_CONTAINERS",
        False,
        "Keep the rights to capture inside containers (CAP_SYS_ADMIN and CAP_SYS_PTRACE, in "
        "reserve), so that it can be asked for while NautScan runs. NAUTSCAN_CONTAINERS implies it",
        parse_bool,
    )
    filter: str | None = _setting("NAUTSCAN_FILTER", None, "BPF capture filter, e.g. tcp port 80")
    promiscuous: bool = _setting(
        "NAUTSCAN_PROMISCUOUS", True, "See packets meant for others as well", parse_bool
    )
    snaplen: int = _setting(
        "NAUTSCAN_SNAPLEN", 262_144, "Bytes kept of each packet at most", parse_size
    )
    buffer_bytes: int = _setting(
        "NAUTSCAN_BUFFER_BYTES", 32 << 20, "Kernel capture buffer of each interface", parse_size
    )
    ring_bytes: int = _setting(
        "NAUTSCAN_RING_BYTES", 64 << 20, "Memory for packets; an index may add as much", parse_size
    )
    workers: int = _setting(
        "NAUTSCAN_WORKERS",
        1,
        "Threads that share the flows of live capture, and of read and export, where it is chosen "
        "by the size of the files and the cores if not given",
        parse_workers,
    )
    body_limit: int = _setting(
        "NAUTSCAN_BODY_LIMIT", 16_384, "Bytes kept of each body; 0 keeps none", parse_size
    )
    headers: bool = _setting("NAUTSCAN_HEADERS", True, "Keep header fields", parse_bool)
    protobuf: tuple[str, ...] = _setting(
        "NAUTSCAN_PROTOBUF",
        (),
        "Schemas of Protocol Buffers to decode messages of gRPC with, comma separated (`\\,` in a "
        "path): sets of descriptors, .proto files, or folders of these, e.g. /srv/shop/proto",
        parse_paths,
    )
    redact: bool = _setting(
        "NAUTSCAN_REDACT",
        True,
        "Blank out secrets in the sensor, before anything is stored",
        parse_bool,
    )
    sensor_name: str = _setting("NAUTSCAN_SENSOR_NAME", "local", "Name of this sensor in every row")
    capture: bool = _setting(
        "NAUTSCAN_CAPTURE",
        True,
        "Start capturing at once; false waits for POST /api/packets/start",
        parse_bool,
    )
    source: Source = _setting(
        "NAUTSCAN_SOURCE", "live", "live, demo or file: where the traffic comes from", parse_source
    )

    # Processes.
    user: str | None = _setting(
        "NAUTSCAN_USER",
        None,
        "User that the server becomes before it listens, if started as root",
        shown="SUDO_UID, else nobody",
    )
    runtime_dir: Path | None = _setting(
        "NAUTSCAN_RUNTIME_DIR", None, "Folder for the private socket", Path, shown="made at start"
    )
    sensor_address: str | None = _setting(
        "NAUTSCAN_SENSOR_ADDRESS",
        None,
        "Socket of the sensor; set by the supervisor",
        shown="set at start",
    )
    log_level: str = _setting(
        "NAUTSCAN_LOG_LEVEL", "info", "debug, info, warning or error", str.lower
    )

    origins: tuple[str, ...] = _setting(
        _ORIGINS,
        (),
        "Which settings were given and how, as name=flag or name=environment; set by the "
        "supervisor",
        parse_list,
        shown="set at start",
    )

    # Whose address it is.
    docker: bool = _setting(
        "NAUTSCAN_DOCKER", True, "Ask the Docker Engine who owns addresses", parse_bool
    )
    docker_host: str | None = _setting(
        "DOCKER_HOST", None, "Docker Engine API", shown="unix:///var/run/docker.sock"
    )

    names: bool = _setting(
        "NAUTSCAN_NAMES",
        True,
        "Name hosts that are no containers: by DNS answers, DHCP and mDNS seen on the wire, by "
        "aliases of container networks, and by the hosts file. Nobody is asked",
        parse_bool,
    )
    hosts_file: Path | None = _setting(
        "NAUTSCAN_HOSTS_FILE",
        None,
        "Hosts file whose names are used",
        Path,
        shown="that of the system",
    )
    geoip: tuple[str, ...] = _setting(
        "NAUTSCAN_GEOIP",
        (),
        "Files in MaxMind's .mmdb format that tell country and autonomous system of an address, "
        "comma separated (`\\,` in a path), e.g. /srv/GeoLite2-Country.mmdb,/srv/GeoLite2-ASN.mmdb",
        parse_paths,
    )
    processes: Processes = _setting(
        "NAUTSCAN_PROCESSES",
        "auto",
        "auto or off: whether the processes behind sockets are looked for",
        parse_processes,
    )
    lookout_address: str | None = _setting(
        "NAUTSCAN_LOOKOUT_ADDRESS",
        None,
        "Socket of the lookout, which finds processes; set by the supervisor",
        shown="set at start",
    )

    # What is hidden, beside what NAUTSCAN_REDACT blanks out.
    redact_headers: tuple[str, ...] = _setting(
        "NAUTSCAN_REDACT_HEADERS",
        (),
        "Header fields whose values are hidden too, e.g. X-Session-Id,X-Internal-Token",
        parse_headers,
    )
    redact_keys: tuple[str, ...] = _setting(
        "NAUTSCAN_REDACT_KEYS",
        (),
        "Names whose values are hidden in queries, forms, JSON and messages, e.g. email,iban",
        parse_keys,
    )
    redact_patterns: tuple[str, ...] = _setting(
        "NAUTSCAN_REDACT_PATTERNS",
        Lines(),
        "Regular expressions (RE2), one a line: what they match is hidden in targets, header "
        "values, bodies and details, e.g. [0-9]{13,16}",
        parse_lines,
    )
    redact_bodies: bool = _setting(
        "NAUTSCAN_REDACT_BODIES", False, "Leave bodies of requests and responses out", parse_bool
    )

    # What is kept.
    data_dir: Path = _setting(
        "NAUTSCAN_DATA_DIR",
        default_data_dir,
        "Folder of the database",
        Path,
        shown="~/.local/share/nautscan, for root /var/lib/nautscan",
    )
    retention_age: float = _setting(
        "NAUTSCAN_RETENTION_AGE",
        7 * 86400.0,
        "Rows older than this are deleted, e.g. 7d",
        parse_duration,
        shown="7d",
    )
    retention_bytes: int = _setting(
        "NAUTSCAN_RETENTION_SIZE",
        4 * 1000**3,
        "The database is kept below this, oldest rows go first",
        parse_size,
        shown="4GB",
    )
    min_free_bytes: int = _setting(
        "NAUTSCAN_MIN_FREE",
        256 * 1000**2,
        "Storing stops (live goes on) while the disk has less free than this",
        parse_size,
        shown="256MB",
    )
    store_memory: int = _setting(
        "NAUTSCAN_STORE_MEMORY", 512 * 1024**2, "Memory of the database", parse_size, shown="512MiB"
    )
    store_queue_bytes: int = _setting(
        "NAUTSCAN_STORE_QUEUE",
        64 * 1024**2,
        "Batches waiting to be stored; beyond it the oldest are dropped and counted",
        parse_size,
        shown="64MiB",
    )
    upload_bytes: int = _setting(
        "NAUTSCAN_UPLOAD_SIZE",
        2 * 1000**3,
        "The largest capture file that can be uploaded",
        parse_size,
        shown="2GB",
    )
    uploads: int = _setting(
        "NAUTSCAN_UPLOADS",
        20,
        "Uploaded captures kept at most. Further ones are refused until one is deleted; 0: "
        "nothing can be uploaded",
        int,
    )
    uploads_bytes: int = _setting(
        "NAUTSCAN_UPLOADS_SIZE",
        8 * 1000**3,
        "Disk space for uploaded captures and their rows together",
        parse_size,
        shown="8GB",
    )
    query_timeout: float = _setting(
        "NAUTSCAN_QUERY_TIMEOUT", 15.0, "A query is stopped after this", parse_duration, shown="15s"
    )

    # What is held in memory and sent live.
    recent_requests: int = _setting(
        "NAUTSCAN_RECENT_REQUESTS", 1000, "Requests per container answered from memory", int
    )
    recent_containers: int = _setting(
        "NAUTSCAN_RECENT_CONTAINERS", 200, "Containers whose requests are held in memory", int
    )
    live_rows: int = _setting(
        "NAUTSCAN_LIVE_ROWS",
        5000,
        "Rows waiting for one live viewer; beyond it the oldest are skipped and the viewer told",
        int,
    )
    live_pace: int = _setting(
        "NAUTSCAN_LIVE_PACE",
        2000,
        "Rows a second that one live viewer is sent; of more, an even sample, and the viewer told",
        int,
    )
    live_subscribers: int = _setting("NAUTSCAN_LIVE_SUBSCRIBERS", 64, "Live viewers at once", int)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, **flags: Any) -> Config:
        """The settings from the environment; a flag that is not None wins over its variable.

        A flag may be text (parsed like the variable) or a value of the setting's type.
        """
        env = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        origins: list[str] = []
        for item in dataclasses.fields(cls):
            flag = flags.pop(item.name, None)
            raw = env.get(item.metadata["env"])
            if flag is not None:
                origins.append(f"{item.name}=flag")
            elif raw is not None and raw.strip():
                origins.append(f"{item.name}=environment")
            if flag is not None and not isinstance(flag, str):
                values[item.name] = flag
            elif flag is not None:
                values[item.name] = parsed_value(item, flag, f"--{item.name.replace('_', '-')}")
            elif raw is not None and raw.strip():
                values[item.name] = parsed_value(item, raw, item.metadata["env"])
        if flags:
            raise TypeError(f"no such setting: {', '.join(sorted(flags))}")
        # A child process is given every setting in its environment; what was given to its parent,
        # and how, it is told apart from them.
        if _ORIGINS not in env:
            values["origins"] = tuple(origins)
        return cls(**values)

    def environment(self) -> dict[str, str]:
        """Environment variables that make `load` give this again: to hand to a child process."""
        result = {}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is not None:
                result[item.metadata["env"]] = as_text(value)
        return result

    def replace(self, **changes: Any) -> Config:
        """These settings with some changed."""
        return dataclasses.replace(self, **changes)

    def origin(self, name: str) -> Origin:
        """Where the value of a setting came from."""
        given = dict(entry.split("=", 1) for entry in self.origins if "=" in entry)
        return "flag" if given.get(name) == "flag" else _other_origin(given.get(name))

    def text(self, name: str) -> str | None:
        """The value of a setting as a person would write it; None where there is none."""
        item = next(item for item in dataclasses.fields(self) if item.name == name)
        value = getattr(self, name)
        if value is None or value == ():
            return None
        parse = item.metadata["parse"]
        if parse is parse_size:
            return size_text(value)
        return duration_text(value) if parse is parse_duration else as_text(value)

    def parsed(self, name: str, text: str) -> Any:
        """The value that a text means for a setting. Raises `BadRequest`."""
        item = next((item for item in dataclasses.fields(self) if item.name == name), None)
        if item is None:
            raise BadRequest(
                f"There is no setting {name!r}", remedy="GET /api/settings lists them."
            )
        return parsed_value(item, text, name)

    @property
    def hosts(self) -> tuple[str, ...]:
        """The addresses to listen on."""
        return parse_list(self.host)

    @property
    def enters_containers(self) -> bool:
        """Whether the rights to enter containers are kept."""
        named = any("@" in name for name in self.interfaces)
        return self.enter_containers or bool(self.containers) or named

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return all(map(_is_loopback, self.hosts))

    @property
    def database_path(self) -> Path:
        """The database file. A demo has its own, so that it never mixes with real traffic."""
        name = "nautscan.duckdb" if self.source == "live" else f"{self.source}.duckdb"
        return self.data_dir / name

    @property
    def uploads_path(self) -> Path:
        """The folder of uploaded captures. A demo has its own, as with the database."""
        return self.data_dir / ("uploads" if self.source == "live" else f"{self.source}-uploads")

    @property
    def saved_settings_path(self) -> Path:
        """What was changed while running. A demo has its own, as with the database."""
        name = "settings.json" if self.source == "live" else f"{self.source}-settings.json"
        return self.data_dir / name


def _other_origin(text: str | None) -> Origin:
    return "environment" if text == "environment" else "default"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # A name may lead anywhere, whatever it looks like.
        return False


_GROUPS: Final = {
    "host": "Where it listens, and who may ask",
    "interfaces": "What is captured",
    "user": "Processes",
    "docker": "Whose address it is",
    "redact_headers": "What is hidden",
    "data_dir": "What is kept",
    "recent_requests": "What is held in memory and sent live",
}
"""The headings above, by the first setting under each."""


def _all_described() -> tuple[Setting, ...]:
    group, found = "", []
    for item in dataclasses.fields(Config):
        group = _GROUPS.get(item.name, group)
        found.append(described(item, group))
    return tuple(found)


SETTINGS: Final[tuple[Setting, ...]] = _all_described()
"""Every setting, in the order of the reference."""
