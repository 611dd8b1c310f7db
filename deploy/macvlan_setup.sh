#!/usr/bin/env bash
# NautScan with an address of its own on the physical network: sudo ./macvlan_setup.sh
#
# Finds the interface, the subnet and the gateway, checks them and free addresses, puts the
# interface into promiscuous mode, starts deploy/docker-compose.macvlan.yml, and gives this host a
# way to the container, which the kernel otherwise keeps apart from its host. Settings are kept in
# deploy/macvlan.env. Running it again changes nothing that is as it should be; after a reboot it
# puts back what a reboot takes away.
#
#   --parent NAME        interface on the physical network (the one with the default route)
#   --driver NAME        macvlan, or ipvlan where only one MAC address is let through (Wi-Fi, clouds)
#   --mode NAME          macvlan only: bridge, or passthru, which takes the whole interface for a
#                        mirror port or tap: it sees all that arrives, and this host nothing there
#   --subnet CIDR        subnet of the network (that of the interface)
#   --gateway ADDRESS    its router (that of the default route)
#   --ip-range CIDR      part of it that nobody else hands out (the last 16 addresses)
#   --address ADDRESS    NautScan's address (the first of that range that nobody answers for)
#   --shim-address ADDRESS  this host's way there (the last one of that range)
#   --no-shim            no way from this host
#   --no-build           use the images that are there (NAUTSCAN_IMAGE names another one)
#   --down               take all of it away again; --volumes the data as well
#   --dry-run            say what would be done, and do nothing
#   --help               this text

set -euo pipefail
source "$(dirname "$0")/lib.sh"

SHIM=nautscan-shim
SETTINGS=${NAUTSCAN_LAN_SETTINGS:-$DEPLOY/macvlan.env}
PARENT='' DRIVER='' MODE='' SUBNET='' GATEWAY='' RANGE='' ADDRESS='' SHIM_ADDRESS=''
NO_SHIM='' BUILD='' DOWN=''
VOLUMES=()

while [ $# -gt 0 ]; do
  case $1 in
  --parent) PARENT=$(value_of "$@") ;;
  --driver) DRIVER=$(value_of "$@") ;;
  --mode) MODE=$(value_of "$@") ;;
  --subnet) SUBNET=$(value_of "$@") ;;
  --gateway) GATEWAY=$(value_of "$@") ;;
  --ip-range) RANGE=$(value_of "$@") ;;
  --address) ADDRESS=$(value_of "$@") ;;
  --shim-address) SHIM_ADDRESS=$(value_of "$@") ;;
  --no-shim) NO_SHIM=1 ;;
  --no-build) BUILD=--no-build ;;
  --down) DOWN=1 ;;
  --volumes) VOLUMES=(--volumes) ;;
  --dry-run) DRY_RUN=1 ;;
  -h | --help) usage && exit 0 ;;
  *) fail "unknown option $1" "See --help." ;;
  esac
  case $1 in --no-* | --down | --volumes | --dry-run) shift ;; *) shift 2 ;; esac
done

# Addresses are numbers here: to_number 192.0.2.1, to_address 3221225985.
to_number() {
  local a b c d rest part
  IFS=. read -r a b c d rest <<<"$1"
  for part in "$a" "$b" "$c" "$d"; do
    if ! [[ $part =~ ^[0-9]{1,3}$ && -z $rest ]] || [ "$((10#$part))" -gt 255 ]; then
      fail "$1 is no IPv4 address"
    fi
  done
  echo $(((10#$a << 24) | (10#$b << 16) | (10#$c << 8) | 10#$d))
}
to_address() { echo "$(($1 >> 24 & 255)).$(($1 >> 16 & 255)).$(($1 >> 8 & 255)).$(($1 & 255))"; }
prefix_of() {
  local prefix=${1#*/}
  if ! [[ $1 == */* && $prefix =~ ^[0-9]{1,2}$ ]] || [ "$prefix" -gt 32 ]; then
    fail "$1 is no subnet" "Write it as 192.0.2.0/24."
  fi
  echo "$prefix"
}
# Looked at before anything is reckoned with them: what fails in a $( ) ends only that.
check_subnet() {
  prefix_of "$1" >/dev/null
  to_number "${1%/*}" >/dev/null
}
size_of() { echo $((1 << (32 - $(prefix_of "$1")))); }
first_of() { # the network's own address: the bits of hosts are cut off
  local size number
  size=$(size_of "$1")
  number=$(to_number "${1%/*}")
  echo $((number / size * size))
}
last_of() { echo $(($(first_of "$1") + $(size_of "$1") - 1)); }
inside() { # inside ADDRESS CIDR
  local number
  number=$(to_number "$1")
  [ "$number" -ge "$(first_of "$2")" ] && [ "$number" -le "$(last_of "$2")" ]
}

# remembered NAME : what an earlier run has written
remembered() { [ ! -e "$SETTINGS" ] || sed -n "s/^$1=//p" "$SETTINGS" | tail -n 1; }
same_as_before() { # same_as_before GIVEN NAME OPTION
  local before
  before=$(remembered "$2")
  [ -z "$1" ] || [ -z "$before" ] || [ "$1" = "$before" ] ||
    fail "it is set up with $3 $before already" "Take that down first: $0 --down"
}
check_unchanged() {
  same_as_before "$PARENT" NAUTSCAN_LAN_PARENT --parent
  same_as_before "$DRIVER" NAUTSCAN_LAN_DRIVER --driver
  same_as_before "$MODE" NAUTSCAN_LAN_MODE --mode
  same_as_before "$SUBNET" NAUTSCAN_LAN_SUBNET --subnet
  same_as_before "$GATEWAY" NAUTSCAN_LAN_GATEWAY --gateway
  same_as_before "$RANGE" NAUTSCAN_LAN_RANGE --ip-range
  same_as_before "$ADDRESS" NAUTSCAN_LAN_ADDRESS --address
  same_as_before "$SHIM_ADDRESS" NAUTSCAN_LAN_SHIM --shim-address
}

find_parent() {
  PARENT=${PARENT:-$(remembered NAUTSCAN_LAN_PARENT)}
  PARENT=${PARENT:-$(ip -4 route show default | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)}
  [ -n "$PARENT" ] || fail "no interface has a default route" "Name the one to use with --parent."
  [ -e "/sys/class/net/$PARENT" ] || fail "there is no interface $PARENT" "ip link shows those there are."
}
check_parent() {
  local base=/sys/class/net/$PARENT
  if [ -d "$base/bridge" ]; then
    fail "$PARENT is a bridge" "Name the physical interface with --parent."
  elif [ -e "$base/master" ]; then
    fail "$PARENT belongs to $(basename "$(readlink "$base/master")")" "Name that one, or another interface, with --parent."
  elif [ "$(cat "$base/type")" != 1 ]; then
    fail "$PARENT is not Ethernet" "Macvlan and ipvlan need an Ethernet interface."
  elif [ -d "$base/wireless" ] && [ "$DRIVER" = macvlan ]; then
    fail "$PARENT is Wi-Fi, which lets one MAC address through" "Use --driver ipvlan."
  fi
  ip link show dev "$PARENT" up | grep -q . || fail "$PARENT is down" "ip link set $PARENT up"
  if [ "$MODE" = passthru ] && ip -4 route show default | grep -q " dev $PARENT\b"; then
    fail "$PARENT has this host's default route, which passthru would cut off" \
      "Passthru takes a whole interface: name the one at the mirror port or tap with --parent."
  fi
}

find_network() {
  SUBNET=${SUBNET:-$(remembered NAUTSCAN_LAN_SUBNET)}
  SUBNET=${SUBNET:-$(ip -4 route show dev "$PARENT" scope link | sed -n 's/^\([0-9.]*\/[0-9]*\) .*/\1/p' | head -n 1)}
  [ -n "$SUBNET" ] || fail "$PARENT has no IPv4 subnet" "Name it with --subnet, and the router with --gateway."
  check_subnet "$SUBNET"
  SUBNET=$(to_address "$(first_of "$SUBNET")")/$(prefix_of "$SUBNET")
  [ "$(size_of "$SUBNET")" -ge 8 ] || fail "$SUBNET is too small" "At least a /29 is needed."
  GATEWAY=${GATEWAY:-$(remembered NAUTSCAN_LAN_GATEWAY)}
  GATEWAY=${GATEWAY:-$(ip -4 route show default dev "$PARENT" | sed -n 's/.* via \([0-9.]*\).*/\1/p;s/^default via \([0-9.]*\).*/\1/p' | head -n 1)}
  [ -n "$GATEWAY" ] || fail "no router is known on $PARENT" "Name it with --gateway."
  to_number "$GATEWAY" >/dev/null
  inside "$GATEWAY" "$SUBNET" || fail "the router $GATEWAY is not in $SUBNET" "Name both with --gateway and --subnet."
}

find_addresses() {
  RANGE=${RANGE:-$(remembered NAUTSCAN_LAN_RANGE)}
  if [ -z "$RANGE" ]; then
    local size=16
    [ "$(size_of "$SUBNET")" -ge 32 ] || size=4
    RANGE=$(to_address $(($(last_of "$SUBNET") + 1 - size)))/$((size == 16 ? 28 : 30))
    warn "assuming that nobody else hands out addresses of $RANGE; see the DHCP range of your router, and name another with --ip-range."
  fi
  check_subnet "$RANGE"
  if ! inside "${RANGE%/*}" "$SUBNET" || [ "$(last_of "$RANGE")" -gt "$(last_of "$SUBNET")" ]; then
    fail "$RANGE is not part of $SUBNET"
  fi
  [ "$(size_of "$RANGE")" -ge 4 ] || fail "$RANGE is too small" "At least a /30 is needed."
  SHIM_ADDRESS=${SHIM_ADDRESS:-$(remembered NAUTSCAN_LAN_SHIM)}
  SHIM_ADDRESS=${SHIM_ADDRESS:-$(to_address $(($(last_of "$RANGE") - 1)))}
  ADDRESS=${ADDRESS:-$(remembered NAUTSCAN_LAN_ADDRESS)}
  ADDRESS=${ADDRESS:-$(free_address)}
  local name
  for name in "$ADDRESS" "$SHIM_ADDRESS"; do
    to_number "$name" >/dev/null
    inside "$name" "$SUBNET" || fail "$name is not in $SUBNET"
    [ "$name" != "$GATEWAY" ] || fail "$name is the router's address"
  done
  [ "$ADDRESS" != "$SHIM_ADDRESS" ] || fail "--address and --shim-address are the same"
}

# Whether somebody on the network answers for an address: asked by ARP, which a ping to a
# neighbour brings about even where pings are not answered.
is_taken() {
  (exec 3<>"/dev/udp/$1/9" && printf x >&3) 2>/dev/null || true
  sleep 1
  ip -4 neigh show dev "$PARENT" to "$1" | grep -q lladdr
}
free_address() {
  local number candidate
  for ((number = $(first_of "$RANGE") + 1; number < $(last_of "$RANGE"); number++)); do
    candidate=$(to_address "$number")
    if [ "$candidate" = "$GATEWAY" ] || [ "$candidate" = "$SHIM_ADDRESS" ]; then continue; fi
    if ip -4 -o address show | grep -q " $candidate/"; then continue; fi
    if is_taken "$candidate"; then continue; fi
    echo "$candidate"
    return 0
  done
  fail "every address of $RANGE is taken" "Name another range with --ip-range."
}

check_kernel() {
  [ -z "$DRY_RUN" ] || return 0
  local mode=()
  [ "$DRIVER" = ipvlan ] && mode=(mode l2) || mode=(mode "$MODE")
  if [ -e "/sys/class/net/$SHIM" ] || [ -n "$(container_of backend)" ]; then return 0; fi
  if ! ip link add nautscan-probe link "$PARENT" type "$DRIVER" "${mode[@]}" 2>"$PROBE"; then
    fail "an interface of type $DRIVER cannot be made on $PARENT: $(tail -n 1 "$PROBE")" \
      "The kernel may lack it (modprobe $DRIVER), or $PARENT may carry interfaces of the other type (--driver)."
  fi
  ip link del nautscan-probe
}

write_settings() {
  local text
  text="# Written by macvlan_setup.sh; read by docker compose --env-file.
NAUTSCAN_LAN_PARENT=$PARENT
NAUTSCAN_LAN_DRIVER=$DRIVER
NAUTSCAN_LAN_MODE=$MODE
NAUTSCAN_LAN_SUBNET=$SUBNET
NAUTSCAN_LAN_GATEWAY=$GATEWAY
NAUTSCAN_LAN_RANGE=$RANGE
NAUTSCAN_LAN_ADDRESS=$ADDRESS
NAUTSCAN_LAN_SHIM=$SHIM_ADDRESS
NAUTSCAN_LAN_PROMISC_BEFORE=$1"
  say "+ write $SETTINGS"
  [ -n "$DRY_RUN" ] || printf '%s\n' "$text" >"$SETTINGS"
}

# Set by hand, that is: what a running capture asks for does not show here.
is_promiscuous() { ip link show dev "$PARENT" | grep -q '[<,]PROMISC[,>]'; }
set_promiscuous() {
  if is_promiscuous; then
    say "$PARENT is in promiscuous mode already."
  else
    run ip link set dev "$PARENT" promisc on
  fi
}

make_shim() {
  if [ -n "$NO_SHIM" ] || [ "$MODE" = passthru ]; then return 0; fi
  if [ ! -e "/sys/class/net/$SHIM" ]; then
    if [ "$DRIVER" = ipvlan ]; then
      run ip link add "$SHIM" link "$PARENT" type ipvlan mode l2
    else
      run ip link add "$SHIM" link "$PARENT" type macvlan mode bridge
    fi
  fi
  if ! ip -4 -o address show dev "$SHIM" 2>/dev/null | grep -q " $SHIM_ADDRESS/32 "; then
    run ip address replace "$SHIM_ADDRESS/32" dev "$SHIM"
  fi
  run ip link set dev "$SHIM" up
  run ip route replace "$ADDRESS/32" dev "$SHIM" src "$SHIM_ADDRESS"
}

take_down() {
  say "Taking NautScan's place on the network away."
  PARENT=$(remembered NAUTSCAN_LAN_PARENT)
  run_compose down --remove-orphans "${VOLUMES[@]+"${VOLUMES[@]}"}"
  if [ -e "/sys/class/net/$SHIM" ]; then run ip link del "$SHIM"; fi
  if [ -n "$PARENT" ] && [ -e "/sys/class/net/$PARENT" ] && [ "$(remembered NAUTSCAN_LAN_PROMISC_BEFORE)" = off ]; then
    run ip link set dev "$PARENT" promisc off
  fi
  if [ -e "$SETTINGS" ]; then run rm -f "$SETTINGS"; fi
}

have ip || fail "the ip command is not installed" "Debian: apt-get install iproute2"
if [ "$(id -u)" != 0 ] && [ -z "$DRY_RUN" ]; then
  fail "changing interfaces takes root" "sudo $0, or --dry-run to see what would be done."
fi
need_docker
need_compose nautscan-lan docker-compose.macvlan.yml

if [ -n "$DOWN" ]; then
  # Compose asks for the values even to take things away.
  export NAUTSCAN_LAN_PARENT=x NAUTSCAN_LAN_ADDRESS=192.0.2.2 NAUTSCAN_LAN_SUBNET=192.0.2.0/24
  export NAUTSCAN_LAN_GATEWAY=192.0.2.1 NAUTSCAN_LAN_RANGE=192.0.2.0/28
  take_down
  exit 0
fi

check_unchanged
DRIVER=${DRIVER:-$(remembered NAUTSCAN_LAN_DRIVER)}
DRIVER=${DRIVER:-macvlan}
MODE=${MODE:-$(remembered NAUTSCAN_LAN_MODE)}
MODE=${MODE:-bridge}
case $DRIVER in macvlan | ipvlan) ;; *) fail "--driver $DRIVER is neither macvlan nor ipvlan" ;; esac
case $MODE in bridge | passthru) ;; *) fail "--mode $MODE is neither bridge nor passthru" ;; esac
if [ "$DRIVER $MODE" = "ipvlan passthru" ]; then fail "passthru is a mode of macvlan" "Leave --driver out."; fi
PROBE=$(mktemp)
trap 'rm -rf "$PROBE" "$SCRATCH"' EXIT

find_parent
check_parent
find_network
find_addresses
say "Interface $PARENT, $DRIVER${MODE:+ ($MODE)}; subnet $SUBNET, router $GATEWAY, range $RANGE."
say "NautScan gets $ADDRESS${NO_SHIM:-, this host reaches it from $SHIM_ADDRESS}."
check_kernel

export NAUTSCAN_LAN_PARENT=$PARENT NAUTSCAN_LAN_DRIVER=$DRIVER NAUTSCAN_LAN_MODE=$MODE
export NAUTSCAN_LAN_SUBNET=$SUBNET NAUTSCAN_LAN_GATEWAY=$GATEWAY NAUTSCAN_LAN_RANGE=$RANGE
export NAUTSCAN_LAN_ADDRESS=$ADDRESS
BEFORE=$(remembered NAUTSCAN_LAN_PROMISC_BEFORE)
if [ -z "$BEFORE" ]; then BEFORE=$(is_promiscuous && echo on || echo off); fi
write_settings "$BEFORE"
set_promiscuous
up $BUILD
wait_healthy backend
make_shim

TOKEN=$(token_of backend)
PORT=${NAUTSCAN_PORT:-8000}
say ""
say "Page and API:  http://$ADDRESS:$PORT/${TOKEN:+?token=$TOKEN}"
say "To look at it by hand:"
shown_commands "http://$ADDRESS:$PORT" "$TOKEN"
if [ "$DRIVER $MODE" = "macvlan passthru" ]; then
  say "It sees all that arrives at $PARENT."
else
  say "It sees what is sent to it and to everybody. For what others send each other: a mirror port or"
  say "a tap, and docs/guide/network-monitoring.md."
fi
say "To take it away: ./macvlan_setup.sh --down"
