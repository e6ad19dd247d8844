# shellcheck shell=bash
# Names, paths and words shared by every part of the lab.

KUBERNETES_VERSION=v1.36.3
PROMETHEUS_VERSION=v3.13.3
METRICS_SERVER_VERSION=v0.9.0
COREDNS_VERSION=v1.14.7

LAB_NAME=${LAB_NAME:-default}
LAB_ROOT=${LAB_ROOT:-/var/lib/custom-metrics-lab}
LAB_DIR=$LAB_ROOT/$LAB_NAME
CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/custom-metrics-stack

# The benchmarking block 198.18.0.0/15 (RFC 2544) collides with no network a machine is really in.
NODE_IP=198.18.0.1
NODE_GATEWAY=198.18.0.254
POD_CIDR=198.18.1.0/24
SERVICE_CIDR=198.19.0.0/24
API_SERVICE_IP=198.19.0.1
DNS_SERVICE_IP=198.19.0.10
NODE_NAME=lab-$LAB_NAME

STARTED_AT=$SECONDS

say() { printf '%s\n' "lab: $*" >&2; }
step() { say "$(printf '%4ds  %s' $((SECONDS - STARTED_AT)) "$*")"; }
fail() { say "error: $*"; exit 1; }
unsupported() { say "this machine cannot run the lab: $*"; exit 2; }
usage_error() { say "$*; see lab/lab --help"; exit 2; }

trap 'say "error: ${BASH_SOURCE[0]##*/}:$LINENO: \"$BASH_COMMAND\" failed; lab/lab down removes what was started"' ERR

case $LAB_NAME in
  *[!a-z0-9]* | '') usage_error "LAB_NAME is '$LAB_NAME'; it takes small letters and digits, e.g. LAB_NAME=second" ;;
esac
[ ${#LAB_NAME} -le 16 ] || usage_error "LAB_NAME is '$LAB_NAME'; it may have 16 characters at most"

# wait_until SECONDS WHAT COMMAND...: polls a real condition; on time-out says what was waited for.
wait_until() {
  local bound=$1 what=$2 began=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - began)) -ge "$bound" ]; then
      say "gave up after ${bound}s waiting for $what"
      return 1
    fi
    sleep 0.1
  done
}

# One `up` or `down` of a lab at a time; daemons must not inherit the lock (see process.sh).
with_lock() {
  mkdir -p "$LAB_ROOT"
  exec 9>"$LAB_ROOT/.$LAB_NAME.lock"
  if ! flock -n 9; then
    say "another lab/lab is at work on '$LAB_NAME'; waiting for it"
    flock -w 3600 9 || fail "the other lab/lab did not end within an hour"
  fi
  "$@"
}
