#!/usr/bin/env bash
# See deploy/docker_fix.sh, which this starts; --help says what it does.
exec "$(dirname "$0")/deploy/docker_fix.sh" "$@"
