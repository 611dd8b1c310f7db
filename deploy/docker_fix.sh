#!/usr/bin/env bash
# The demo on a standard Docker bridge: ./docker_fix.sh
#
# Starts deploy/docker-compose.yml: the API in one container, the page in another, a made-up shop
# of services as traffic. Works on every Docker, needs no rights, captures nothing real.
# Running it again changes nothing that is as it should be.
#
#   --port PORT        where the API is published on 127.0.0.1 (8000)
#   --page-port PORT   where the page is published on 127.0.0.1 (3000)
#   --token            let the API ask for a token, as it does for live traffic
#   --no-build         use the images that are there (NAUTSCAN_IMAGE names another one)
#   --down             take it away again; --volumes its data as well
#   --dry-run          say what would be done, and do nothing
#   --help             this text

set -euo pipefail
source "$(dirname "$0")/lib.sh"

PORT=${NAUTSCAN_PORT:-8000}
PAGE_PORT=${NAUTSCAN_PAGE_PORT:-3000}
BUILD=
DOWN=
VOLUMES=()

while [ $# -gt 0 ]; do
  case $1 in
  --port)
    PORT=$(value_of "$@")
    shift
    ;;
  --page-port)
    PAGE_PORT=$(value_of "$@")
    shift
    ;;
  --token) export NAUTSCAN_DEMO_OPEN=false ;;
  --no-build) BUILD=--no-build ;;
  --down) DOWN=1 ;;
  --volumes) VOLUMES=(--volumes) ;;
  --dry-run) DRY_RUN=1 ;;
  -h | --help) usage && exit 0 ;;
  *) fail "unknown option $1" "See --help." ;;
  esac
  shift
done

export NAUTSCAN_PORT=$PORT NAUTSCAN_PAGE_PORT=$PAGE_PORT
export NEXT_PUBLIC_API_URL=${NEXT_PUBLIC_API_URL:-http://localhost:$PORT/api}
export NAUTSCAN_CORS_ORIGINS=${NAUTSCAN_CORS_ORIGINS:-http://localhost:$PAGE_PORT,http://127.0.0.1:$PAGE_PORT}

need_docker
need_compose nautscan-demo docker-compose.yml

if [ -n "$DOWN" ]; then
  say "Taking the demo away."
  run_compose down --remove-orphans "${VOLUMES[@]+"${VOLUMES[@]}"}"
  exit 0
fi

say "The demo: page and API in containers on a bridge, with made-up traffic."
need_port "$PORT" backend --port
need_port "$PAGE_PORT" frontend --page-port
up $BUILD
wait_healthy backend
wait_healthy frontend

TOKEN=
if [ "${NAUTSCAN_DEMO_OPEN:-true}" = false ] || [ -n "${NAUTSCAN_TOKEN:-}" ]; then TOKEN=$(token_of backend); fi
say ""
say "The page:  http://localhost:$PAGE_PORT/${TOKEN:+?token=$TOKEN}"
say "The API:   http://localhost:$PORT/docs${TOKEN:+?token=$TOKEN}"
say "To look at it by hand (the demo's one interface is a stream named demo):"
NETWORK_INTERFACES=demo shown_commands "http://localhost:$PORT" "$TOKEN"
say "Real traffic: ./host_network_fix.sh. To take the demo away: ./docker_fix.sh --down"
