# shellcheck shell=bash
# One rendering of overlay, components and images; applied stage by stage.

# Local clusters share one overlay but for the lab, which has no registry in reach.
overlay_of_target() {
  case $TARGET in
    lab | existing) printf '%s' "$TARGET" ;;
    *) printf kind ;;
  esac
}

# Sets RENDERED, kept under .build for whoever wants to read what was applied.
render() {
  local folder=$BUILD_DIR/deploy/${CONTEXT//[!A-Za-z0-9.-]/_} name
  {
    cat <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../../k8s/overlays/$(overlay_of_target)
images:
- {name: localhost/workload, $(image_fields "$(built_image workload)")}
- {name: localhost/custom-metrics-adapter, $(image_fields "$(built_image custom-metrics-adapter)")}
EOF
    [ ${#COMPONENTS[@]} -eq 0 ] || printf 'components:\n'
    for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do printf -- '- ../../../k8s/components/%s\n' "$name"; done
  } | write_atomically "$folder/kustomization.yaml"
  RENDERED=$folder/rendered.yaml
  kube kustomize "$folder" | write_atomically "$RENDERED"
  ok "$(grep -c '^kind: ' "$RENDERED") objects in ${RENDERED#"$ROOT/"}"
}

image_fields() { printf 'newName: "%s", newTag: "%s"' "${1%:*}" "${1##*:}"; }

in_rendered() {
  awk -v kind="$1" -v name="$2" '
    /^---/ { k = "" }
    /^kind: / { k = $2 }
    /^  name: / && k == kind && $2 == name { found = 1 }
    END { exit !found }' "$RENDERED"
}

rendered_api_services() { awk '/^---/ { k = "" } /^kind: / { k = $2 } /^  name: / && k == "APIService" { print $2 }' "$RENDERED"; }

# apply_stage COMPONENT...: the objects of these components, by server-side apply.
apply_stage() {
  local selector=${*} log
  selector="app.kubernetes.io/component in (${selector// /,})"
  if [ -n "$DRY_RUN" ]; then
    run "${KUBECTL[@]}" apply --server-side --field-manager "$FIELD_MANAGER" -f "$RENDERED" -l "$selector"
    namespaces_exist || return 0
    kube apply --server-side --field-manager "$FIELD_MANAGER" --dry-run=server -f "$RENDERED" -l "$selector" | sed 's/^/    /'
    return
  fi
  log=$(kube apply --server-side --field-manager "$FIELD_MANAGER" -f "$RENDERED" -l "$selector" 2>&1) || {
    printf '%s\n' "$log" | sed 's/^/  /' >&2
    case $log in
      *conflict*) likely "another tool changed a field of ours by hand" "undo that change, or $(kube_words) apply --server-side --force-conflicts --field-manager $FIELD_MANAGER -f ${RENDERED#"$ROOT/"}" ;;
    esac
    die "the API server refused an object of: $*"
  }
  ok "$(printf '%s\n' "$log" | grep -c serverside-applied) objects applied"
}

# The server can check an object only in a namespace that is there.
namespaces_exist() {
  # shellcheck disable=SC2086 # a list of names
  kube get namespaces $OUR_NAMESPACES >/dev/null 2>&1
}

wait_for() {
  if [ -n "$DRY_RUN" ]; then printf '  + %s\n' "$*"; else "$@"; fi
}

# `kubectl diff` exits 1 where there is a difference.
show_diff() {
  local code=0
  namespaces_exist || die "the namespaces are not there yet: all of ${RENDERED#"$ROOT/"} would be new"
  kube diff --server-side --field-manager "$FIELD_MANAGER" -f "$RENDERED" || code=$?
  [ "$code" -le 1 ] || die "kubectl diff failed"
  [ "$code" -eq 1 ] || ok "no difference"
}
