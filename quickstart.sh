#!/usr/bin/env bash
# See pods follow requests: a cluster, the stack, 100 requests per second, 1 pod -> 10 pods -> 1 pod.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR
. "$here/scripts/common.sh"
. "$here/scripts/target.sh"
. "$here/scripts/local-cluster.sh"
. "$here/scripts/timeline.sh"
. "$here/scripts/demonstration.sh"

usage() {
  cat <<'USAGE'
quickstart.sh - watch the pod count follow the request rate, on whatever this machine has

Usage: ./quickstart.sh [--target auto|lab|kind|minikube|k3d|existing] [--keep] [--json FILE]

  --target T    auto (default) takes kind, minikube or k3d where Docker runs, else the lab: a real
                Kubernetes on bare Linux, started as root without Docker
  --keep        leave the cluster and the stack running, to look around in
  --json FILE   write the run, second by second: offered and served rate, the metric the
                HorizontalPodAutoscaler saw, desired and ready pods
  --context C   the kube context, for --target existing

It builds the images, deploys the stack with a shortened scale-down window (the component `demo`,
for this demonstration only), sends 100 requests per second until 10 pods serve them, stops, and
waits for the return to 1 pod.

Exit codes: 0 it scaled to at least 9 pods and came back to 1; 1 it did not, or a step failed;
            2 this machine or the options do not fit, nothing was changed; 130 interrupted

Examples:
  ./quickstart.sh
  ./quickstart.sh --keep --json run.json
  ./quickstart.sh --target kind
USAGE
}

KEEP='' JSON=''
parse_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --target) REQUESTED_TARGET=$(value_of "$@"); shift ;;
      --context) REQUESTED_CONTEXT=$(value_of "$@"); shift ;;
      --json) JSON=$(value_of "$@"); shift ;;
      --keep) KEEP=yes ;;
      -h | --help) usage; exit 0 ;;
      *) usage_error "unknown option '$1'; see ./quickstart.sh --help" ;;
    esac
    shift
  done
  if [ -n "$JSON" ] && ! : >>"$JSON"; then
    usage_error "--json $JSON cannot be written"
  fi
}

main() {
  parse_options "$@"
  choose_local_target
  trap 'demonstration_interrupted' INT TERM
  trap 'timeline_stop; timeline_remove' EXIT

  step "cluster"
  local_cluster_up
  resolve_target
  step "images"
  "$here/build.sh" --target "$TARGET" --context "$CONTEXT"
  step "stack"
  "$here/deploy.sh" --target "$TARGET" --context "$CONTEXT" --component demo
  demonstration_run
  timeline_stop
  [ -z "$JSON" ] || timeline_json >"$JSON"
  local cleaned=yes
  if [ -z "$KEEP" ]; then
    step "cleaning up (--keep leaves everything running)"
    clean_up || cleaned=''
  else
    local_cluster_keep
  fi
  demonstration_summary
  demonstration_next_steps
  [ -n "$cleaned" ] || die "the clean-up did not finish; see above"
  demonstration_succeeded || die "the pod count did not go to 9 and back to 1"
}

clean_up() {
  "$here/destroy.sh" --target "$TARGET" --context "$CONTEXT" --yes && local_cluster_down
}

main "$@"
