#!/usr/bin/env bash
# Runs every function test_* of *_test.sh, each in a subshell with a folder and a copy of the project of its own.
# The programs in stand-ins/ take the place of docker, kind, kubectl ... on PATH: they record their arguments in
# $CALLS and answer what a test tells them by environment. Nothing here proves what the real ones do.
# Usage: scripts/tests/run.sh [PATTERN]
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$tests/harness.sh"

passed=0 failed=0 skipped=0
for file in "$tests"/*_test.sh; do
  while read -r name; do
    case $name in *${1:-}*) ;; *) continue ;; esac
    state=0
    output=$( (one_test "$file" "$name") 2>&1) || state=$?
    case $state in
      0) passed=$((passed + 1)) && printf 'ok      %s\n' "${name#test_}" ;;
      77) skipped=$((skipped + 1)) && printf 'skipped %s: %s\n' "${name#test_}" "$output" ;;
      *) failed=$((failed + 1)) && printf 'FAILED  %s\n%s\n' "${name#test_}" "$(printf '%s' "$output" | sed 's/^/        /')" ;;
    esac
  done < <(sed -n 's/^\(test_[a-z0-9_]*\)() .*/\1/p' "$file")
done
if [ "$skipped" -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
