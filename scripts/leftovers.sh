# shellcheck shell=bash
# What is there that is ours, and what is there that is not: asked of every kind the cluster knows.

# Kinds that are views of others (metrics), or come and go by themselves (events, leases).
VIEWS='metrics\.k8s\.io$|^events|^leases\.|^componentstatuses$'

# listable_kinds true|false: namespaced or not, comma-separated. A broken foreign API must not stop the count.
listable_kinds() {
  { kube api-resources --verbs=list --namespaced="$1" -o name 2>/dev/null || true; } |
    grep -Ev "$VIEWS" | tr '\n' ',' | sed 's/,$//'
}

# What nobody of ours made: no label of ours, no owner, and not what Kubernetes puts into every namespace.
strangers_in() {
  quiet_kube -n "$1" get "$(listable_kinds true)" --ignore-not-found \
    -o 'jsonpath={range .items[*]}{.kind}/{.metadata.name}|{.metadata.ownerReferences[0].kind}|{.metadata.labels.app\.kubernetes\.io/part-of}{"\n"}{end}' |
    awk -F'|' -v ours="$PART_OF" '
      $1 == "" || $2 != "" || $3 == ours { next }
      $1 == "ServiceAccount/default" || $1 == "ConfigMap/kube-root-ca.crt" { next }
      $1 ~ /^(Endpoints|EndpointSlice|ControllerRevision)\// { next }
      $1 == "Secret/cm-adapter-serving-certs" { next }
      { print $1 }'
}

leftovers() { ours_among "$(listable_kinds true)" "$(listable_kinds false)"; }

no_leftovers() {
  local left
  left=$(leftovers) && [ -z "$left" ]
}

# What the garbage collector takes away after its owner needs a moment; anything else will not go by waiting.
prove_nothing_left() {
  local left=''
  wait_until 20 "nothing of ours is left" no_leftovers || left=$(leftovers)
  if [ -z "$left" ]; then
    say "leftovers: 0"
    return
  fi
  printf '%s\n' "$left" | sed 's/^/  /'
  say "leftovers: $(printf '%s\n' "$left" | wc -l | tr -d ' ')"
  exit 3
}
