# shellcheck shell=bash
# A cluster for a newcomer: the best this machine has, started if it does not run, ended if we started it.

CLUSTER_NAME=${CLUSTER_NAME:-custom-metrics}
# Holds the target whose cluster a demonstration started and has not ended yet, also when it was killed.
CLUSTER_MARK=$BUILD_DIR/demonstration-cluster-${LAB_NAME:-default}

docker_runs() { have docker && docker info >/dev/null 2>&1; }

# Sets REQUESTED_TARGET; says which and why.
choose_local_target() {
  local why='asked for' tool
  case ${REQUESTED_TARGET:-auto} in
    auto)
      REQUESTED_TARGET=''
      if docker_runs; then
        for tool in kind minikube k3d; do
          if have "$tool"; then
            REQUESTED_TARGET=$tool why="Docker runs here and $tool is installed"
            break
          fi
        done
      fi
      if [ -z "$REQUESTED_TARGET" ]; then
        if [ "$(uname -s)" = Linux ] && [ "$(id -u)" -eq 0 ]; then
          REQUESTED_TARGET=lab why='no Docker with kind, minikube or k3d here, but Linux and root: a real Kubernetes without Docker'
        else
          usage_error "nothing here can run a cluster: install Docker and kind (https://kind.sigs.k8s.io), or use Linux as root (sudo ./quickstart.sh), or name a cluster of yours: --target existing --context NAME"
        fi
      fi
      ;;
    *) target_check_known "$REQUESTED_TARGET" ;;
  esac
  # Better said now than after a quarter of an hour of building a cluster.
  if ! docker_runs && ! have cargo; then
    usage_error "Rust is missing, and there is no Docker to compile in: install Rust (https://rustup.rs) and try again"
  fi
  say "quickstart: target $REQUESTED_TARGET ($why)"
}

mark_cluster() {
  mkdir -p "$BUILD_DIR"
  printf '%s\n' "$REQUESTED_TARGET" >"$CLUSTER_MARK"
}

# From now on the cluster is the user's.
local_cluster_keep() { rm -f "$CLUSTER_MARK"; }

local_cluster_up() {
  case $REQUESTED_TARGET in
    lab)
      if ! lab_is_up; then mark_cluster; fi
      lab up
      ;;
    kind)
      REQUESTED_CONTEXT=kind-$CLUSTER_NAME
      if ! kind get clusters 2>/dev/null | grep -qx "$CLUSTER_NAME"; then
        mark_cluster
        kind create cluster --name "$CLUSTER_NAME" --wait 180s
      fi
      ;;
    minikube)
      REQUESTED_CONTEXT=$CLUSTER_NAME
      if ! minikube status --profile "$CLUSTER_NAME" >/dev/null 2>&1; then
        mark_cluster
        minikube start --profile "$CLUSTER_NAME" --wait all
      fi
      ;;
    k3d)
      REQUESTED_CONTEXT=k3d-$CLUSTER_NAME
      if ! k3d cluster get "$CLUSTER_NAME" >/dev/null 2>&1; then
        mark_cluster
        k3d cluster create "$CLUSTER_NAME" --wait --timeout 180s
      fi
      ;;
    existing) ;;
  esac
  export KIND_CLUSTER_NAME=$CLUSTER_NAME MINIKUBE_PROFILE=$CLUSTER_NAME K3D_CLUSTER=$CLUSTER_NAME
}

local_cluster_down() {
  [ -f "$CLUSTER_MARK" ] && [ "$(cat "$CLUSTER_MARK")" = "$REQUESTED_TARGET" ] || return 0
  case $REQUESTED_TARGET in
    lab) lab down ;;
    kind) kind delete cluster --name "$CLUSTER_NAME" ;;
    minikube) minikube delete --profile "$CLUSTER_NAME" ;;
    k3d) k3d cluster delete "$CLUSTER_NAME" ;;
  esac
  rm "$CLUSTER_MARK"
}
