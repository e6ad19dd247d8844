# shellcheck shell=bash
# Bounded waits with one line per object, and what to say when one runs out.

# wait_until SECONDS WHAT COMMAND...: polls a condition that no watch can express.
wait_until() {
  local bound=$1 what=$2 began=$SECONDS told=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $((SECONDS - began)) -lt "$bound" ] || return 1
    if [ $((SECONDS - told)) -ge 5 ]; then
      told=$SECONDS
      say "  ...   $what ($((SECONDS - began))s of at most ${bound}s)"
    fi
    sleep 0.5
  done
  ok "$what ($((SECONDS - began))s)"
}

# wait_rollout NAMESPACE DEPLOYMENT
wait_rollout() {
  local namespace=$1 name=$2 began=$SECONDS log
  log=$(mktemp)
  if kube -n "$namespace" rollout status "deployment/$name" --timeout "${TIMEOUT}s" 2>&1 |
    tee "$log" | sed -n 's/^Waiting for/  ...   waiting for/p'; then
    rm -f "$log"
    ok "$namespace/$name is rolled out ($((SECONDS - began))s)"
    return
  fi
  sed 's/^/  /' "$log" >&2
  rm -f "$log"
  explain_pods "$namespace" "$name"
  die "$namespace/$name did not become ready within ${TIMEOUT}s"
}

# wait_api_service NAME: Available, and with a CA, so that its answers are verified.
wait_api_service() {
  local name=$1 began=$SECONDS
  if ! wait_until "$TIMEOUT" "apiservice $name has a caBundle" api_service_has_ca "$name" ||
    ! kube wait --for=condition=Available "apiservice/$name" --timeout "${TIMEOUT}s" >/dev/null; then
    explain_api_service "$name"
    die "apiservice $name is not Available with a caBundle after $((SECONDS - began))s"
  fi
  ok "apiservice $name is Available ($((SECONDS - began))s)"
}

api_service_has_ca() {
  [ -n "$(kube get apiservice "$1" -o 'jsonpath={.spec.caBundle}' 2>/dev/null)" ]
}

METRIC_PATH="/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/http_requests_per_second"

metric_has_items() { kube get --raw "$METRIC_PATH" 2>/dev/null | grep -q '"value"'; }

hpa_value() {
  kube -n default get hpa workload-hpa -o 'jsonpath={.status.currentMetrics[0].pods.current.averageValue}' 2>/dev/null
}

hpa_has_number() {
  [ "$(kube -n default get hpa workload-hpa \
    -o 'jsonpath={.status.conditions[?(@.type=="ScalingActive")].status}' 2>/dev/null)" = True ] && [ -n "$(hpa_value)" ]
}

# The chain is whole only when the autoscaler has seen a number.
wait_end_to_end() {
  if ! wait_until "$TIMEOUT" "the metric http_requests_per_second has a value per pod" metric_has_items; then
    explain_metric
    die "no value of http_requests_per_second within ${TIMEOUT}s"
  fi
  if ! wait_until "$TIMEOUT" "hpa workload-hpa shows a number" hpa_has_number; then
    explain_hpa
    die "hpa workload-hpa shows no number within ${TIMEOUT}s"
  fi
  say "        now $(hpa_value) requests/s per pod, target 10"
}
