#!/usr/bin/env bash
# Every check that runs nothing of the product: `make lint`. All run, also after a failure.
# `scripts/lint.sh rust` runs those of Rust alone, which compile, `scripts/lint.sh others` the rest.
set -uo pipefail
source "$(dirname "$0")/env.sh"
WHICH=${1:-rust others}

FAILED=()

step() {
  printf '\n== %s\n' "$*"
  "$@" || FAILED+=("$*")
}

rust_component() { # rust_component SUBCOMMAND PACKAGE
  if cargo "$1" --version >/dev/null 2>&1; then return 0; fi
  if [ -n "${CI:-}" ]; then
    FAILED+=("cargo $1, which is missing: rustup component add $2")
  else
    say "cargo $1 is not installed here, so it is not run (rustup component add $2)"
  fi
  return 1
}

others() {
  step ruff check .
  step ruff format --check .
  step mypy
  step lint-imports
  step npm --prefix web run --silent check
  step npm --prefix web run --silent lint
}

rust() {
  if rust_component fmt rustfmt; then step cargo fmt --all --check; fi
  if rust_component clippy clippy; then
    step cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
  fi
}

for which in $WHICH; do "$which"; done

for what in "${FAILED[@]}"; do printf 'failed: %s\n' "$what" >&2; done
[ "${#FAILED[@]}" = 0 ]
