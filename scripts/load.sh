# shellcheck shell=bash
# From the archive onto the nodes, and proof that it is there.

image_on_nodes() {
  local ref node nodes
  ref=$(image_ref "$1")
  case $TARGET in
    lab) lab run ctr --address "${LAB_ROOT:-/var/lib/custom-metrics-lab}/$(lab_name)/run/containerd.sock" \
      --namespace k8s.io images list -q "name==$ref" 2>/dev/null | grep -qxF "$ref" ;;
    minikube) minikube -p "$CONTEXT" image ls 2>/dev/null | grep -qF "$ref" ;;
    kind | k3d)
      nodes=$(cluster_nodes) && [ -n "$nodes" ] || return 1
      for node in $nodes; do
        docker exec "$node" crictl inspecti -q "$ref" >/dev/null 2>&1 || return 1
      done
      ;;
    existing) return 1 ;; # a registry is asked by pushing
  esac
}

cluster_nodes() {
  case $TARGET in
    kind) kind get nodes --name "${CONTEXT#kind-}" ;;
    k3d)
      docker ps --format '{{.Names}}' --filter "label=k3d.cluster=${CONTEXT#k3d-}" --filter label=k3d.role=server
      docker ps --format '{{.Names}}' --filter "label=k3d.cluster=${CONTEXT#k3d-}" --filter label=k3d.role=agent
      ;;
  esac
}

load_images() {
  local name
  step "loading into $TARGET (context $CONTEXT)"
  for name in $IMAGE_NAMES; do
    if [ -z "$DRY_RUN" ] && image_on_nodes "$name"; then
      ok "$(image_ref "$name") is on every node"
      continue
    fi
    load_image "$name"
    [ -z "$DRY_RUN" ] || continue
    [ "$TARGET" = existing ] || image_on_nodes "$name" ||
      die "$(image_ref "$name") was loaded but is not on every node of $CONTEXT; is the disk full?"
    ok "$(image_ref "$name") is loaded"
  done
}

load_image() {
  local archive
  archive=$(image_archive "$1")
  case $TARGET in
    lab) run "$ROOT/lab/lab" load-image "$archive" ;;
    kind) run kind load image-archive "$archive" --name "${CONTEXT#kind-}" ;;
    minikube) run minikube -p "$CONTEXT" image load "$archive" ;;
    k3d) run k3d image import "$archive" --cluster "${CONTEXT#k3d-}" ;;
    existing) push_image "$1" "$archive" ;;
  esac
}

push_image() {
  local ref storage=$BUILD_DIR/buildah.$$
  ref=$(image_ref "$1")
  choose_engine
  if [ "$ENGINE" = docker ]; then
    run docker load --input "$2"
    run docker push "$ref"
  else
    local at=(--root "$storage/root" --runroot "$storage/run" --storage-driver vfs)
    run buildah "${at[@]}" pull --quiet "docker-archive:$2"
    run buildah "${at[@]}" push --quiet "$ref" "docker://$ref"
    run rm -rf "$storage"
  fi
}
