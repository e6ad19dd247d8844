# shellcheck shell=bash
# Every obstacle before a deploy is named with the command that removes it, and nothing is changed.

built_for_kind() {
  export KUBE_CONTEXT=kind-dev
  ./build.sh >/dev/null
  : >"$CALLS"
}

refused_with() {
  exits 2
  says "nothing was changed"
  local text
  for text in "$@"; do says "$text"; done
  equal "" "$(calls kubectl | grep -v ' auth can-i ' | grep -E ' (apply|create|delete|patch|label) ')"
}

test_ready_to_deploy() {
  built_for_kind
  try ./deploy.sh --check
  exits 0
  says "ready to deploy"
}

test_no_such_context() {
  built_for_kind
  KUBE_CONTEXT=other try ./deploy.sh --check --target kind --context kind-dev
  refused_with "there is no kube context 'kind-dev'" "fix: kind create cluster --name dev"
}

test_a_cluster_that_does_not_answer() {
  built_for_kind
  KUBE_DOWN=yes try ./deploy.sh --check
  refused_with "does not answer" "fix: kubectl --context kind-dev cluster-info"
}

test_a_cluster_that_is_too_old() {
  built_for_kind
  KUBE_MINOR=33 try ./deploy.sh --check
  refused_with "the cluster runs Kubernetes 1.33" "fix: upgrade it to 1.34 or newer"
}

test_a_vendors_minor_version_is_understood() {
  built_for_kind
  KUBE_MINOR=36+ try ./deploy.sh --check
  exits 0
}

test_missing_rights() {
  built_for_kind
  KUBE_FORBIDDEN=apiservices try ./deploy.sh --check
  refused_with "you may not: create apiservices.apiregistration.k8s.io" "create clusterrolebinding"
}

test_no_aggregation_layer() {
  built_for_kind
  KUBE_NO_AGGREGATION=yes try ./deploy.sh --check
  refused_with "aggregation layer is off" "--requestheader-client-ca-file"
}

test_another_provider_of_custom_metrics() {
  built_for_kind
  KUBE_APISERVICES="v1beta1.custom.metrics.k8s.io monitoring/prometheus-adapter True" try ./deploy.sh --check
  refused_with "belongs to service monitoring/prometheus-adapter" "delete apiservice v1beta1.custom.metrics.k8s.io"
}

test_our_own_registration_is_no_obstacle() {
  built_for_kind
  KUBE_APISERVICES="v1beta1.custom.metrics.k8s.io custom-metrics/custom-metrics-apiserver False" try ./deploy.sh --check
  exits 0
}

test_a_broken_foreign_api_is_named() {
  built_for_kind
  KUBE_APISERVICES="v1beta1.metrics.k8s.io kube-system/metrics-server False" try ./deploy.sh --check
  exits 0
  says "describe apiservice v1beta1.metrics.k8s.io"
}

test_a_namespace_of_somebody_else() {
  built_for_kind
  KUBE_NAMESPACE_monitoring="Active " try ./deploy.sh --check
  refused_with "namespace monitoring exists and is not this stack's" \
    "label namespace monitoring app.kubernetes.io/part-of=custom-metrics-stack"
}

test_a_namespace_that_is_going_away() {
  built_for_kind
  KUBE_NAMESPACE_custom_metrics="Terminating custom-metrics-stack" try ./deploy.sh --check
  refused_with "namespace custom-metrics is being deleted" "wait --for=delete namespace/custom-metrics"
}

test_no_images() {
  KUBE_CONTEXT=kind-dev try ./deploy.sh --check
  refused_with ".build/images.env is missing" "fix: ./build.sh --target kind"
}

test_a_half_written_hand_over() {
  built_for_kind
  head -n 2 .build/images.env >.build/half && mv .build/half .build/images.env
  try ./deploy.sh --check
  refused_with "incomplete" "fix: ./build.sh --target kind"
}

test_images_for_another_cluster() {
  built_for_kind
  KUBE_CONTEXT=k3d-dev try ./deploy.sh --check
  refused_with "built for kind (context kind-dev), not for k3d (context k3d-dev)" "fix: ./build.sh --target k3d"
}

test_images_older_than_their_source() {
  built_for_kind
  echo "// more" >>workload/src/main.rs
  try ./deploy.sh --check
  refused_with "the image of workload is older than its source" "fix: ./build.sh --target kind"
}

test_images_that_the_node_lost() {
  built_for_kind
  NODE_FORGETS=yes try ./deploy.sh --check
  refused_with "localhost/workload:" "is not on every node of kind-dev" "fix: ./build.sh --target kind"
}

test_an_unknown_component() {
  built_for_kind
  try ./deploy.sh --check --component quick
  refused_with "there is no component 'quick'" "fast"
}

test_all_obstacles_are_reported_at_once() {
  KUBE_CONTEXT=kind-dev KUBE_MINOR=30 KUBE_NO_AGGREGATION=yes KUBE_NAMESPACE_monitoring="Active " try ./deploy.sh --check
  refused_with "1.30" "aggregation layer" "namespace monitoring" "images.env" "4 preflight check(s) failed"
}

test_a_lab_that_is_not_up() {
  mkdir lab && printf '#!/bin/sh\nexit 1\n' >lab/lab && chmod +x lab/lab
  try ./deploy.sh --check --target lab
  refused_with "the lab 'default' is not up" "fix: LAB_NAME=default lab/lab up"
}

test_a_foreign_cluster_is_changed_only_when_named() {
  export KUBE_CONTEXT=production
  for script in ./deploy.sh ./destroy.sh; do
    try $script
    exits 2
    says "--context production (or --yes)"
    equal "" "$(calls kubectl | grep -v '^config')"
  done
}

test_a_timeout_that_is_no_number_is_refused() {
  try ./deploy.sh --timeout soon
  exits 2
  says "--timeout is 'soon'; it takes whole seconds"
}

test_a_dry_run_applies_in_order_and_changes_nothing() {
  needs_kubectl
  built_for_kind
  try ./deploy.sh --dry-run --component demo
  exits 0
  equal "$(printf '%s\n' "$OUT" | sed -n "s/.*component in (\(.*\))'.*/\1/p" | tr '\n' ' ')" \
    "namespaces prometheus,adapter,grafana aggregation workload autoscaling "
  says "nothing was changed"
  equal "" "$(calls kubectl | grep ' apply ')"
}

test_every_call_names_its_context() {
  needs_kubectl
  built_for_kind
  try ./deploy.sh --dry-run
  equal "" "$(calls kubectl | grep -v '^config ' | grep -v '^--context kind-dev ')"
}
