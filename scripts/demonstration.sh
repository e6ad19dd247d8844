# shellcheck shell=bash
# The main job, watched: one pod, load until ten serve it, no load, one pod again.

# Bounds, in seconds. Two HPA periods, a rate window of 60 s and a start-up make 65 s; a slow machine gets time.
BOUND_SETTLE=420
BOUND_LOAD=180
BOUND_BACK=360
# Nine pods are as good as ten when the load is a percent below 100 (the HPA tolerates 10 %): wait this long for the tenth.
PATIENCE_FOR_TEN=100

TO_NINE='' MOST=0 FAILED='' BACK='' LOAD_BEGAN=''

demonstration_run() {
  step "waiting for one idle pod"
  kube delete job stress --ignore-not-found --wait >/dev/null
  TIMELINE_BEGAN=$SECONDS
  timeline_start
  timeline_until "$BOUND_SETTLE" one_idle_pod || die "the workload did not settle at one pod"

  step "load: 100 requests per second"
  kube apply --server-side --field-manager "$FIELD_MANAGER" -f "$ROOT/k8s/stress-test.yaml" >/dev/null
  TIMELINE_PHASE=load
  timeline_watch stress kube logs --follow job/stress --pod-running-timeout 60s
  timeline_until "$BOUND_LOAD" load_has_scaled || note "no ten pods within $BOUND_LOAD s"

  step "the load stops"
  # Suspending ends the Job's pod by SIGTERM: it finishes its requests and writes its report.
  kube patch job stress --type merge --patch '{"spec":{"suspend":true}}' >/dev/null
  TIMELINE_PHASE=after
  local stopped=$T
  if timeline_until "$BOUND_BACK" one_pod_again; then BACK=$((T - stopped)); fi
  FAILED=$(report_count failed)
}

# A count of the generator's final report, the last line of its log; nothing where it was cut off.
report_count() { grep '^{' "$TIMELINE_DIR/stress" | tail -n 1 | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }

one_idle_pod() { [ "$READY" = 1 ] && [ "$DESIRED" = 1 ] && [ -n "$METRIC" ] && awk -v m="$METRIC" 'BEGIN { exit !(m < 1) }'; }

load_has_scaled() {
  local second
  # The generator's own clock says when its first request was due.
  if [ -z "$LOAD_BEGAN" ]; then
    second=$(timeline_last stress | sed -n 's/^t=\([0-9]*\)s.*/\1/p')
    [ -z "$second" ] || LOAD_BEGAN=$((T - second))
  fi
  [ "${READY:-0}" -le "$MOST" ] || MOST=$READY
  [ -n "$LOAD_BEGAN" ] || return 1
  if [ "$MOST" -ge 9 ]; then
    TO_NINE=${TO_NINE:-$((T - LOAD_BEGAN))}
  fi
  [ "$MOST" -ge 10 ] || { [ "$MOST" -ge 9 ] && [ $((T - LOAD_BEGAN)) -ge "$PATIENCE_FOR_TEN" ]; }
}

one_pod_again() {
  [ "${READY:-0}" -le "$MOST" ] || MOST=$READY
  [ "$READY" = 1 ] && [ "$DESIRED" = 1 ]
}

demonstration_summary() {
  say ''
  say "${BOLD}summary${PLAIN}"
  say "  first request to 9 pods   ${TO_NINE:-never}${TO_NINE:+ s}"
  say "  most pods                 $MOST"
  say "  failed requests           ${FAILED:-unknown} of $(report_count planned)"
  say "  end of load to 1 pod      ${BACK:-never}${BACK:+ s} (scale-down window shortened for this demonstration: component demo)"
  [ -z "$JSON" ] || say "  timeline                  $JSON"
}

demonstration_next_steps() {
  say ''
  if [ -z "$KEEP" ]; then
    say "next: ./quickstart.sh --keep                      the same, and everything stays to look around in"
    say "      ./build.sh && ./deploy.sh                   on a cluster of yours (--help)"
    return
  fi
  say "next: $(kube_words) get hpa workload-hpa --watch"
  say "      $(kube_words) replace --force -f k8s/stress-test.yaml      10 minutes of load"
  say "      $(kube_words) get --raw '/apis/custom.metrics.k8s.io/v1beta1/namespaces/default/pods/*/http_requests_per_second'"
  say "      $(script_words destroy.sh)      remove the stack"
  [ "$TARGET" != lab ] || say "      $(lab_words) down      remove the cluster"
}

demonstration_succeeded() { [ "$MOST" -ge 9 ] && [ -n "$BACK" ]; }

demonstration_interrupted() {
  trap - INT TERM ERR
  timeline_stop
  say ''
  say "interrupted; ./quickstart.sh starts again from here, ./destroy.sh --yes removes the stack${TARGET:+ from $TARGET}"
  [ "${REQUESTED_TARGET:-}" != lab ] || say "$(lab_words) down removes the cluster"
  exit 130
}
