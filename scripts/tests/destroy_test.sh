# shellcheck shell=bash
# destroy.sh takes what is ours, and never says "nothing" when it could not look.

test_nothing_to_remove() {
  KUBE_CONTEXT=kind-dev try ./destroy.sh
  exits 0
  says "nothing to remove"
  says "leftovers: 0"
}

test_a_list_that_fails_is_not_an_empty_one() {
  KUBE_CONTEXT=kind-dev KUBE_GET_FAILS=yes try ./destroy.sh
  exits 1
  does_not_say "nothing to remove"
  does_not_say "leftovers"
  says "the server is in a bad mood"
}

test_somebody_elses_registration_is_not_touched() {
  export KUBE_APISERVICES="v1beta1.custom.metrics.k8s.io monitoring/prometheus-adapter True
v1beta2.custom.metrics.k8s.io custom-metrics/custom-metrics-apiserver False"
  KUBE_CONTEXT=kind-dev try ./destroy.sh --dry-run
  exits 0
  says "delete apiservice v1beta2.custom.metrics.k8s.io"
  does_not_say "v1beta1.custom.metrics.k8s.io"
}

test_the_registration_goes_before_the_adapter() {
  export KUBE_APISERVICES="v1beta1.custom.metrics.k8s.io custom-metrics/custom-metrics-apiserver True"
  export KUBE_OBJECTS="Deployment/custom-metrics-apiserver custom-metrics"
  KUBE_CONTEXT=kind-dev try ./destroy.sh --dry-run
  exits 0
  local order
  order=$(printf '%s\n' "$OUT" | grep -E -o 'delete (jobs.batch|horizontalpodautoscalers.autoscaling|apiservice|deployments.apps) ' | tr '\n' ' ')
  equal "$order" "delete jobs.batch  delete horizontalpodautoscalers.autoscaling  delete apiservice  delete deployments.apps  "
  says "nothing was changed"
}

test_a_cluster_that_does_not_answer_is_a_clear_error() {
  KUBE_CONTEXT=kind-dev KUBE_DOWN=yes try ./destroy.sh
  exits 2
  says "does not answer; try: kubectl --context kind-dev cluster-info"
}
