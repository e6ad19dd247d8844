# shellcheck shell=bash
# Words on the screen and exit codes shared by the parts of bench/run.

# Exit codes: 0 every bar met, 1 a bar missed, 2 wrong use, 3 the bench could not run.
say() { printf '%s\n' "bench: $*" >&2; }
step() { say "$(printf '%4ds  %s' "$SECONDS" "$*")"; }
fail() { say "error: $*"; exit 3; }
usage_error() { say "$*; see bench/run --help"; exit 2; }

on_error() {
  say "error: \"$BASH_COMMAND\" failed (${BASH_SOURCE[1]##*/}:$1)"
  exit 3
}
trap 'on_error $LINENO' ERR

# quietly LOG COMMAND...: the log is shown only when the command fails.
quietly() {
  local log=$1
  shift
  # A subshell, or what a signal makes us say while a function runs would go to the log as well.
  ("$@") >"$log" 2>&1 && return
  tail -n 25 "$log" >&2
  fail "\"$*\" failed (whole log: $log)"
}
