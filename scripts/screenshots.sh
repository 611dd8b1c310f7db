#!/usr/bin/env bash
# Pictures of every place of the page, dark and light, wide and narrow: `make screenshots`.
# They are made on the demo, into build/screenshots or the folder that SCREENSHOTS names. Arguments
# are parts of names: `make screenshots ARGS="request-dark"` makes only those.
set -euo pipefail
source "$(dirname "$0")/env.sh"

FOLDER=${SCREENSHOTS:-build/screenshots}
WORK=$(mktemp -d /tmp/nautscan-screenshots.XXXXXX)
chmod 777 "$WORK"

end() {
  if [ -n "${SERVER:-}" ]; then kill -INT "$SERVER" 2>/dev/null || true; wait "$SERVER" || true; fi
  rm -rf "$WORK"
}
trap end EXIT

# A background job of a script ignores Ctrl-C's signal; Python puts the default back.
python -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
os.execv(sys.executable, [sys.executable, "-m", "nautscan", *sys.argv[1:]])' \
  demo --port 0 --data-dir "$WORK/data" >"$WORK/log" 2>&1 &
SERVER=$!

address() { grep -oE 'http://[0-9.]+:[0-9]+' "$WORK/log" | head -n 1; }
for _ in $(seq 300); do
  ADDRESS=$(address || true)
  if [ -n "$ADDRESS" ]; then break; fi
  if ! kill -0 "$SERVER" 2>/dev/null; then cat "$WORK/log" >&2; exit 1; fi
  sleep 0.2
done
[ -n "$ADDRESS" ] || { cat "$WORK/log" >&2; exit 1; }

say "the demo runs at $ADDRESS; half a minute of traffic first, so that charts have something to show"
sleep 30
node web/scripts/screenshots.mjs "$ADDRESS" "$FOLDER" "$@"
say "pictures are in $FOLDER"
