#!/usr/bin/env bash
# All tests: Rust, page, Python with integration and end to end. Arguments go to pytest.
set -euo pipefail
source "$(dirname "$0")/env.sh"

step() {
  printf '\n== %s\n' "$*"
  "$@"
}

step cargo test --workspace --exclude nautscan-py --locked --quiet
(cd web && step npm run --silent test)
step python -m pytest "$@"
