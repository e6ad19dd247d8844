# shellcheck shell=bash
# What must hold of every rendering, whichever overlay and components.

# render FILE OVERLAY [COMPONENT...]
render() {
  local file=$1 overlay=$2 component
  shift 2
  mkdir -p .build/rendering
  {
    printf 'resources: [../../k8s/overlays/%s]\ncomponents:\n' "$overlay"
    for component in "$@"; do printf -- '- ../../k8s/components/%s\n' "$component"; done
  } >.build/rendering/kustomization.yaml
  "$REAL_KUBECTL" kustomize .build/rendering >"$file"
}

# each_rendering CHECK: CHECK FILE NAME for every overlay, alone and with all components.
each_rendering() {
  needs_kubectl
  local overlay
  for overlay in k8s/overlays/*; do
    overlay=${overlay##*/}
    render "$WORK/$overlay" "$overlay"
    "$1" "$WORK/$overlay" "$overlay"
    # shellcheck disable=SC2046 # a list of names
    render "$WORK/$overlay" "$overlay" $(cd k8s/components && echo *)
    "$1" "$WORK/$overlay" "$overlay with all components"
  done
}

lacks() {
  ! grep -nE "$2" "$1" || fail "$3: found $2"
}

serves_unverified() { lacks "$1" '^ *(insecureSkipTLSVerify|caBundle):' "$2"; }
test_no_rendering_turns_verification_off_or_ships_a_ca() { each_rendering serves_unverified; }

uses_latest() { lacks "$1" 'image: .*:latest|image: [^:]*$' "$2"; }
test_every_image_has_a_tag_that_is_not_latest() { each_rendering uses_latest; }

counts_replicas() {
  awk -v RS='---\n' '/kind: Deployment/ && /\n  name: workload\n/ && /\n  replicas:/ { exit 1 }' "$1" || fail "$2: workload has replicas"
}
test_the_hpa_alone_owns_the_replicas() { each_rendering counts_replicas; }

unlabelled() {
  local objects parts components
  objects=$(grep -c '^kind: ' "$1")
  parts=$(grep -c '^    app.kubernetes.io/part-of: custom-metrics-stack' "$1")
  # The components that deploy.sh applies; an object of another would never reach the cluster.
  components=$(grep -cE '^    app.kubernetes.io/component: (namespaces|prometheus|adapter|grafana|aggregation|workload|autoscaling)$' "$1")
  equal "$2: $objects $objects" "$2: $parts $components"
}
test_every_object_is_labelled_as_ours_and_belongs_to_a_stage() { each_rendering unlabelled; }

hardened() {
  local containers setting
  containers=$(grep -cE '^        image: ' "$1")
  for setting in 'readOnlyRootFilesystem: true' 'allowPrivilegeEscalation: false' 'privileged: false' 'requests:' 'limits:' 'readinessProbe:' 'livenessProbe:' 'startupProbe:'; do
    equal "$2: $setting $containers" "$2: $setting $(grep -c "^ *$setting" "$1")"
  done
}
test_every_container_is_hardened_probed_and_bounded() { each_rendering hardened; }

test_the_window_is_a_minute_and_half_of_it_with_the_component_fast() {
  needs_kubectl
  render "$WORK/base" lab
  grep -q 'sum(rate(.*\[1m\]' "$WORK/base" || fail "not 1m"
  render "$WORK/fast" lab fast
  grep -q 'sum(rate(.*\[30s\]' "$WORK/fast" || fail "not 30s"
  lacks "$WORK/fast" 'metricsQuery.*\[1m\]' fast
}

test_only_the_rule_of_the_window_differs_in_the_component_fast() {
  equal "$(sed '/^#/d; /^ *#/d; s/\[1m\]/[30s]/' k8s/base/adapter/rules.yaml)" "$(sed '/^#/d; /^ *#/d' k8s/components/fast/rules.yaml)"
}

test_the_way_down_is_short_in_the_demonstration_only() {
  needs_kubectl
  render "$WORK/base" lab
  grep -q 'stabilizationWindowSeconds: 300' "$WORK/base" || fail "not 300 s"
  render "$WORK/demo" lab demo
  grep -q 'custom-metrics-stack/demo: ' "$WORK/demo" || fail "the demonstration does not say so"
  lacks "$WORK/demo" 'stabilizationWindowSeconds: 300' demo
}

test_the_lab_needs_no_registry() {
  needs_kubectl
  render "$WORK/lab" lab
  grep -q 'image: localhost/prometheus:' "$WORK/lab" || fail "not the lab's Prometheus"
  lacks "$WORK/lab" 'image: ([^l]|l[^o])' lab
}

test_the_job_ends_cleans_up_and_never_repeats() {
  local line
  for line in 'backoffLimit: 0' 'activeDeadlineSeconds: 900' 'ttlSecondsAfterFinished: 600' 'restartPolicy: Never'; do
    grep -q "$line" k8s/stress-test.yaml || fail "no $line"
  done
}

test_every_dashboard_panel_has_a_description_and_a_known_data_source() {
  command -v python3 >/dev/null || skip "python3 is not installed"
  try python3 - <<'PY'
import json
dashboard = json.load(open("grafana/dashboards/autoscaling.json"))
assert dashboard["uid"] == "autoscaling" and dashboard["id"] is None and dashboard["refresh"] == "5s"
assert "elements" not in dashboard, "the v2 schema is refused by file provisioning"
panels = [p for p in dashboard["panels"] if p["type"] != "row"]
assert len(panels) >= 10 and len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
for p in panels:
    assert p["description"] and p["fieldConfig"]["defaults"]["unit"] and p["fieldConfig"]["defaults"]["min"] == 0, p["title"]
    assert p["targets"] and all(t["datasource"]["uid"] == "prometheus" for t in p["targets"]), p["title"]
PY
  exits 0
}
