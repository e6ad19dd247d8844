# shellcheck shell=bash
# What a test of the scripts needs: a copy of the project, stand-ins on PATH, a few assertions.

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
REAL_KUBECTL=$(command -v kubectl || true)

one_test() {
  set -Eeuo pipefail
  WORK=$(mktemp -d)
  trap 'rm -rf "$WORK"' EXIT
  COPY=$WORK/project
  mkdir "$COPY"
  (cd "$PROJECT" && tar -cf - --exclude=./.git --exclude=./target --exclude=./.build --exclude=./lab .) | tar -xf - -C "$COPY"
  export CALLS=$WORK/calls STAND_IN_STATE=$WORK/state REAL_KUBECTL NO_COLOR=1 HOME=$WORK KUBECONFIG=''
  unset TARGET LAB_NAME REGISTRY ENGINE DRY_RUN KIND_CLUSTER_NAME MINIKUBE_PROFILE K3D_CLUSTER
  mkdir "$STAND_IN_STATE"
  : >"$CALLS"
  PATH=$PROJECT/scripts/tests/stand-ins:$PATH
  cd "$COPY"
  # shellcheck disable=SC1090 # the file of the test
  . "$1"
  "$2"
}

# try COMMAND...: runs it; OUT and CODE say what came of it.
try() {
  CODE=0
  OUT=$("$@" 2>&1 </dev/null) || CODE=$?
}

fail() {
  printf '%s\n--- exit %s, output:\n%s\n' "$1" "${CODE:-}" "${OUT:-}"
  exit 1
}

skip() {
  printf '%s' "$1"
  exit 77
}

exits() { [ "$CODE" -eq "$1" ] || fail "expected exit $1"; }

says() {
  case $OUT in *"$1"*) ;; *) fail "expected to read: $1" ;; esac
}

does_not_say() {
  case $OUT in *"$1"*) fail "did not expect to read: $1" ;; esac
}

equal() { [ "$1" = "$2" ] || fail "expected the same: '$1' and '$2'"; }
different() { [ "$1" != "$2" ] || fail "expected a difference: '$1'"; }

# calls PROGRAM: what it was called with, one call a line, the copy's path left out.
calls() { sed -n "s#$COPY/##g; s#^$1 ##p" "$CALLS"; }

needs_kubectl() { [ -n "$REAL_KUBECTL" ] || skip "kubectl is not installed"; }
