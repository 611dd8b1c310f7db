#!/usr/bin/env bash
# Live capture of this host from a container: ./host_network_fix.sh
#
# Starts deploy/docker-compose.host.yml: NautScan on the host's network with the right to capture
# (NET_RAW), not privileged, and a proxy that lets it read names from the Docker Engine. The page
# and the API are at http://localhost:8000. Running it again changes nothing that is as it should be.
#
#   --interfaces A,B   capture on these instead of Docker's own or those in use
#   --port PORT        where it listens (8000)
#   --for-containers   let containers reach it too, at http://host.docker.internal:8000 (they are
#                      started with --add-host host.docker.internal:host-gateway); asks for a token
#   --frontend         a page at http://localhost:3000 as well, in a container of its own
#   --direct-socket    the Docker socket itself instead of the proxy: equals root on this host
#   --net-admin        NET_ADMIN as well; NautScan does not need it
#   --no-build         use the images that are there (NAUTSCAN_IMAGE names another one)
#   --down             take it away again; --volumes its data as well
#   --dry-run          say what would be done, and do nothing
#   --help             this text

set -euo pipefail
source "$(dirname "$0")/lib.sh"

PORT=${NAUTSCAN_PORT:-8000}
PAGE_PORT=${NAUTSCAN_PAGE_PORT:-3000}
FOR_CONTAINERS=
FRONTEND=
BUILD=
DOWN=
VOLUMES=()
WANTED=(docker-compose.host.yml)

while [ $# -gt 0 ]; do
  case $1 in
  --interfaces | --interface)
    NETWORK_INTERFACES=$(value_of "$@")
    shift
    ;;
  --port)
    PORT=$(value_of "$@")
    shift
    ;;
  --for-containers) FOR_CONTAINERS=1 ;;
  --frontend) FRONTEND=1 ;;
  --direct-socket) WANTED+=(docker-compose.direct-socket.yml) ;;
  --net-admin) WANTED+=(docker-compose.net-admin.yml) ;;
  --no-build) BUILD=--no-build ;;
  --down) DOWN=1 ;;
  --volumes) VOLUMES=(--volumes) ;;
  --dry-run) DRY_RUN=1 ;;
  -h | --help) usage && exit 0 ;;
  *) fail "unknown option $1" "See --help." ;;
  esac
  shift
done

# The security options of the engine say whether "the host's network" is the host's.
check_engine() {
  local options system
  options=$(docker info --format '{{.SecurityOptions}}')
  system=$(docker info --format '{{.OperatingSystem}}')
  say "Docker Engine on $system, security options $options"
  case $options in
  *rootless*) fail "this is a rootless Docker Engine: its \"host\" network is a namespace of its own" \
    "Use the system's engine (docker context use default, with sudo), or run NautScan on the host: docs/guide/deployment.md." ;;
  *userns*) fail "this engine maps users (userns-remap), and then refuses the host's network" \
    "Add userns_mode: host to the service in an override, or run NautScan on the host: docs/guide/deployment.md." ;;
  esac
  case $system in
  *"Docker Desktop"*) warn "Docker Desktop: the host's network is that of its virtual machine. \
Containers are seen, the interfaces of macOS or Windows are not (docs/guide/platforms.md)." ;;
  esac
}

check_interfaces() {
  local name
  [ -n "${NETWORK_INTERFACES:-}" ] && [ -d /sys/class/net ] || return 0
  for name in ${NETWORK_INTERFACES//,/ }; do
    [ -e "/sys/class/net/$name" ] || warn "there is no interface $name now; NautScan waits for it. \
\`nautscan interfaces\` or \`ip link\` lists them."
  done
}

# host-gateway is the address of the default bridge unless the engine is told otherwise.
gateway() {
  docker network inspect bridge --format '{{range .IPAM.Config}}{{println .Gateway}}{{end}}' |
    grep -m 1 '^[0-9.]*$' || fail "the default bridge has no address" \
    "Set NAUTSCAN_HOST to 127.0.0.1 and the address at which containers reach this host."
}

need_docker
export NETWORK_INTERFACES=${NETWORK_INTERFACES:-} NAUTSCAN_PORT=$PORT NAUTSCAN_PAGE_PORT=$PAGE_PORT
if [ -n "$FRONTEND" ]; then
  export COMPOSE_PROFILES=frontend
  export NEXT_PUBLIC_API_URL=${NEXT_PUBLIC_API_URL:-http://localhost:$PORT/api}
  export NAUTSCAN_CORS_ORIGINS=${NAUTSCAN_CORS_ORIGINS:-http://localhost:$PAGE_PORT}
fi
need_compose nautscan "${WANTED[@]}"

if [ -n "$DOWN" ]; then
  say "Taking NautScan away; the host's network was never changed."
  COMPOSE_PROFILES=frontend run_compose down --remove-orphans "${VOLUMES[@]+"${VOLUMES[@]}"}"
  exit 0
fi

check_engine
check_interfaces
need_port "$PORT" backend --port
GATEWAY=
if [ -n "$FOR_CONTAINERS" ]; then
  GATEWAY=$(gateway)
  export NAUTSCAN_HOST=127.0.0.1,$GATEWAY
fi
say "Live capture of this host: network_mode host, NET_RAW, not privileged."
up $BUILD
wait_healthy backend
[ -z "$FRONTEND" ] || wait_healthy frontend

TOKEN=
if [ -n "$FOR_CONTAINERS${NAUTSCAN_TOKEN:-}" ]; then TOKEN=$(token_of backend); fi
say ""
say "Page and API:  http://localhost:$PORT/${TOKEN:+?token=$TOKEN}"
[ -z "$FRONTEND" ] || say "The page too:  http://localhost:$PAGE_PORT/${TOKEN:+?token=$TOKEN}"
if [ -n "$GATEWAY" ]; then
  say "From containers (--add-host host.docker.internal:host-gateway):"
  say "  curl -H 'Authorization: Bearer $TOKEN' http://host.docker.internal:$PORT/api/packets/recent"
  say "  A firewall on this host must let port $PORT in from the bridges."
fi
say "To look at it by hand:"
shown_commands "http://localhost:$PORT" "$TOKEN"
say "To take it away: ./host_network_fix.sh --down"
