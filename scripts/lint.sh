#!/usr/bin/env bash
# Every check that runs nothing of the product: `make lint`.
set -euo pipefail
source "$(dirname "$0")/env.sh"

step() {
  printf '\n== %s\n' "$*"
  "$@"
}

rust_component() { # rust_component SUBCOMMAND PACKAGE
  if cargo "$1" --version >/dev/null 2>&1; then return 0; fi
  [ -z "${CI:-}" ] || fail "cargo $1 is missing (rustup component add ${2})"
  say "cargo $1 is not installed here, so it is not run (rustup component add ${2})"
  return 1
}

step ruff check .
step ruff format --check .
step mypy
step lint-imports
if rust_component fmt rustfmt; then step cargo fmt --all --check; fi
if rust_component clippy clippy; then
  step cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
fi
(cd web && step npm run --silent check && step npm run --silent lint)
