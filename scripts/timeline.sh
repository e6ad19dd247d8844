# shellcheck shell=bash
# What happens, second by second: watchers append what the cluster reports to files, a sampler reads the last line of each.

TIMELINE_DIR=''
TIMELINE_WATCHERS=''
TIMELINE_PHASE=idle

# Prometheus' own view of what the pods served, over three scrapes.
SERVED_QUERY='sum(rate(http_requests_total{job="workload"}[15s]))'

timeline_start() {
  TIMELINE_DIR=$(mktemp -d)
  timeline_watch hpa kube get hpa workload-hpa --watch \
    -o 'jsonpath={.status.desiredReplicas}{" "}{.status.currentMetrics[0].pods.current.averageValue}{"\n"}'
  timeline_watch ready kube get deployment workload --watch -o 'jsonpath={.status.readyReplicas}{"\n"}'
  timeline_watch served timeline_served
  printf '  %5s  %-10s %9s %9s %11s %8s %6s\n' t phase offered/s served/s metric/pod desired ready
}

# timeline_watch NAME COMMAND...: in the background, again when a connection ends.
timeline_watch() {
  local name=$1
  shift
  (
    trap - ERR EXIT
    trap 'kill $(jobs -p) 2>/dev/null; exit 0' TERM
    while :; do
      "$@" >>"$TIMELINE_DIR/$name" 2>/dev/null &
      wait $! || :
      sleep 1 &
      wait $!
    done
  ) &
  TIMELINE_WATCHERS="$TIMELINE_WATCHERS $!"
}

timeline_served() {
  local answer
  answer=$(kube get --raw "/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1/query?query=$(url_quoted "$SERVED_QUERY")" \
    --request-timeout 5s)
  printf '%s\n' "$answer" | sed -n 's/.*"value":\[[^,]*,"\([^"]*\)"\].*/\1/p'
}

url_quoted() {
  local text=$1 out='' char i
  for ((i = 0; i < ${#text}; i++)); do
    char=${text:i:1}
    case $char in
      [a-zA-Z0-9_.-]) out=$out$char ;;
      *) out=$out$(printf '%%%02X' "'$char") ;;
    esac
  done
  printf '%s' "$out"
}

timeline_last() { tail -n 1 "$TIMELINE_DIR/$1" 2>/dev/null || :; }

# One sample: sets T PHASE OFFERED SERVED METRIC DESIRED READY; a value nobody has reported yet is empty.
timeline_sample() {
  local line
  line=$(timeline_last hpa)
  DESIRED=${line%% *}
  METRIC=$(quantity_to_decimal "${line#* }")
  READY=$(timeline_last ready)
  [ -s "$TIMELINE_DIR/ready" ] && READY=${READY:-0}
  SERVED=$(timeline_last served | awk 'NF { printf "%.1f", $1 }')
  OFFERED=0
  if [ "$TIMELINE_PHASE" = load ]; then
    OFFERED=$(timeline_last stress | sed -n 's/.*rate=\([0-9.]*\).*/\1/p')
    OFFERED=${OFFERED:-0}
  fi
  printf '%s %s %s %s %s %s %s\n' "$T" "$TIMELINE_PHASE" "${OFFERED:-null}" "${SERVED:-null}" "${METRIC:-null}" \
    "${DESIRED:-null}" "${READY:-null}" >>"$TIMELINE_DIR/samples"
}

# Kubernetes quantities as the HPA writes averages: 9876m, 12, 1k.
quantity_to_decimal() {
  case $1 in
    *m) awk -v v="${1%m}" 'BEGIN { printf "%.3f", v / 1000 }' ;;
    *k) awk -v v="${1%k}" 'BEGIN { printf "%.3f", v * 1000 }' ;;
    *) printf '%s' "$1" ;;
  esac
}

# A row on the screen: when something changed, and every 5 s anyway.
timeline_show() {
  local state="$TIMELINE_PHASE $DESIRED $READY"
  if [ "$state" != "${TIMELINE_SHOWN:-}" ] || [ $((T % 5)) -eq 0 ]; then
    TIMELINE_SHOWN=$state
    printf '  %4ds  %-10s %9s %9s %11s %8s %6s  %s\n' "$T" "$TIMELINE_PHASE" "$OFFERED" "${SERVED:--}" "${METRIC:--}" \
      "${DESIRED:--}" "${READY:--}" "$(bar "${READY:-0}")"
  fi
}

bar() {
  local i out=''
  for ((i = 0; i < $1; i++)); do out="$out#"; done
  printf '%s' "$out"
}

# timeline_until BOUND CONDITION...: one sample a second until the condition holds; fails when the bound is over.
timeline_until() {
  local bound=$1 began=$SECONDS
  shift
  while :; do
    T=$((SECONDS - TIMELINE_BEGAN))
    timeline_sample
    timeline_show
    "$@" && return
    [ $((SECONDS - began)) -lt "$bound" ] || return 1
    sleep 1 # the sampling interval, not a wait
  done
}

timeline_stop() {
  local watcher
  for watcher in $TIMELINE_WATCHERS; do
    kill "$watcher" 2>/dev/null || :
  done
  TIMELINE_WATCHERS=''
}

# Removes what the run collected; after the JSON was written.
timeline_remove() { [ -z "$TIMELINE_DIR" ] || rm -rf "$TIMELINE_DIR"; }

timeline_json() {
  printf '{"target":"%s","seconds_to_9_pods":%s,"most_pods":%s,"failed_requests":%s,"seconds_back_to_1":%s,"timeline":[\n' \
    "$TARGET" "${TO_NINE:-null}" "${MOST:-null}" "${FAILED:-null}" "${BACK:-null}"
  awk '{ printf "%s{\"t\":%s,\"phase\":\"%s\",\"offered\":%s,\"served\":%s,\"metric\":%s,\"desired\":%s,\"ready\":%s}",
         (NR > 1 ? ",\n" : ""), $1, $2, $3, $4, $5, $6, $7 } END { print "" }' "$TIMELINE_DIR/samples"
  printf ']}\n'
}
