#!/usr/bin/env bash
# See deploy/macvlan_setup.sh, which this starts; --help says what it does.
exec "$(dirname "$0")/deploy/macvlan_setup.sh" "$@"
