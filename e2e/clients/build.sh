#!/usr/bin/env bash
# Builds the Go clients of one Kubernetes version, once, and prints the program's path.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'USAGE'
build.sh - build Kubernetes' own Go clients of the metrics APIs, once per machine

Usage: e2e/clients/build.sh 1.34|1.36

Prints the path of the program. It is kept in ~/.cache/custom-metrics-stack/ (XDG_CACHE_HOME), named by what it is made of.

Example: e2e/clients/build.sh 1.36
USAGE
}

MODULES=''
case ${1:-} in
  1.36) MODULES=go ;;
  1.34) MODULES=kubernetes-1.34 ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; echo "unknown version '${1:-}'" >&2; exit 2 ;;
esac
command -v go >/dev/null || { echo "Go is missing; install Go 1.26 or newer (https://go.dev/doc/install) and try again" >&2; exit 1; }

hash=$({ cat ./*.go "$MODULES.mod" "$MODULES.sum"; go env GOVERSION GOARCH; } | sha256sum | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/custom-metrics-stack/clients-$1-$hash
program=$dir/clients
if [ ! -x "$program" ]; then
  mkdir -p "$dir"
  # The name is given only to a whole program; two runs at once build it twice and harm nobody.
  CGO_ENABLED=0 GOFLAGS='' go build -mod=readonly -modfile="$MODULES.mod" -trimpath -buildvcs=false -ldflags='-s -w' \
    -o "$program.$$" . >&2
  mv "$program.$$" "$program"
fi
echo "$program"
