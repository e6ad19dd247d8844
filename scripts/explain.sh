# shellcheck shell=bash
# A failure's condition, last events, last log lines, likely cause and next command.
# Everything here only reads, and a question without an answer must not hide the others.

indented() { sed 's/^/    /' >&2; }

show() {
  printf '  %s\n' "$1" >&2
  shift
  "$@" 2>&1 | indented || return 0
}

likely() {
  printf '  %slikely cause:%s %s\n' "$YELLOW" "$PLAIN" "$1" >&2
  printf '  next:         %s\n' "$2" >&2
}

last_events() {
  kube -n "$1" get events --sort-by=.lastTimestamp --no-headers \
    -o 'custom-columns=T:.lastTimestamp,R:.reason,O:.involvedObject.name,M:.message' | grep -- "$2" | tail -n 5
}

# explain_pods NAMESPACE APP
explain_pods() {
  local namespace=$1 app=$2 state
  show "pods:" kube -n "$namespace" get pods -l "app=$app" -o wide
  show "conditions:" kube -n "$namespace" get deployment "$app" \
    -o 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'
  show "last events:" last_events "$namespace" "$app"
  show "last log lines:" kube -n "$namespace" logs -l "app=$app" --all-containers --tail=20 --prefix
  state=$(kube -n "$namespace" get pods -l "app=$app" \
    -o 'jsonpath={range .items[*]}{.status.containerStatuses[*].state.waiting.reason} {.status.conditions[?(@.type=="PodScheduled")].message}{"\n"}{end}' 2>/dev/null) || state=''
  case $state in
    *ImagePull* | *ErrImage* | *ImageNeverPull*) likely "the node does not have the image" "$(script_words build.sh) && $(script_words deploy.sh)" ;;
    *CrashLoopBackOff* | *CreateContainer*) likely "the program ends at start; its last words are above" "$(kube_words) -n $namespace logs deployment/$app --previous" ;;
    *Insufficient* | *nodes*available*) likely "no node has room for the pod's requests" "$(kube_words) describe nodes | grep -A 8 'Allocated resources'" ;;
    *) likely "the pod runs but is not ready (its readiness probe is in the events)" "$(kube_words) -n $namespace describe pods -l app=$app" ;;
  esac
}

explain_api_service() {
  local message
  show "conditions:" kube get apiservice "$1" \
    -o 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'
  show "last log lines of the adapter:" kube -n "$ADAPTER_NAMESPACE" logs -l "app=$ADAPTER_SERVICE" --tail=20 --prefix
  message=$(kube get apiservice "$1" -o 'jsonpath={.status.conditions[0].message}' 2>/dev/null) || message=''
  case $message in
    *x509* | *certificate*) likely "the caBundle does not belong to the certificate served" "$(kube_words) -n $ADAPTER_NAMESPACE rollout restart deployment/$ADAPTER_SERVICE" ;;
    *deadline* | *timeout* | *refused*) likely "the API server does not reach the adapter's port 6443 (firewall, security group, network policy)" "$(kube_words) -n $ADAPTER_NAMESPACE get endpointslices,pods -o wide" ;;
    *endpoints*) likely "no adapter pod is ready" "$(kube_words) -n $ADAPTER_NAMESPACE get pods -o wide" ;;
    *) likely "the adapter did not write its CA (rights, or it is not running)" "$(kube_words) -n $ADAPTER_NAMESPACE logs deployment/$ADAPTER_SERVICE" ;;
  esac
}

explain_metric() {
  show "answer of the metrics API:" kube get --raw "$METRIC_PATH"
  show "last log lines of the adapter:" kube -n "$ADAPTER_NAMESPACE" logs -l "app=$ADAPTER_SERVICE" --tail=20 --prefix
  likely "Prometheus holds no http_requests_total with the labels namespace and pod (are the workload's pods scraped?)" \
    "$(kube_words) -n monitoring port-forward svc/prometheus 9090, then http://localhost:9090/targets"
}

explain_hpa() {
  show "conditions:" kube -n default get hpa workload-hpa \
    -o 'jsonpath={range .status.conditions[*]}{.type}={.status} {.reason}: {.message}{"\n"}{end}'
  show "last events:" last_events default workload-hpa
  show "answer of the metrics API:" kube get --raw "$METRIC_PATH"
  likely "the HPA controller asks every 15 s and was told why not: see its condition above" \
    "$(kube_words) -n default describe hpa workload-hpa"
}
