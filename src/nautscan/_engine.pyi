"""The Rust engine as Python sees it. Written by hand; a test holds it against the module.

All times are nanoseconds since 1970-01-01 UTC. Calls that wait release the GIL.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Self, final

__all__ = [
    "TABLES",
    "Capture",
    "Column",
    "EngineError",
    "Namespace",
    "Reader",
    "RecordBatch",
    "Schema",
    "Schemas",
    "Translations",
    "__version__",
    "capture_library",
    "check_filter",
    "columns",
    "copy_packets",
    "counters",
    "default_interfaces",
    "dissect",
    "interfaces",
    "json_lines",
    "protocols",
    "schema",
]

__version__: str

TABLES: tuple[str, ...]
"""Names of the tables, in the order of the reference; `Capture` gives requests, flows, names and
stats."""

class EngineError(Exception):
    """What failed, in `message`; which kind, in `code`; what to do, in `remedy`.

    Codes: `unknown_interface`, `no_permission`, `bad_filter`, `no_capture_library`,
    `bad_file`, `not_found`, `closed`, `bad_argument`, `capture_failed`, `cannot_write`,
    `unknown_container`, `cannot_enter`, `no_conntrack`.
    """

    code: str
    message: str
    remedy: str

@final
class Column:
    """One column of a table: its name, Arrow type in words, whether null occurs, meaning."""

    name: str
    type: str
    nullable: bool
    doc: str

@final
class Schema:
    """A table's Arrow schema."""

    names: list[str]
    def __arrow_c_schema__(self) -> object: ...

@final
class RecordBatch:
    """Rows of one table, owned by Arrow and handed over without a copy."""

    num_rows: int
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_array__(
        self, requested_schema: object | None = None
    ) -> tuple[object, object]: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def to_ipc(self) -> bytes:
        """Arrow IPC stream format: schema, this batch, end of stream."""

def json_lines(rows: object, columns: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """Rows as JSON objects, one a line, in pieces of whole lines.

    `rows` is a batch, or anything with `__arrow_c_stream__`. `columns` are name and kind (see
    `nautscan.schema`); one that the rows lack is null. Times are RFC 3339 with nine decimals,
    `binary` an object of text or base64, integers beyond 2^53 - 1 strings.
    """

def columns(table: str) -> list[Column]: ...
def counters() -> list[tuple[str, str, str]]:
    """Every counter of the table `stats`: stage, name, meaning."""

def schema(table: str) -> Schema: ...
def capture_library() -> str:
    """Version text of libpcap or Npcap. Raises `no_capture_library`."""

def interfaces() -> list[dict[str, Any]]:
    """Capture interfaces of this host.

    Keys: name, description, kind, addresses (list of text), mac, link_type (None where it shows
    only once opened), mtu, index, up, running, connected, loopback, wireless, peer_index, master,
    default_route, capturable (bool), reason (why not, or None).
    """

def default_interfaces() -> tuple[list[str], str]:
    """Names to capture on where the user named none, and why these."""

def check_filter(text: str, link_type: str = "ETHERNET", snaplen: int = 262144) -> None:
    """Compiles a BPF filter. Raises `bad_filter` with the compiler's words."""

def copy_packets(
    sources: Sequence[str | int], path: str, *, filter: str | None = None
) -> dict[str, Any]:
    """Writes the packets of capture files to one pcapng file, in order of time.

    Interfaces, names, decryption secrets, custom blocks that may be copied and drop counts go
    with them. Keys: packets, filtered_out, not_expressible (packets from before 1970), damaged
    (bool), warnings (list of text). Raises `cannot_write` besides what `Reader` raises.
    """

def dissect(data: bytes, link_type: str) -> list[dict[str, Any]]:
    """Layers of one packet.

    Each layer: name, offset, length, fields (list of name, value, offset, length), error
    (why decoding stopped there, or None).
    """

def protocols() -> list[dict[str, Any]]:
    """Every protocol that is followed, by name.

    Keys: name (the value of the `protocol` columns), transports (`tcp`, `udp`, `ip`, `ipv6`), table
    (`requests`, or `flows`: it is summarised on the flow), title, extracts, limits (list of text),
    oddities (list of name and meaning).
    """

@final
class Reader:
    """Capture files through the engine, tables out. One pass, bounded memory.

    Without `tables`, those are `requests` and `flows`. `workers` are the engines that share the
    flows, each in a thread: 1 works in the caller's thread and gives rows in the order in which
    they are finished; more give the same rows, but for the numbers of flows, in any order; 0
    chooses by the size of the files and the cores. `protocols` are the names of those that are
    looked for, all by default; a name that is none of them raises `bad_argument`.
    """

    def __new__(
        cls,
        sources: Sequence[str | int],
        *,
        tables: Sequence[str] | None = None,
        filter: str | None = None,
        body_limit: int = 0,
        headers: bool = True,
        redact: bool = False,
        sensor: str = "file",
        max_flows: int = 1_000_000,
        batch_rows: int = 65_536,
        workers: int = 0,
        protocols: Sequence[str] | None = None,
        schemas: Schemas | None = None,
    ) -> Self: ...
    def next(self, timeout_ms: int | None = None) -> tuple[str, RecordBatch] | None:
        """The next batch; None at the end (then `ended`) or after `timeout_ms`."""
    ended: bool
    def progress(self) -> tuple[int, int | None]:
        """Bytes read and bytes in all (None: not known, as for standard input)."""
    def summary(self) -> dict[str, Any]:
        """Totals so far.

        Keys: packets, bytes, flows, requests, parse_errors, gap_bytes, first_time, last_time
        (ns or None), decode_errors, truncated, fragments, duplicates, not_ip,
        unattributed, datagrams_incomplete, too_deep, aggregated_skipped, gaps,
        opaque_bytes, evicted, time_clamped (packets whose time was outside 1970 to 2116),
        filtered_out (packets that `filter` did not accept, which no other figure counts), input
        (what was counted while the files were read, by name; see `notes`), warnings (list of
        text), damaged (bool).
        """
    def notes(self) -> list[dict[str, Any]]:
        """What each file says besides packets, as far as it was read.

        Keys: file, comments (of sections and interfaces), packet_comments (list of packet number
        in the file and text), names (list of address and name), secrets (list of kind as
        registered for pcapng and bytes), and counts: sections, skipped_blocks, reordered,
        reorder_full, time_went_back, times_out_of_range, untimed, longer_than_wire, bad_options,
        texts_cut, comments_dropped, names_dropped, secrets_dropped, custom_dropped.
        """
    def interfaces(self) -> list[dict[str, Any]]:
        """Interfaces that the files describe.

        Keys: file, name, description, link_type, snaplen, filter, speed (bit/s), os, hardware,
        fcs_bytes, received, kernel_drops, interface_drops; None where the file does not say.
        """
    def close(self) -> None: ...

@final
class Namespace:
    """The network namespace of a container, held open. Linux only."""

    def __new__(cls, pid: int, container_id: str) -> Self:
        """Opens that of a process, once its control group has shown that it is the container's.

        Raises `unknown_container`, and `cannot_enter` where rights are lacking.
        """
    @property
    def is_own(self) -> bool:
        """Whether it is this process's own: the container uses the host's network."""
    def interfaces(self) -> list[dict[str, Any]]:
        """The interfaces in it, as `interfaces`; `kind` is told by customary names."""
    def changes(self) -> int:
        """Descriptor of a netlink socket, readable after each change; the caller closes it."""

@final
class Translations:
    """Connections of this host's network namespace that it translates, when this was made."""

    def __new__(cls) -> Self:
        """Asks the kernel. Raises EngineError where it does not tell, or not us."""
    def __len__(self) -> int:
        """How many."""
    @property
    def left_out(self) -> int:
        """How many more the kernel told of than an engine keeps."""

@final
class Schemas:
    """Schemas of Protocol Buffers, which messages of gRPC are decoded with."""

    def __new__(cls, paths: Sequence[str]) -> Self:
        """Reads sets of descriptors, `.proto` files, and folders of these.

        Raises `bad_file`, which names the file, what is wrong with it and what to do.
        """
    def __len__(self) -> int:
        """How many methods they describe."""
    def services(self) -> list[str]:
        """Names of the services, in order."""

@final
class Capture:
    """Live capture. A thread of the engine captures; Python takes batches."""

    def __new__(
        cls,
        interfaces: Sequence[str],
        *,
        inside: Sequence[tuple[str, str, Namespace]] = ...,
        stream: int | None = None,
        stream_name: str = "stdin",
        filter: str | None = None,
        promiscuous: bool = True,
        snaplen: int = 262_144,
        buffer_bytes: int = 33_554_432,
        ring_bytes: int = 67_108_864,
        flush_ms: int = 250,
        body_limit: int = 16_384,
        headers: bool = True,
        redact: bool = True,
        sensor: str = "local",
        flow_update_s: int = 10,
        flow_id_base: int = 0,
        max_flows: int = 1_000_000,
        max_batches: int = 256,
        workers: int = 1,
        translations: Translations | None = None,
        schemas: Schemas | None = None,
    ) -> Self:
        """Opens at once: a missing right or a bad filter raises here.

        `inside` are interfaces of other namespaces: the label that rows bear, the name there,
        and where. A label `NAME@PLACE` keeps loopback addresses apart from those of other places.
        `stream` is a file descriptor that carries pcap or pcapng, instead of interfaces.
        `workers` are the engines that share the flows; one works in the capturing thread.
        `translations` are connections that were there before, and go under several addresses.
        """
    def next(self, timeout_ms: int) -> tuple[str, RecordBatch] | None:
        """The next batch, or None after `timeout_ms` or when capture has ended."""
    def status(self) -> dict[str, Any]:
        """State of the capture.

        Keys: running, ended, error (dict code/message/remedy or None), interfaces (list of
        name, link_type, received, kernel_drops, interface_drops, error).
        """
    def stats(self) -> list[tuple[str | None, str, str, int]]:
        """Counters as (interface, stage, name, value), cumulative."""
    def recent(self, limit: int, before: int | None = None) -> RecordBatch:
        """Up to `limit` rows of `packets` from the ring, newest last, older than id `before`."""
    def packet(self, id: int) -> dict[str, Any] | None:
        """One packet of the ring.

        Keys: id, time, interface, link_type, length, captured_length, bytes, layers (as
        `dissect`). None when it has left the ring.
        """
    def export(self, ids: Sequence[int] | None = None) -> bytes:
        """pcapng of the ring's packets, or of those named."""
    def add_interface(
        self, name: str, device: str | None = None, namespace: Namespace | None = None
    ) -> None:
        """Begins to capture on another interface; with a namespace, on `device` in it."""
    def remove_interface(self, name: str) -> None: ...
    def stop(self) -> None: ...
