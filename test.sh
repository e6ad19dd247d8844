#!/usr/bin/env bash
# Everything that must hold before a change lands. Continuous integration runs exactly this.
set -Eeuo pipefail
cd "$(dirname "$0")"

usage() {
  cat <<'USAGE'
test.sh - run the project's checks

Usage: ./test.sh [PART...]        all parts in this order when none is named

  static    formatting, lints, documentation, import directions, shell scripts
  unit      unit, property and integration tests of every crate
  scripts   the shell scripts against recorded stand-ins; rendered manifests
  lab       the lab: start, crash, clean-up, two side by side (Linux and root)
  compat    every answer beside prometheus-adapter's, before the same Prometheus and cluster (Linux and root)
  e2e       the main job, and our image in prometheus-adapter's place, on a real Kubernetes in the lab (Linux and root)

A part that this machine cannot run is counted as skipped and says what is missing.
The last line is the count: 'N passed, N failed, N skipped'. Exit code 0 only when none failed.

Examples: ./test.sh      ./test.sh static unit
USAGE
}

PARTS=(static unit scripts lab compat e2e)
# Minutes out of the 90 that continuous integration has, with cold caches on 2 cores. A part that takes longer says so.
share_of() {
  case $1 in static) echo 12 ;; unit) echo 10 ;; scripts) echo 3 ;; lab) echo 25 ;; compat) echo 10 ;; e2e) echo 28 ;; esac
}

export LAB_NAME=test RUSTDOCFLAGS="-D warnings" RUST_BACKTRACE=0
PASSED=0 FAILED=0 SKIPPED=0
REPORT=()
LAB_STARTED=''
WORK=$(mktemp -d)
trap 'finish_lab; rm -rf "$WORK"' EXIT

title() { printf '\n== %s\n' "$*"; }

# check NAME COMMAND...: one counted check.
check() {
  local name=$1 began=$SECONDS
  shift
  title "$name"
  if "$@"; then
    PASSED=$((PASSED + 1))
    printf -- '-- ok: %s (%ds)\n' "$name" $((SECONDS - began))
  else
    FAILED=$((FAILED + 1))
    REPORT+=("FAILED: $name")
    printf -- '-- FAILED: %s (%ds)\n' "$name" $((SECONDS - began))
    return 1
  fi
}

# counted NAME COMMAND...: a test runner, counted by its own closing lines.
counted() {
  local name=$1 state=0 log=$WORK/log passed failed ignored
  shift
  title "$name"
  "$@" 2>&1 | tee "$log" || state=$?
  read -r passed failed ignored < <(
    sed -n -E \
      -e 's/.*test result: .* ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored.*/\1 \2 \3/p' \
      -e 's/^([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' \
      -e 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2 0/p' "$log" |
      awk '{ p += $1; f += $2; i += $3 } END { print p + 0, f + 0, i + 0 }'
  )
  if [ "$state" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi # it did not even start
  if [ "$state" -eq 0 ] && [ "$passed" -eq 0 ]; then
    echo "no test ran in '$name'"
    failed=1
  fi
  PASSED=$((PASSED + passed)) FAILED=$((FAILED + failed)) SKIPPED=$((SKIPPED + ignored))
  [ "$failed" -eq 0 ] || { REPORT+=("FAILED: $name"); return 1; }
}

skip() {
  SKIPPED=$((SKIPPED + 1))
  REPORT+=("skipped: $1 ($2)")
  printf '\n== skipped: %s: %s\n' "$1" "$2"
}

need_shellcheck() {
  command -v shellcheck >/dev/null && return
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq --no-install-recommends shellcheck >/dev/null
  fi
  command -v shellcheck >/dev/null
}

# Programs; what they source is read along with them.
shell_programs() { git ls-files -co --exclude-standard | while read -r file; do head -n 1 "$file" | grep -q '^#!.*bash' && echo "$file"; done; }

lint_shell() {
  local programs
  programs=$(shell_programs)
  # shellcheck disable=SC2086 # no name of ours holds a space
  shellcheck -x $programs
}

part_static() {
  check "formatting" cargo fmt --all --check || :
  check "lints" cargo clippy --workspace --all-targets --locked -- -D warnings || :
  check "documentation" cargo doc --workspace --no-deps --locked --quiet || :
  check "import directions and file sizes" scripts/tests/architecture.sh || :
  if need_shellcheck; then check "shell scripts" lint_shell || :; else skip "shell scripts" "shellcheck is not installed"; fi
}

part_unit() {
  counted "crates" cargo test --locked --workspace --exclude e2e || :
}

part_scripts() {
  counted "build, deploy and destroy against stand-ins" scripts/tests/run.sh || :
  check "stress-test.yaml names the image of this tree" ./build.sh --render-only --check || :
}

can_run_lab() { [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; }

part_lab() {
  can_run_lab || { skip "lab" "it needs Linux and root"; return 0; }
  check "the cluster's components" lab/lab bin || return 0
  counted "lab" lab/tests/run.sh || :
}

part_compat() {
  can_run_lab || { skip "compat" "it needs Linux and root"; return 0; }
  # It starts the lab by itself and ends it. What it finds is not kept: a test leaves the checkout as it was.
  check "every answer beside prometheus-adapter's" env BENCH_LAB="$LAB_NAME" bench/run compat --no-keep || :
}

part_e2e() {
  can_run_lab || { skip "e2e" "it needs Linux and root"; return 0; }
  LAB_STARTED=yes
  check "cluster" lab/lab up || return 0
  check "images" ./build.sh --target lab --context "lab-$LAB_NAME" || return 0
  KUBECONFIG=$(lab/lab kubeconfig)
  export KUBECONFIG E2E_TARGET=lab
  counted "stack on a real Kubernetes" cargo test --locked -p e2e --test stack -- --test-threads=1 --nocapture || :
  counted "destroy" cargo test --locked -p e2e --test destroy -- --test-threads=1 --nocapture || :
  counted "takeover" cargo test --locked -p e2e --test takeover -- --nocapture || :
  finish_lab
}

# Whatever happened, no cluster of the tests stays behind.
finish_lab() {
  [ -n "$LAB_STARTED" ] || return 0
  LAB_STARTED=''
  lab/lab down
}

main() {
  local part began
  case ${1:-} in -h | --help) usage; exit 0 ;; esac
  [ $# -eq 0 ] || PARTS=("$@")
  for part in "${PARTS[@]}"; do
    declare -F "part_$part" >/dev/null || { usage >&2; echo "unknown part '$part'" >&2; exit 2; }
  done
  for part in "${PARTS[@]}"; do
    began=$SECONDS
    "part_$part"
    REPORT+=("$(printf 'part %-8s took %4ds of its share of %2d min' "$part" $((SECONDS - began)) "$(share_of "$part")")")
  done
  printf '\n'
  printf '%s\n' "${REPORT[@]}" "all parts took ${SECONDS}s"
  printf '%d passed, %d failed, %d skipped\n' "$PASSED" "$FAILED" "$SKIPPED"
  [ "$FAILED" -eq 0 ]
}

main "$@"
