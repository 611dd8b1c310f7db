#!/usr/bin/env bash
# All checks, then all tests: Rust, page, Python with integration and end to end. A failure does
# not stop the others; pytest comes last, so that its closing line does. Arguments go to pytest.
#
# What Rust needs, nearly all of it compiling, goes on beside the rest, with a lower priority: it
# takes what the others leave of the processors while they wait. What it said comes before pytest's
# closing line.
set -uo pipefail
source "$(dirname "$0")/env.sh"

SAID=$(mktemp -d)
FAILED=()

stage() { # stage NAME COMMAND...
  local name=$1
  shift
  printf '\n== %s: %s\n' "$name" "$*"
  "$@" || FAILED+=("$name")
}

told() { # Whether all went well.
  for name in "${FAILED[@]}"; do say "failed: $name (see above)"; done
  [ "${#FAILED[@]}" = 0 ]
}

rust() {
  renice -n 10 -p "$BASHPID" >/dev/null
  stage "checks of Rust" scripts/lint.sh rust
  stage "engine" cargo test --workspace --exclude nautscan-py --locked --quiet
  told
}

set -m # A process group of its own, so that all of it can be ended.
rust >"$SAID/rust" 2>&1 </dev/null &
RUST=$!
set +m
trap 'kill -- -"$RUST" 2>/dev/null; rm -rf "$SAID"' EXIT

stage "checks" scripts/lint.sh others
stage "page" npm --prefix web run --silent test
told

# Two at a time: they wait more than they reckon. ARGS="-n 0" runs them one after the other.
printf '\n== python: pytest %s\n' "$*"
COLOUR=auto
if [ -t 1 ]; then COLOUR=yes; fi
python -m pytest --numprocesses 2 --color "$COLOUR" "$@" 2>&1 | tee -i "$SAID/pytest"
STATUS=${PIPESTATUS[0]}

wait "$RUST" || FAILED+=("Rust")
cat "$SAID/rust"

printf '\n== python: pytest %s\n' "$*"
tail -n 1 "$SAID/pytest"
[ "${#FAILED[@]}" = 0 ] || exit 1
exit "$STATUS"
