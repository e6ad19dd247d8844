#!/usr/bin/env bash
# Deploys the stack in the order that never breaks a cluster, and returns 0 only when the HPA shows a number.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"
. "$ROOT/scripts/target.sh"
. "$ROOT/scripts/images.sh"
. "$ROOT/scripts/load.sh"
. "$ROOT/scripts/handover.sh"
. "$ROOT/scripts/preflight.sh"
. "$ROOT/scripts/render.sh"
. "$ROOT/scripts/wait.sh"
. "$ROOT/scripts/explain.sh"

usage() {
  cat <<'USAGE'
deploy.sh - deploy the stack and wait until the HPA shows a number

Usage: ./deploy.sh [options]

  --target NAME      lab | kind | minikube | k3d | existing (default: $TARGET, else by the kube context)
  --context NAME     kube context; must be named for a cluster that is not local
  --kubeconfig FILE  kubeconfig to look contexts up in
  --component NAME   add k8s/components/NAME (fast, demo, v1beta2, ...); repeatable
  --timeout SECONDS  bound of each wait (default 180)
  --check            only the preflight: every obstacle at once, each with its remedy
  --diff             show what a deploy would change
  --dry-run          print the commands; where the namespaces exist, let the server check every object
  --yes              do not insist on --context for a cluster that is not local
  -h, --help         this text

Exit: 0 deployed and proven end to end, 1 failed (with cause and next command), 2 refused, nothing changed.

Examples:
  ./build.sh --target kind && ./deploy.sh --target kind
  ./deploy.sh --target lab --component fast
  ./deploy.sh --check --context work
USAGE
}

COMPONENTS=() TIMEOUT=180 CHECK='' DIFF='' YES=''
while [ $# -gt 0 ]; do
  case $1 in
    --target) REQUESTED_TARGET=$(value_of "$@"); shift ;;
    --context) REQUESTED_CONTEXT=$(value_of "$@"); shift ;;
    --kubeconfig) REQUESTED_KUBECONFIG=$(value_of "$@"); shift ;;
    --component) COMPONENTS+=("$(value_of "$@")"); shift ;;
    --timeout) TIMEOUT=$(seconds_of "$@"); shift ;;
    --check) CHECK=yes ;;
    --diff) DIFF=yes ;;
    --dry-run) DRY_RUN=yes ;;
    --yes) YES=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage_error "unknown option '$1'; see ./deploy.sh --help" ;;
  esac
  shift
done

next_steps() {
  local kubectl
  kubectl=$(kube_words)
  cat <<NEXT

deployed in ${SECONDS}s. Next:
  start load     $kubectl apply -f k8s/stress-test.yaml     (again: replace --force -f)
  watch pods     $kubectl get hpa workload-hpa --watch
  see the load   $kubectl logs -f job/stress
  stop load      $kubectl delete job stress
  Prometheus     $kubectl -n monitoring port-forward svc/prometheus 9090
NEXT
  if in_rendered Deployment grafana; then
    say "  Grafana        $kubectl -n monitoring port-forward svc/grafana 3000     (admin / admin)"
  fi
  say "  remove all     $(script_words destroy.sh)"
}

resolve_target
guard_wrong_cluster
pin_tags
preflight
[ -z "$CHECK" ] || { say "ready to deploy"; exit 0; }

step "rendering"
render
if [ -n "$DIFF" ]; then
  show_diff
  exit 0
fi

step "namespaces"
apply_stage namespaces
step "Prometheus, adapter, their rights and configuration"
apply_stage prometheus adapter grafana
wait_for wait_rollout monitoring prometheus
wait_for wait_rollout "$ADAPTER_NAMESPACE" custom-metrics-apiserver
if in_rendered Deployment grafana; then wait_for wait_rollout monitoring grafana; fi
# Last of the adapter: a registered API without an answer disturbs every client of the cluster.
step "metrics API"
apply_stage aggregation
for name in $(rendered_api_services); do wait_for wait_api_service "$name"; done
step "application"
apply_stage workload
wait_for wait_rollout default workload
step "autoscaling"
apply_stage autoscaling
wait_for wait_end_to_end
if [ -n "$DRY_RUN" ]; then
  say "dry run: nothing was changed"
else
  next_steps
fi
