#!/usr/bin/env bash
# All checks, then all tests: Rust, page, Python with integration and end to end. A failure does
# not stop the others; pytest comes last, so that its closing line does. Arguments go to pytest.
set -uo pipefail
source "$(dirname "$0")/env.sh"

FAILED=()

stage() { # stage NAME COMMAND...
  local name=$1
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  "$@" || FAILED+=("$name")
}

stage "checks" scripts/lint.sh
stage "engine" cargo test --workspace --exclude nautscan-py --locked --quiet
stage "page" npm --prefix web run --silent test
for name in "${FAILED[@]}"; do say "failed: $name (see above)"; done

printf '\n== python: pytest %s\n' "$*"
python -m pytest "$@"
STATUS=$?
[ "${#FAILED[@]}" = 0 ] || exit 1
exit "$STATUS"
