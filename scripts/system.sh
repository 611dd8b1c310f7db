#!/usr/bin/env bash
# System packages: `scripts/system.sh run` for building and running, `lint` for the checks as well,
# `test` for the tests as well.
#
# As root on Debian or Ubuntu what is missing is installed; otherwise it is named. What is there
# already is left alone, and nothing is fetched when nothing is missing.
set -euo pipefail
source "$(dirname "$0")/env.sh"

RUST_WANTED=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
PYTHON_WANTED=$(sed -n 's/^requires-python = ">=\(.*\)"/\1/p' pyproject.toml)

# Each line: how to tell that it is there | the Debian package | what it is for.
run_needs() {
  cat <<'LIST'
have cc|build-essential|builds the engine
python_ready|python3-venv|runs NautScan
has_libpcap|libpcap0.8|captures packets
LIST
}
test_needs() {
  cat <<'LIST'
have ip|iproute2|network namespaces for live tests
have ethtool|ethtool|switches offloads off in live tests
have nginx|nginx-light|the server in live tests
have wrk|wrk|the load in live tests
have curl|curl|the client in live tests
have dnsmasq|dnsmasq-base|the DNS and DHCP server in live tests
have dig|bind9-dnsutils|its client
have redis-server|redis-server|a Redis server in live tests
have memcached|memcached|a Memcached server in live tests
has_postgresql|postgresql|a PostgreSQL server in live tests
have mosquitto|mosquitto|an MQTT broker in live tests
have nats-server|nats-server|a NATS server in live tests
has_rabbitmq|rabbitmq-server|a RabbitMQ server in live tests
have mariadbd|mariadb-server|a MariaDB server in live tests
has_php_fpm|php-fpm|a FastCGI server in live tests
has_sshd|openssh-server|an SSH server in live tests
have ssh|openssh-client|its client
have chronyd|chrony|an NTP server and client in live tests
have ping|iputils-ping|pings in live tests
have tcpdump|tcpdump|comparison in live tests and benchmarks
have tshark|tshark|comparison with Wireshark's reading
have dockerd|docker.io|a real Docker Engine for identity tests
have busybox|busybox-static|the containers of that engine
have iptables|iptables|networks of that engine
have_compose|docker-compose|the compose files, started
have haproxy|haproxy|the Docker socket proxy, before that engine
have podman|podman|its Docker-compatible socket, in identity tests
have shellcheck|shellcheck|the set-up scripts, checked
have chromium|chromium|the page in a real browser
LIST
}

python_ready() {
  have python3 && python3 - "$PYTHON_WANTED" <<'PY' 2>/dev/null
import ensurepip, sys, venv
wanted = tuple(int(part) for part in sys.argv[1].split("."))
sys.exit(sys.version_info < wanted)
PY
}
have_compose() { have docker-compose || docker compose version >/dev/null 2>&1; }
has_postgresql() { compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null; }
has_rabbitmq() { [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ]; }
has_php_fpm() { compgen -G "/usr/sbin/php-fpm*" >/dev/null; }
has_sshd() { [ -x /usr/sbin/sshd ]; }
has_libpcap() { ldconfig -p 2>/dev/null | grep 'libpcap\.so' >/dev/null; }
has_apt() { have apt-get && have dpkg; }
rust_ready() {
  have cargo && have rustc &&
    version_at_least "$(rustc --version 2>/dev/null | cut -d' ' -f2)" "$RUST_WANTED"
}

# Debian 12 carries a current Rust beside its old one, for building browsers.
rust_packages() {
  if apt-cache show rustc-web >/dev/null 2>&1; then
    echo rustc-web cargo-web
  else
    echo rustc cargo
  fi
}

missing_packages() { # missing_packages LIST-FUNCTION
  while IFS='|' read -r check package purpose; do
    if ! $check; then echo "$package|$purpose"; fi
  done < <("$1")
}

install() { # install PACKAGE...
  say "apt-get install $*"
  # RUNLEVEL=1 keeps the packages' services from being started now.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q --no-install-recommends "$@" \
    >"$ROOT/build/apt.log" 2>&1 || { tail -n 20 "$ROOT/build/apt.log" >&2; return 1; }
}

provide() { # provide LIST-FUNCTION
  local missing names
  missing=$(missing_packages "$1")
  [ -n "$missing" ] || return 0
  names=$(cut -d'|' -f1 <<<"$missing" | sort -u | tr '\n' ' ')
  if [ "$(id -u)" = 0 ] && has_apt; then
    refresh_lists
    # shellcheck disable=SC2086 # the names are words
    install $names || fail "could not install: $names(the last lines of apt-get are above)"
    # shellcheck disable=SC2086
    rest_services $names
  else
    say "not installed here, and needed:"
    while IFS='|' read -r package purpose; do say "  $package ($purpose)"; done <<<"$missing"
    say "on Debian or Ubuntu: sudo apt-get install $names"
  fi
}

refresh_lists() {
  [ -z "${LISTS_FRESH:-}" ] || return 0
  say "apt-get update"
  apt-get update -q >"$ROOT/build/apt.log" 2>&1 || say "apt-get update failed; going on with old lists"
  LISTS_FRESH=1
}

# The tests start their own nginx, Docker Engine and databases; a service that came with a package only now
# must not start at the next boot.
rest_services() {
  have systemctl || return 0
  case " $* " in *" nginx-light "*) systemctl disable -q nginx 2>/dev/null || true ;; esac
  case " $* " in *" docker.io "*) systemctl disable -q docker docker.socket 2>/dev/null || true ;; esac
  case " $* " in *" redis-server "*) systemctl disable -q redis-server 2>/dev/null || true ;; esac
  case " $* " in *" memcached "*) systemctl disable -q memcached 2>/dev/null || true ;; esac
  case " $* " in *" postgresql "*) systemctl disable -q postgresql 2>/dev/null || true ;; esac
  case " $* " in *" mosquitto "*) systemctl disable -q mosquitto 2>/dev/null || true ;; esac
  case " $* " in *" nats-server "*) systemctl disable -q nats-server 2>/dev/null || true ;; esac
  case " $* " in *" rabbitmq-server "*) systemctl disable -q rabbitmq-server epmd.socket 2>/dev/null || true ;; esac
  case " $* " in *" mariadb-server "*) systemctl disable -q mariadb 2>/dev/null || true ;; esac
  case " $* " in *" php-fpm "*) systemctl disable -q 'php*-fpm' 2>/dev/null || true ;; esac
  case " $* " in *" openssh-server "*) systemctl disable -q ssh 2>/dev/null || true ;; esac
  case " $* " in *" chrony "*) systemctl disable -q chrony 2>/dev/null || true ;; esac
  case " $* " in *" haproxy "*) systemctl disable -q haproxy 2>/dev/null || true ;; esac
  case " $* " in *" podman "*) systemctl disable -q podman.socket podman-restart podman-auto-update.timer 2>/dev/null || true ;; esac
}

provide_rust() {
  ! rust_ready || return 0
  if [ "$(id -u)" = 0 ] && has_apt; then
    refresh_lists
    # shellcheck disable=SC2046 # the names are words
    install $(rust_packages) || true
    hash -r
  fi
  rust_ready || fail "Rust $RUST_WANTED or newer is needed ($(rustc --version 2>/dev/null || echo none found)): \
on Debian 12 'apt-get install rustc-web cargo-web', elsewhere https://rustup.rs"
}

# Debian packages rustfmt and clippy apart from the compiler; rustup brings them along.
provide_rust_checks() {
  if cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1; then return 0; fi
  if [ "$(id -u)" = 0 ] && has_apt && dpkg -s rustc-web >/dev/null 2>&1; then
    refresh_lists
    install rustfmt-web rust-web-clippy || true
  fi
}

mkdir -p "$ROOT/build"
provide run_needs
python_ready || fail "Python $PYTHON_WANTED or newer with venv is needed (Debian: python3-venv)"
have cc || fail "a C compiler is needed (Debian: build-essential)"
provide_rust
case "${1:-run}" in
lint) provide_rust_checks ;;
test)
  provide test_needs
  provide_rust_checks
  ;;
esac
