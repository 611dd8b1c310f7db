# Sourced by the other scripts: where things are, and how they speak.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV=$ROOT/.venv
STAMPS=$ROOT/build/stamps
NODE_TOOLS=$ROOT/build/node
cd "$ROOT" || exit 1

# sudo drops a rustup toolchain from the path; look where rustup puts it.
for home in "$HOME" "$(getent passwd "${SUDO_USER:-}" 2>/dev/null | cut -d: -f6)"; do
  if [ -n "$home" ] && [ -x "$home/.cargo/bin/cargo" ]; then PATH=$PATH:$home/.cargo/bin; fi
done
if [ -x "$NODE_TOOLS/node" ]; then PATH=$NODE_TOOLS:$PATH; fi
export PATH=$VENV/bin:$PATH:/usr/sbin:/sbin
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "nautscan setup: $*"; }
fail() {
  printf '%s\n' "nautscan setup: $*" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# digest PATH... : one hash of the names and contents of files and of all files below folders.
digest() {
  find "$@" -type f -not -path '*/node_modules/*' -not -name '*.pyc' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
}

# A step is done when its stamp holds the digest of the inputs it was done for.
is_done() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
mark_done() {
  mkdir -p "$STAMPS"
  printf '%s' "$2" >"$STAMPS/$1"
}

# version_at_least HAVE WANTED
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1)" = "$2" ]; }
