# shellcheck shell=bash
# What every script shares: strict mode, words on the screen, dry runs, a trap that names the step.
# shellcheck disable=SC2034 # constants for those who source this
set -Eeuo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD_DIR=$ROOT/.build
PART_OF=custom-metrics-stack
PART_OF_LABEL=app.kubernetes.io/part-of=$PART_OF
FIELD_MANAGER=custom-metrics-stack
ADAPTER_NAMESPACE=custom-metrics
ADAPTER_SERVICE=custom-metrics-apiserver
OUR_NAMESPACES="custom-metrics monitoring"

# Exit codes: 1 something failed, 2 wrong use or a preflight refused (nothing was changed), 3 leftovers.
DRY_RUN=${DRY_RUN:-}
CURRENT_STEP=starting

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  GREEN=$'\033[32m' RED=$'\033[31m' YELLOW=$'\033[33m' BOLD=$'\033[1m' PLAIN=$'\033[0m'
else
  GREEN='' RED='' YELLOW='' BOLD='' PLAIN=''
fi

say() { printf '%s\n' "$*"; }
step() {
  CURRENT_STEP=$*
  printf '%s[%3ds] %s%s\n' "$BOLD" "$SECONDS" "$*" "$PLAIN"
}
ok() { printf '  %sok%s    %s\n' "$GREEN" "$PLAIN" "$*"; }
note() { printf '  %snote%s  %s\n' "$YELLOW" "$PLAIN" "$*" >&2; }
bad() { printf '  %sFAIL%s  %s\n' "$RED" "$PLAIN" "$*" >&2; }
die() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
  exit 1
}
usage_error() {
  printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
  exit 2
}

on_error() {
  local code=$1 where=$2
  # A subshell's failure is its caller's to report, and a usage error has said all there is.
  if [ "${BASH_SUBSHELL:-0}" -gt 0 ] || [ "$code" -eq 2 ]; then return 0; fi
  printf '%serror:%s step "%s" failed (exit %s, %s)\n' "$RED" "$PLAIN" "$CURRENT_STEP" "$code" "$where" >&2
}
trap 'on_error $? "${BASH_SOURCE[0]##*/}:$LINENO"' ERR

# The command as one would type it.
quoted() {
  local word out=''
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_./:=@,%+-]*) word=\'${word//\'/\'\\\'\'}\' ;;
    esac
    out="$out${out:+ }$word"
  done
  printf '%s' "$out"
}

# Runs an external command that changes something; a dry run prints it instead.
run() {
  if [ -n "$DRY_RUN" ]; then
    printf '  + %s\n' "$(quoted "$@")"
  else
    "$@"
  fi
}

run_quietly() { if [ -n "$DRY_RUN" ]; then run "$@"; else "$@" >/dev/null; fi; }

have() { command -v "$1" >/dev/null 2>&1; }

# value_of OPTION [VALUE]: the value an option needs.
value_of() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then usage_error "$1 needs a value; see --help"; fi
  printf '%s' "$2"
}

# seconds_of OPTION [VALUE]: whole seconds, with or without the unit.
seconds_of() {
  local value
  value=$(value_of "$@") || exit
  value=${value%s}
  case $value in
    '' | *[!0-9]*) usage_error "$1 is '$value'; it takes whole seconds, e.g. $1 $TIMEOUT" ;;
  esac
  printf '%s' "$value"
}

# Replaces FILE by standard input in one move, so that a kill never leaves half of it.
write_atomically() {
  local file=$1 temporary
  mkdir -p "$(dirname "$file")"
  temporary=$(mktemp "$file.XXXXXX")
  cat >"$temporary"
  chmod 644 "$temporary"
  mv "$temporary" "$file"
}
