# shellcheck shell=bash
# What `compat` needs: both programs, a cluster, and the identity that kube-apiserver has towards adapters.

compat_prepare() {
  step "building our adapter"
  quietly "$LOGS/cargo.log" cargo build --locked --manifest-path "$ROOT/Cargo.toml" -p custom-metrics-adapter
  lab_up
  # A lab that ends with the run takes the objects with it.
  [ -z "$STARTED_LAB" ] || [ -n "$KEEP" ] || OPTIONS+=(--leave-objects)
  OPTIONS+=(--pki "$(dirname "$(lab kubeconfig)")/pki" --ours "$TARGET/custom-metrics-adapter" --rival "$(rival_binary)")
}
