#!/usr/bin/env bash
# Brings prometheus-adapter's image into a lab and prints its name; the tests switch from it to ours.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

case ${1:-} in
  -h | --help)
    echo "incumbent.sh - load prometheus-adapter's image into the lab of LAB_NAME, and print its name"
    echo
    echo "Built from its pinned Go module, once per machine. Example: LAB_NAME=second e2e/incumbent.sh"
    exit 0
    ;;
  '') ;;
  *) echo "incumbent.sh takes no arguments; see --help" >&2; exit 2 ;;
esac

. "$ROOT/bench/lib/base.sh"
. "$ROOT/bench/lib/rival.sh"
rival_build
"$ROOT/lab/lab" load-image "$(rival_archive)" >&2
echo "$RIVAL_IMAGE"
