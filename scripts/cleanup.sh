# shellcheck shell=bash
# Removal in order, and only of what is ours.

OURS="$PART_OF_LABEL"

# Kinds the stack is made of. Pods, ReplicaSets and EndpointSlices go with their owners.
NAMESPACED_KINDS=jobs.batch,horizontalpodautoscalers.autoscaling,deployments.apps,services,poddisruptionbudgets.policy,configmaps,secrets,serviceaccounts,roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io
CLUSTER_KINDS=clusterroles.rbac.authorization.k8s.io,clusterrolebindings.rbac.authorization.k8s.io

# kubectl's complaints about other people's broken APIs belong to the log of a failure only.
quiet_kube() {
  local log
  log=$(mktemp)
  if kube "$@" 2>"$log"; then
    rm -f "$log"
  else
    sed 's/^/  /' "$log" >&2
    rm -f "$log"
    return 1
  fi
}

# A change, or in a dry run its words.
remove() {
  if [ -n "$DRY_RUN" ]; then
    say "  + $(kube_words) $(quoted "$@")"
  else
    quiet_kube "$@" | sed 's/^/  /'
  fi
}

# A registration is ours if it points to our Service, whoever wrote it and whether or not it still answers.
our_api_services() {
  quiet_kube get apiservices \
    -o 'jsonpath={range .items[?(@.spec.service)]}{.metadata.name} {.spec.service.namespace}/{.spec.service.name}{"\n"}{end}' |
    awk -v ours="$ADAPTER_NAMESPACE/$ADAPTER_SERVICE" '$2 == ours { print $1 }'
}

our_namespaces() { quiet_kube get namespaces -l "$OURS" -o 'jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}'; }

# The adapter's own Secret has a name, not necessarily our label.
our_secret() {
  quiet_kube -n "$ADAPTER_NAMESPACE" get secret cm-adapter-serving-certs --ignore-not-found \
    -o 'jsonpath={.metadata.name}'
}

# labelled_objects KINDS [OPTION...]: "kind/name namespace" a line.
labelled_objects() {
  quiet_kube get "$@" -l "$OURS" --ignore-not-found \
    -o 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.namespace}{"\n"}{end}'
}

# ours_among NAMESPACED_KINDS CLUSTER_KINDS: "kind/name in namespace" a line. Fails rather than answer in part.
ours_among() {
  local secret
  secret=$(our_secret) || return 1
  {
    labelled_objects "$1" -A && labelled_objects "$2" && our_api_services | sed 's#^#APIService/#' &&
      printf '%s' "${secret:+Secret/$secret $ADAPTER_NAMESPACE
}"
  } | awk 'NF == 2 { print $1 " in " $2 } NF == 1 { print $1 }' | LC_ALL=C sort -u
}

inventory() { ours_among "$NAMESPACED_KINDS" "$CLUSTER_KINDS,namespaces"; }

confirm() {
  if [ -n "$YES$DRY_RUN" ] || is_local_target; then return 0; fi
  local answer=''
  [ -t 0 ] || usage_error "not a terminal to ask on; say --yes to remove $1 objects from context $CONTEXT"
  read -r -p "remove these $1 objects from context $CONTEXT? [y/N] " answer
  case $answer in
    y | Y | yes) ;;
    *) usage_error "not confirmed; nothing was changed" ;;
  esac
}

# remove_labelled KINDS [OPTION...]: foreground, so that what they own is gone too when this returns.
remove_labelled() {
  local kinds=$1
  shift
  [ $# -gt 0 ] || set -- -A
  [ -n "$(quiet_kube get "$kinds" "$@" -l "$OURS" -o name)" ] || return 0
  remove delete "$kinds" "$@" -l "$OURS" --ignore-not-found --cascade=foreground --wait --timeout "${TIMEOUT}s"
}

# Before the adapter goes: a registration without an adapter blocks the deletion of every namespace in the cluster.
remove_api_services() {
  local name
  for name in $(our_api_services); do
    remove delete apiservice "$name" --ignore-not-found --wait --timeout "${TIMEOUT}s"
  done
}

remove_the_rest() {
  local namespace
  if [ -n "$(our_secret)" ]; then
    remove -n "$ADAPTER_NAMESPACE" delete secret cm-adapter-serving-certs --ignore-not-found
  fi
  # One call per namespace: kubectl deletes by label across all of them only together with the cluster's own kinds.
  for namespace in $(quiet_kube get "$NAMESPACED_KINDS" -A -l "$OURS" \
    -o 'jsonpath={range .items[*]}{.metadata.namespace}{"\n"}{end}' | LC_ALL=C sort -u); do
    remove -n "$namespace" delete "$NAMESPACED_KINDS" -l "$OURS" --ignore-not-found \
      --cascade=foreground --wait --timeout "${TIMEOUT}s"
  done
  remove delete "$CLUSTER_KINDS" -l "$OURS" --ignore-not-found --wait --timeout "${TIMEOUT}s"
}

# remove_namespace NAME: ours, and nothing of a stranger in it; else only our claim to it goes.
remove_namespace() {
  local strangers
  our_namespaces | grep -qx "$1" || return 0
  strangers=$(strangers_in "$1")
  if [ -n "$strangers" ]; then
    note "namespace $1 stays, because something that is not ours lives in it: $(printf '%s' "$strangers" | tr '\n' ' ')"
    remove label namespace "$1" app.kubernetes.io/part-of- app.kubernetes.io/component- \
      pod-security.kubernetes.io/enforce- pod-security.kubernetes.io/enforce-version- \
      pod-security.kubernetes.io/warn- pod-security.kubernetes.io/audit-
    return
  fi
  if ! remove delete namespace "$1" --ignore-not-found --wait --timeout "${TIMEOUT}s"; then
    note "namespace $1 is still being deleted; what it waits for:"
    kube get namespace "$1" -o 'jsonpath={range .status.conditions[?(@.status=="True")]}    {.type}: {.message}{"\n"}{end}' >&2
    note "registered APIs that do not answer, each of which blocks this:"
    kube get apiservices -o 'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Available")].status}{"\n"}{end}' |
      awk '$2 == "False" { print "    " $1 }' >&2
  fi
}
