#!/usr/bin/env bash
# Builds the engine and installs NautScan into .venv, editable. Where the compiler's own tools are at
# hand it is built twice: `watched` builds it to count what is hot, `trained` has it do the work of
# scripts/train.py and lays it out by that (profile-guided optimisation). Elsewhere `watched` builds it
# once, as it is, and `trained` does nothing.
set -euo pipefail
source "$(dirname "$0")/env.sh"
WORK=$ROOT/build/profile

install() { # Editable: changes of Python files need no new build. Nothing is fetched but crates.
  python -m pip install -q --no-deps --no-build-isolation -e . || fail "the engine could not be built"
}

# Only the crates of this workspace are compiled with it: what they depend on is built once for both.
# It has one name for both builds, since cargo makes its path a part of the names of functions, by which
# the profile knows them; so cargo has to be told that they are out of date.
install_with() { # install_with FLAG
  printf '#!/usr/bin/env bash\nexec "$@" %q\n' "$1" >"$WORK/rustc.sh"
  chmod +x "$WORK/rustc.sh"
  touch crates/*/src/lib.rs
  RUSTC_WORKSPACE_WRAPPER=$WORK/rustc.sh install
}

merger() { # Prints where the llvm-profdata of this compiler is, or would be.
  local host
  host=$(rustc -vV | sed -n 's/^host: //p')
  printf '%s/lib/rustlib/%s/bin/llvm-profdata' "$(rustc --print sysroot)" "$host"
}

fetch_merger() { # Prints why it could not be had.
  have rustup || return 0
  say "fetching rustup's llvm-tools" >&2
  timeout 120 rustup component add llvm-tools 2>&1 >/dev/null | grep . | tail -n 1 || true
}

watched() {
  local why=
  rm -rf "$WORK"
  [ -x "$(merger)" ] || why=$(fetch_merger)
  say "building the engine (Rust, release; the first time takes minutes)"
  if [ -x "$(merger)" ]; then
    mkdir -p "$WORK"
    install_with "-Cprofile-generate=$WORK/counts"
  else
    say "without rustup's llvm-tools it is some per cent slower than it could be${why:+ ($why)}"
    install
  fi
}

learn() { # Has the engine work, and makes the profile of what it counted.
  # Where the user sends counts of other programs, these would be missing.
  env -u LLVM_PROFILE_FILE python scripts/train.py || return
  "$(merger)" merge -o "$WORK/engine.profdata" "$WORK"/counts/*.profraw
}

trained() {
  [ -d "$WORK" ] || return 0
  say "building the engine again, by what is hot in its work"
  if ! learn; then
    say "it gave no profile, see above: building the engine as it is, some per cent slower"
    rm -rf "$WORK"
    install
    return
  fi
  rm -rf "$WORK/counts"
  install_with "-Cprofile-use=$WORK/engine.profdata"
}

case ${1:-} in
  watched | trained) "$1" ;;
  *) fail "usage: scripts/engine.sh watched, and then scripts/engine.sh trained" ;;
esac
