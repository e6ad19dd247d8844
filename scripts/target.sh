# shellcheck shell=bash
# Which cluster: by flag, by TARGET, or by the kube context; ambiguity is an error, never a guess.

TARGETS="lab kind minikube k3d existing"

REQUESTED_TARGET=${TARGET:-}
REQUESTED_CONTEXT=''
REQUESTED_KUBECONFIG=''
TARGET='' CONTEXT='' WHY=''
KUBECTL=()

lab() { LAB_NAME=$(lab_name) "$ROOT/lab/lab" "$@"; }

# The lab's name is the rest of its context's name.
lab_name() {
  case ${CONTEXT:-$REQUESTED_CONTEXT} in
    lab-*) local context=${CONTEXT:-$REQUESTED_CONTEXT}; printf '%s' "${context#lab-}" ;;
    *) printf '%s' "${LAB_NAME:-default}" ;;
  esac
}

lab_is_up() { [ -x "$ROOT/lab/lab" ] && lab status >/dev/null 2>&1; }

plain_kubectl() {
  if [ -n "$REQUESTED_KUBECONFIG" ]; then
    kubectl --kubeconfig "$REQUESTED_KUBECONFIG" "$@"
  else
    kubectl "$@"
  fi
}

current_context() { have kubectl && plain_kubectl config current-context 2>/dev/null; }

# minikube names contexts after profiles, which may be anything; its certificates lie in its own folder.
is_minikube_context() {
  [ "$1" = minikube ] && return
  have kubectl || return 1
  plain_kubectl config view --minify --context "$1" \
    -o 'jsonpath={.users[0].user.client-certificate}{.clusters[0].cluster.certificate-authority}' 2>/dev/null |
    grep -q '/\.minikube/'
}

target_of_context() {
  case $1 in
    lab-*) printf lab ;;
    kind-*) printf kind ;;
    k3d-*) printf k3d ;;
    arn:aws:eks:* | *.eksctl.io) printf eks ;;
    *) if is_minikube_context "$1"; then printf minikube; else printf existing; fi ;;
  esac
}

context_of_target() {
  local current
  current=$(current_context) || current=''
  case $1 in
    lab) printf 'lab-%s' "$(lab_name)" ;;
    existing) printf '%s' "$current" ;;
    *)
      if [ -n "$current" ] && [ "$(target_of_context "$current")" = "$1" ]; then
        printf '%s' "$current"
        return
      fi
      case $1 in
        kind) printf 'kind-%s' "${KIND_CLUSTER_NAME:-kind}" ;;
        k3d) printf 'k3d-%s' "${K3D_CLUSTER:-k3s-default}" ;;
        minikube) printf '%s' "${MINIKUBE_PROFILE:-minikube}" ;;
      esac
      ;;
  esac
}

target_check_known() {
  case " $TARGETS " in
    *" $1 "*) ;;
    *)
      [ "$1" = eks ] &&
        usage_error "target eks is not supported yet; push the images yourself and use --target existing --registry HOST/PATH"
      usage_error "unknown target '$1'; one of: $TARGETS (e.g. --target kind)"
      ;;
  esac
}

# Sets TARGET, CONTEXT, WHY and KUBECTL from what was asked for and what is there.
resolve_target() {
  if [ -n "$REQUESTED_TARGET" ]; then
    target_check_known "$REQUESTED_TARGET"
    TARGET=$REQUESTED_TARGET WHY='asked for'
    CONTEXT=${REQUESTED_CONTEXT:-$(context_of_target "$TARGET")}
  else
    CONTEXT=$REQUESTED_CONTEXT
    WHY="by --context"
    if [ -z "$CONTEXT" ]; then
      CONTEXT=$(current_context) || CONTEXT=''
      WHY="by the kube context"
    fi
    if [ -n "$CONTEXT" ]; then
      TARGET=$(target_of_context "$CONTEXT")
    elif lab_is_up; then
      TARGET=lab CONTEXT=lab-$(lab_name) WHY="no kube context, and the lab is up"
    else
      usage_error "no target: no --target, no TARGET, no current kube context, and no lab is up; choose one of: $TARGETS (e.g. --target kind), or start the lab: lab/lab up"
    fi
    target_check_known "$TARGET"
  fi
  [ -n "$CONTEXT" ] || usage_error "target $TARGET has no kube context; name one: --context NAME (kubectl config get-contexts)"
  case $TARGET in
    lab)
      LAB_NAME=$(lab_name)
      export LAB_NAME
      KUBECTL=("$ROOT/lab/lab" kubectl --context "$CONTEXT")
      ;;
    *)
      KUBECTL=(kubectl)
      [ -n "$REQUESTED_KUBECONFIG" ] && KUBECTL+=(--kubeconfig "$REQUESTED_KUBECONFIG")
      KUBECTL+=(--context "$CONTEXT")
      ;;
  esac
  say "target: $TARGET (context $CONTEXT; $WHY)"
}

is_local_target() { [ "$TARGET" != existing ]; }

# The only way the scripts talk to a cluster: always by context, so that a switch in mid-run changes nothing.
kube() { "${KUBECTL[@]}" "$@"; }

lab_words() { if [ "$(lab_name)" = default ]; then printf 'lab/lab'; else printf 'LAB_NAME=%s lab/lab' "$(lab_name)"; fi; }

# script_words NAME: how a person would call another of our scripts for the same cluster.
script_words() {
  if [ "$TARGET" = lab ]; then
    if [ "$(lab_name)" != default ]; then printf 'LAB_NAME=%s ' "$(lab_name)"; fi
    printf './%s --target lab' "$1"
  else
    printf './%s --target %s --context %s' "$1" "$TARGET" "$(quoted "$CONTEXT")"
  fi
}

# What a person would type for `kube`.
kube_words() {
  if [ "$TARGET" = lab ]; then
    printf '%s kubectl' "$(lab_words)"
  else
    quoted "${KUBECTL[@]}"
  fi
}

# A cluster that is not local changes only when it was named in so many words.
guard_wrong_cluster() {
  is_local_target || [ -n "$REQUESTED_CONTEXT" ] || [ -n "$YES" ] || [ -n "$DRY_RUN" ] ||
    usage_error "context $CONTEXT is not a local cluster; say so: --context $CONTEXT (or --yes)"
}
