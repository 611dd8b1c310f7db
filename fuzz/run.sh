#!/usr/bin/env bash
# Runs every fuzz target for FUZZ_SECONDS (default 60), or only those named as arguments. Installs
# cargo-fuzz where it is missing; makes seeds of our own captures, and of those in
# NAUTSCAN_SHARED_PCAPS (default ../shared/pcaps beside the repository) where there are any.
#   FUZZ_SECONDS=600 fuzz/run.sh wire http1
#   FUZZ_SANITIZER=address    look for memory errors too, at half the speed
set -euo pipefail
cd "$(dirname "$0")/.."

SECONDS_EACH=${FUZZ_SECONDS:-60}
SANITIZER=${FUZZ_SANITIZER:-none}
CAPTURES=${NAUTSCAN_SHARED_PCAPS:-../shared/pcaps}
ALL=(wire reassembly http1 http2 dns redis memcached memcached_udp postgres mysql mongodb mqtt tls nats amqp websocket quic banners kafka fastcgi connection datagrams engine files)
if [ "$#" -gt 0 ]; then TARGETS=("$@"); else TARGETS=("${ALL[@]}"); fi

say() { printf 'fuzz: %s\n' "$*"; }

if ! cargo +nightly --version >/dev/null 2>&1; then
  say "libFuzzer needs a nightly compiler: installing it (rustup toolchain install nightly)"
  rustup toolchain install nightly --profile minimal
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  say "installing cargo-fuzz"
  cargo install cargo-fuzz --locked
fi

seeds() { # seeds FOLDER. Built beside the engine's tests, which leave most of it built.
  say "making seeds of the captures in $1"
  cargo run --quiet --locked --manifest-path fuzz/Cargo.toml --target-dir target \
    --example seeds -- "$1" fuzz/corpus
}
seeds tests/golden/own
if [ -d "$CAPTURES" ]; then
  seeds "$CAPTURES"
else
  say "no captures in $CAPTURES: starting from our own (set NAUTSCAN_SHARED_PCAPS)"
fi

say "building the targets"
cargo +nightly fuzz build --sanitizer "$SANITIZER"

FAILED=()
for target in "${TARGETS[@]}"; do
  sed -n 's/^\/\/! \{0,1\}//p' "fuzz/fuzz_targets/$target.rs" | paste -sd ' ' |
    sed "s/^/fuzz: $target for $SECONDS_EACH s. /"
  mkdir -p "fuzz/corpus/$target"
  cargo +nightly fuzz run --sanitizer "$SANITIZER" "$target" -- \
    -max_total_time="$SECONDS_EACH" -max_len=16384 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 || FAILED+=("$target")
done

if [ "${#FAILED[@]}" -gt 0 ]; then
  say "found something: ${FAILED[*]}. The input is in fuzz/artifacts/; make it a test of the crate."
  exit 1
fi
say "found nothing in ${TARGETS[*]}, $SECONDS_EACH s each"
