#!/usr/bin/env bash
# See deploy/host_network_fix.sh, which this starts; --help says what it does.
exec "$(dirname "$0")/deploy/host_network_fix.sh" "$@"
