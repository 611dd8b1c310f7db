# Sourced by the set-up scripts beside it: how they speak, check, and call Compose.
# shellcheck shell=bash

DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
DRY_RUN=${DRY_RUN:-}
PROJECT=
FILES=()
COMPOSE=()
SCRATCH=

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
fail() { # fail MESSAGE [REMEDY]
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '  %s\n' "$2" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# run COMMAND... : say it, and do it unless this is a dry run.
run() {
  printf '+ %s\n' "$(quoted "$@")"
  [ -n "$DRY_RUN" ] || "$@"
}
quoted() {
  local word text=
  for word; do text+="$(printf '%q' "$word") "; done
  printf '%s' "${text% }"
}

# usage: the comment at the head of the script is its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "$0"; }

value_of() { # value_of "$@" : the value of the option that stands first
  if [ $# -lt 2 ] || [ -z "$2" ]; then fail "$1 needs a value" "See --help."; fi
  printf '%s' "$2"
}

need_docker() {
  have docker || fail "the docker command is not installed" \
    "https://docs.docker.com/engine/install/, on Debian: apt-get install docker.io"
  docker info --format '{{.ServerVersion}}' >/dev/null 2>&1 ||
    fail "the Docker Engine does not answer: $(docker info 2>&1 >/dev/null | tail -n 1)" \
      "Start it (systemctl start docker), or run this with sudo or as a member of its group."
}

# Compose 2 is a plugin of docker; what Debian 12 packages is the older docker-compose 1.29, which
# does the same for these files once their line `name:` is taken out.
need_compose() { # need_compose PROJECT FILE...
  PROJECT=$1
  shift
  FILES=("$@")
  if docker compose version >/dev/null 2>&1; then
    COMPOSE=(docker compose --project-name "$PROJECT")
  elif have docker-compose; then
    COMPOSE=(docker-compose --project-name "$PROJECT" --project-directory "$DEPLOY")
    if docker-compose version --short | grep -q '^1\.'; then without_names; fi
  else
    fail "Docker Compose is not installed" \
      "Docker's own packages: docker-compose-plugin; Debian 12: apt-get install docker-compose"
  fi
}
without_names() {
  SCRATCH=$(mktemp -d)
  trap 'rm -rf "$SCRATCH"' EXIT
  local file copies=()
  for file in "${FILES[@]}"; do
    grep -v '^name:' "$DEPLOY/$file" >"$SCRATCH/$file"
    copies+=("$SCRATCH/$file")
  done
  FILES=("${copies[@]}")
}
compose() { # compose ARGUMENTS... : Compose on the files that need_compose was given
  local file arguments=()
  for file in "${FILES[@]}"; do
    case $file in /*) ;; *) file=$DEPLOY/$file ;; esac
    arguments+=(-f "$file")
  done
  "${COMPOSE[@]}" "${arguments[@]}" "$@"
}
# A dry run shows the command as a person would type it.
run_compose() {
  local file text="docker compose"
  for file in "${FILES[@]}"; do text+=" -f deploy/${file##*/}"; done
  printf '+ %s %s\n' "$text" "$*"
  [ -n "$DRY_RUN" ] || compose "$@"
}
up() { # up [--no-build] : starts what is not started, changes what changed
  if [ "${1:-}" = --no-build ]; then
    run_compose up --detach --no-build --remove-orphans
  else
    run_compose up --detach --build --remove-orphans
  fi
}
container_of() { # container_of SERVICE : by its labels, since asking Compose takes a second
  docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
    --filter "label=com.docker.compose.service=$1" | head -n 1
}

# need_port PORT SERVICE OPTION : nothing but our own container may listen on it
need_port() {
  local ours
  ours=$(container_of "$2")
  if [ -n "$ours" ] && [ "$(docker inspect -f '{{.State.Running}}' "$ours")" = true ]; then return 0; fi
  if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
    fail "port $1 of this host is in use by something else" \
      "End that (ss -ltnp 'sport = :$1' names it), or choose another with $3."
  fi
}

# The image's own health check, run now and not when its turn comes.
answers() { # answers CONTAINER
  local check
  check=$(docker inspect -f '{{if .Config.Healthcheck}}{{index .Config.Healthcheck.Test 3}}{{end}}' "$1")
  [ -z "$check" ] || docker exec "$1" python3 -c "$check" >/dev/null 2>&1
}
wait_healthy() { # wait_healthy SERVICE
  [ -z "$DRY_RUN" ] || return 0
  local id state deadline=$((SECONDS + ${PATIENCE_S:-120}))
  id=$(container_of "$1")
  [ -n "$id" ] || fail "$1 has no container"
  while [ "$SECONDS" -lt "$deadline" ]; do
    state=$(docker inspect -f '{{.State.Status}}' "$id")
    case $state in
    running) if answers "$id"; then return 0; fi ;;
    exited | dead | restarting) break ;;
    esac
    sleep 0.3
  done
  docker logs --tail 30 "$id" >&2 || true
  fail "$1 did not come up (it is $state)" "Its last words are above."
}

# token_of SERVICE : the token that the server made, unless one was given or none is asked for
token_of() {
  if [ -n "${NAUTSCAN_TOKEN:-}" ]; then
    printf '%s' "$NAUTSCAN_TOKEN"
  elif [ -z "$DRY_RUN" ]; then
    docker exec "$(container_of "$1")" cat /var/lib/nautscan/token 2>/dev/null || true
  fi
}

# What a person types next. shown_commands ADDRESS [TOKEN]
shown_commands() {
  local ask="curl" interface="${NETWORK_INTERFACES:-eth0}"
  [ -z "${2:-}" ] || ask="curl -H 'Authorization: Bearer $2'"
  say "  $ask $1/api/packets/interfaces"
  say "  $ask -X POST -H 'Content-Type: application/json' -d '{\"interface\": \"${interface%%,*}\"}' $1/api/packets/start"
  say "  $ask $1/api/packets/recent"
}
