#!/usr/bin/env bash
# Removes the stack in the order that cannot wedge a cluster, takes only what is ours, and proves it.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"
. "$ROOT/scripts/target.sh"
. "$ROOT/scripts/wait.sh"
. "$ROOT/scripts/cleanup.sh"
. "$ROOT/scripts/leftovers.sh"

usage() {
  cat <<'USAGE'
destroy.sh - remove the stack from a cluster

Usage: ./destroy.sh [options]

  --target NAME      lab | kind | minikube | k3d | existing (default: $TARGET, else by the kube context)
  --context NAME     kube context; must be named for a cluster that is not local
  --kubeconfig FILE  kubeconfig to look contexts up in
  --timeout SECONDS  bound of each wait (default 120)
  --dry-run          print what would be removed
  --yes              do not ask
  -h, --help         this text

Removes what carries the label app.kubernetes.io/part-of=custom-metrics-stack: load and HPA first, then the API
registration, then the adapter, the rest, and the namespaces as far as nothing else lives in them. No finalizer is touched.

Exit: 0 and "leftovers: 0", 1 failed, 2 refused, 3 something of ours is still there (listed).

Examples:
  ./destroy.sh --target kind
  ./destroy.sh --dry-run --context work
USAGE
}

TIMEOUT=120 YES=''
while [ $# -gt 0 ]; do
  case $1 in
    --target) REQUESTED_TARGET=$(value_of "$@"); shift ;;
    --context) REQUESTED_CONTEXT=$(value_of "$@"); shift ;;
    --kubeconfig) REQUESTED_KUBECONFIG=$(value_of "$@"); shift ;;
    --timeout) TIMEOUT=$(seconds_of "$@"); shift ;;
    --dry-run) DRY_RUN=yes ;;
    --yes) YES=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage_error "unknown option '$1'; see ./destroy.sh --help" ;;
  esac
  shift
done

resolve_target
guard_wrong_cluster
kube get --raw /version --request-timeout=10s >/dev/null 2>&1 ||
  usage_error "the cluster of context $CONTEXT does not answer; try: $(kube_words) cluster-info"

step "inventory"
FOUND=$(inventory)
if [ -z "$FOUND" ]; then
  say "nothing to remove"
  say "leftovers: 0"
  exit 0
fi
printf '%s\n' "$FOUND" | sed 's/^/  /'
confirm "$(printf '%s\n' "$FOUND" | wc -l | tr -d ' ')"

step "load and autoscaling"
remove_labelled jobs.batch
remove_labelled horizontalpodautoscalers.autoscaling
step "metrics API"
remove_api_services
step "adapter"
remove_labelled deployments.apps -n "$ADAPTER_NAMESPACE"
step "everything else"
remove_the_rest
step "namespaces"
for name in $OUR_NAMESPACES; do remove_namespace "$name"; done
if [ -n "$DRY_RUN" ]; then
  say "dry run: nothing was changed"
  exit 0
fi
step "looking for leftovers"
prove_nothing_left
