"""Begin a protocol: `make new-protocol NAME=nats`.

Writes a folder in `proto/` with a parser that compiles and is tested, the registry line, a fuzz
target with its seeds, and says what to do next. What it writes is a copy of `proto/sample`, which
follows an invented protocol, so that every piece can be seen at work before it is replaced;
docs/guide/new-protocol.md goes through them.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROTO = Path("crates/nautscan-core/src/proto")
LIMITS = Path("crates/nautscan-core/src/limits/proto.rs")
SAMPLE = PROTO / "sample"
FUZZ = Path("scripts/new_protocol_fuzz.rs.txt")
NAME = re.compile(r"[a-z][a-z0-9]{1,15}")
KEYWORDS = {
    "box",
    "dyn",
    "final",
    "loop",
    "match",
    "mod",
    "move",
    "priv",
    "self",
    "static",
    "super",
    "type",
    "use",
}


class Refused(Exception):
    """The protocol cannot be begun; the message says why and what to do."""


def begin(name: str, root: Path = ROOT) -> list[Path]:
    """Writes and changes all that a protocol has; answers the files, relative to `root`.

    Nothing is written unless everything can be.
    """
    if not NAME.fullmatch(name) or name in KEYWORDS:
        raise Refused(
            f"{name!r} cannot be a protocol's name: 2 to 16 small letters and digits, a letter "
            "first, and no word of Rust's, e.g. make new-protocol NAME=nats"
        )
    if (root / PROTO / name).exists():
        raise Refused(f"{PROTO / name} is there already: choose another name, or go on there")
    texts = {**_new_files(name, root), **_changed_files(name, root)}
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(texts)


def _new_files(name: str, root: Path) -> dict[Path, str]:
    def named(path: Path) -> str:
        text = (root / path).read_text(encoding="utf-8")
        return _renamed(text, name)

    files = sorted(path.name for path in (root / SAMPLE).glob("*.rs"))
    copies = {PROTO / name / file: named(SAMPLE / file) for file in files}
    return copies | {Path("fuzz/fuzz_targets") / f"{name}.rs": named(FUZZ)}


def _renamed(text: str, name: str) -> str:
    """What is said of the sample, said of the protocol."""
    text = text.replace(", which `make new-protocol` copies for new ones to begin with", "")
    words = {"sample": name, "Sample": name.capitalize(), "SAMPLE": name.upper()}
    return re.sub("|".join(words), lambda found: words[found[0]], text)


def _changed_files(name: str, root: Path) -> dict[Path, str]:
    def changed(path: Path, *changes: tuple[str, str | Callable[[re.Match[str]], str]]) -> str:
        text = (root / path).read_text(encoding="utf-8")
        for pattern, replacement in changes:
            text, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
            if count == 0:
                raise Refused(f"{path} is not as this script knows it: nothing matches {pattern!r}")
        return text

    registry = PROTO / "mod.rs"
    limit = (
        f"\n/// Requests of {name} that may wait for answers on one connection. Say why so many.\n"
        f"pub const {name.upper()}_WAITING: usize = 256;\n"
    )
    binary = (
        f'\n[[bin]]\nname = "{name}"\npath = "fuzz_targets/{name}.rs"\n'
        "test = false\ndoc = false\nbench = false\n"
    )
    manifest, seeds = Path("fuzz/Cargo.toml"), Path("fuzz/examples/seeds.rs")
    return {
        registry: _with_module(
            name,
            changed(
                registry,
                (r"(pub static PROTOCOLS.*?\n(?:    .*\n)*)\]", rf"\1    {name}::PROTOCOL,\n]"),
            ),
        ),
        LIMITS: (root / LIMITS).read_text(encoding="utf-8") + limit,
        manifest: (root / manifest).read_text(encoding="utf-8") + binary,
        seeds: changed(
            seeds,
            (r"^use nautscan_core::proto::\{([^}]*)\};", lambda found: _imported(name, found[1])),
            (
                r"(let targets = \[\n(?:        .*\n)*)    \]",
                rf'\1        ("{name}", {name}::PROTOCOL),\n    ]',
            ),
        ),
        Path("fuzz/run.sh"): changed(
            Path("fuzz/run.sh"), (r"^(ALL=\(.*?)( engine)", rf"\1 {name}\2")
        ),
    }


def _imported(name: str, others: str) -> str:
    """The line that imports a protocol among others, as rustfmt breaks it."""
    names = ", ".join(sorted([*filter(None, re.split(r"[,\s]+", others)), name]))
    line = f"use nautscan_core::proto::{{{names}}};"
    if len(line) <= 100:
        return line
    wrapped = textwrap.fill(f"{names},", 100, initial_indent="    ", subsequent_indent="    ")
    return f"use nautscan_core::proto::{{\n{wrapped}\n}};"


def _with_module(name: str, text: str) -> str:
    """The registry with the module's line among the others, in their order."""
    lines = text.splitlines(keepends=True)
    modules = [at for at, line in enumerate(lines) if re.match(r"(pub )?mod \w+;", line)]
    later = (at for at in modules if lines[at].split("mod ")[1] > f"{name};\n")
    at = next(later, modules[-1] + 1)
    if lines[at - 1].startswith("#["):
        at -= 1
    return "".join([*lines[:at], f"pub mod {name};\n", *lines[at:]])


def next_steps(name: str) -> str:
    """What is left to do, in order."""
    return f"""\
What to do next (docs/guide/new-protocol.md says how):
  1. See it work:             cargo test -p nautscan-core --lib proto::{name}
  2. {PROTO}/{name}/probe.rs: which bytes are surely of {name}, and of nobody else?
  3. {PROTO}/{name}/mod.rs:   where does a message end (`head`), what does it say (`told`)?
  4. {PROTO}/{name}/tests.rs: a dialogue for each thing that both sides can say, lose and end
  5. {LIMITS}: say why the cap is as it is
  6. FUZZ_SECONDS=60 make fuzz ARGS={name}
  7. A real server in tests/integration, captures in tests/golden/truths, a guide in docs/guide
  8. cargo fmt --all && make docs && make lint
"""


def main() -> None:
    """Begins the protocol named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="value of the `protocol` column, e.g. nats")
    arguments = parser.parse_args()
    try:
        files = begin(arguments.name)
    except Refused as refused:
        sys.exit(f"new-protocol: {refused}")
    for file in files:
        print(f"wrote {file}")
    print(f"\n{next_steps(arguments.name)}", end="")


if __name__ == "__main__":
    main()
