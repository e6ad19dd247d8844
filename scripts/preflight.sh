# shellcheck shell=bash
# Everything that could stop a deploy, asked before anything is touched. All failures at once, each with its remedy.

PREFLIGHT_FAILURES=0
SERVER_VERSION=''
OLDEST_MINOR=34

# refuse WHAT FIX
refuse() {
  PREFLIGHT_FAILURES=$((PREFLIGHT_FAILURES + 1))
  bad "$1"
  printf '        fix: %s\n' "$2" >&2
}

preflight() {
  step "preflight"
  check_tools && check_cluster && {
    check_version
    check_rights
    check_aggregation
    check_api_services
    check_namespaces
  }
  check_images
  check_components
  [ "$PREFLIGHT_FAILURES" -eq 0 ] && return
  printf '%serror:%s %s preflight check(s) failed; nothing was changed\n' "$RED" "$PLAIN" "$PREFLIGHT_FAILURES" >&2
  exit 2
}

check_tools() {
  if [ "$TARGET" = lab ]; then
    if lab_is_up; then
      ok "the lab '$(lab_name)' is up"
      return
    fi
    refuse "the lab '$(lab_name)' is not up" "LAB_NAME=$(lab_name) lab/lab up"
  elif have kubectl; then
    ok "kubectl is installed"
    return
  else
    refuse "kubectl is not installed" "install kubectl 1.$OLDEST_MINOR or newer (https://kubernetes.io/docs/tasks/tools/)"
  fi
  return 1
}

check_cluster() {
  if [ "$TARGET" != lab ] && ! plain_kubectl config get-contexts "$CONTEXT" >/dev/null 2>&1; then
    case $TARGET in
      kind) refuse "there is no kube context '$CONTEXT'" "kind create cluster --name ${CONTEXT#kind-}" ;;
      minikube) refuse "there is no kube context '$CONTEXT'" "minikube start -p $CONTEXT" ;;
      k3d) refuse "there is no kube context '$CONTEXT'" "k3d cluster create ${CONTEXT#k3d-}" ;;
      *) refuse "there is no kube context '$CONTEXT'" "kubectl config get-contexts, then --context NAME" ;;
    esac
    return 1
  fi
  if ! SERVER_VERSION=$(kube get --raw /version --request-timeout=10s 2>/dev/null); then
    refuse "the cluster of context '$CONTEXT' does not answer" "$(kube_words) cluster-info"
    return 1
  fi
  ok "the cluster of context $CONTEXT answers"
}

check_version() {
  local minor
  minor=$(printf '%s' "$SERVER_VERSION" | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p' | head -n 1)
  if [ -n "$minor" ] && [ "$minor" -lt "$OLDEST_MINOR" ]; then
    refuse "the cluster runs Kubernetes 1.$minor" "upgrade it to 1.$OLDEST_MINOR or newer"
  else
    ok "the cluster runs Kubernetes 1.${minor:-?}"
  fi
}

check_rights() {
  local right missing=''
  while read -r right; do
    # shellcheck disable=SC2086 # a right is several words
    kube auth can-i $right >/dev/null 2>&1 || missing="$missing${missing:+; }$right"
  done <<'RIGHTS'
create namespaces
create clusterroles.rbac.authorization.k8s.io
create clusterrolebindings.rbac.authorization.k8s.io
create apiservices.apiregistration.k8s.io
create rolebindings.rbac.authorization.k8s.io -n kube-system
create deployments.apps -n default
create horizontalpodautoscalers.autoscaling -n default
create deployments.apps -n custom-metrics
create deployments.apps -n monitoring
RIGHTS
  if [ -n "$missing" ]; then
    refuse "you may not: $missing" \
      "ask an administrator for: $(kube_words) create clusterrolebinding stack-installer --clusterrole=cluster-admin --user=YOU"
  else
    ok "you may create what the stack needs"
  fi
}

check_aggregation() {
  local ca
  ca=$(kube -n kube-system get configmap extension-apiserver-authentication \
    -o 'jsonpath={.data.requestheader-client-ca-file}' 2>/dev/null) || ca=''
  if [ -n "$ca" ]; then
    ok "the aggregation layer is configured"
  else
    refuse "the API server's aggregation layer is off (no requestheader-client-ca-file in kube-system/extension-apiserver-authentication)" \
      "start kube-apiserver with --requestheader-client-ca-file and --proxy-client-cert-file (https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/)"
  fi
}

check_api_services() {
  local name owner available foreign='' registrations
  registrations=$(kube get apiservices -o 'jsonpath={range .items[?(@.spec.service)]}{.metadata.name} {.spec.service.namespace}/{.spec.service.name} {.status.conditions[?(@.type=="Available")].status}{"\n"}{end}' 2>/dev/null) || {
    refuse "you may not list apiservices, so nobody can tell whose custom.metrics.k8s.io is" \
      "$(kube_words) auth can-i list apiservices.apiregistration.k8s.io"
    return 0
  }
  while read -r name owner available; do
    case $name in
      '') ;;
      *.custom.metrics.k8s.io)
        [ "$owner" = "$ADAPTER_NAMESPACE/$ADAPTER_SERVICE" ] && continue
        foreign=yes
        refuse "apiservice $name belongs to service $owner: another provider of custom metrics" \
          "uninstall that provider, or if it is gone: $(kube_words) delete apiservice $name"
        ;;
      *)
        if [ "$available" = False ]; then
          note "apiservice $name (service $owner) is not Available; until it is, no namespace can be deleted: $(kube_words) describe apiservice $name"
        fi
        ;;
    esac
  done <<<"$registrations"
  [ -n "$foreign" ] || ok "custom.metrics.k8s.io is free or ours"
}

check_namespaces() {
  local name found
  for name in $OUR_NAMESPACES; do
    found=$(kube get namespace "$name" --ignore-not-found \
      -o 'jsonpath={.status.phase} {.metadata.labels.app\.kubernetes\.io/part-of}' 2>/dev/null) || found=''
    case $found in
      '') ;;
      Terminating*) refuse "namespace $name is being deleted" "$(kube_words) wait --for=delete namespace/$name --timeout=120s, or $(script_words destroy.sh)" ;;
      "Active $PART_OF") ;;
      *) refuse "namespace $name exists and is not this stack's" \
        "if nothing else lives there: $(kube_words) label namespace $name $PART_OF_LABEL" ;;
    esac
  done
}

# The hand-off of build.sh must be there, whole, for this target, and of this source.
check_images() {
  local fix="./build.sh --target $TARGET" name
  [ "$TARGET" = existing ] && fix="$fix --registry HOST/PATH"
  if [ ! -f "$BUILD_DIR/images.env" ]; then
    refuse "there are no images: .build/images.env is missing" "$fix"
    return
  fi
  if ! read_images_env; then
    refuse ".build/images.env is incomplete: $IMAGES_ENV_PROBLEM" "$fix"
  elif [ "$BUILT_TARGET/$BUILT_CONTEXT" != "$TARGET/$CONTEXT" ]; then
    refuse "the images were built for $BUILT_TARGET (context $BUILT_CONTEXT), not for $TARGET (context $CONTEXT)" "$fix"
  else
    for name in $IMAGE_NAMES; do
      case $(built_image "$name") in
        *":$(image_tag "$name")") ;;
        *)
          refuse "the image of $name is older than its source" "$fix"
          return
          ;;
      esac
      if is_local_target && [ -n "$SERVER_VERSION" ] && ! image_on_nodes "$name"; then
        refuse "$(built_image "$name") is not on every node of $CONTEXT" "$fix"
        return
      fi
    done
    ok "the images are built, current and there"
  fi
}

check_components() {
  local name
  for name in ${COMPONENTS[@]+"${COMPONENTS[@]}"}; do
    [ -f "$ROOT/k8s/components/$name/kustomization.yaml" ] ||
      refuse "there is no component '$name'" "one of: $(cd "$ROOT/k8s/components" && echo *)"
  done
}
