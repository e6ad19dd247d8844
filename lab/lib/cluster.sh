# shellcheck shell=bash
# Bringing the components up, in the order in which they need each other.

COMPONENTS=(etcd kube-apiserver kube-controller-manager kube-scheduler containerd kubelet kube-proxy api-inside api-outside)

kubectl() { "$(components_bin)/kubectl" --kubeconfig "$LAB_DIR/kubeconfig" "$@"; }

cluster_is_up() {
  local component
  [ -f "$LAB_DIR/complete" ] || return 1
  for component in "${COMPONENTS[@]}"; do
    is_running "$component" || return 1
  done
  kubectl get --raw /readyz --request-timeout 5s >/dev/null 2>&1
}

# Cheap, because every kubectl goes through it; what is wrong beyond that, kubectl itself will say.
cluster_require() {
  { [ -f "$LAB_DIR/complete" ] && is_running kube-apiserver; } || fail "the lab '$LAB_NAME' is not up; run lab/lab up"
}

cluster_up() {
  components_build
  if cluster_is_up; then
    step "already up: $(cluster_summary)"
    return
  fi
  if lab_has_leftovers; then
    step "removing what an unfinished start left"
    lab_down
  fi
  images_build
  STARTED_AT=$SECONDS
  step "starting Kubernetes $KUBERNETES_VERSION in a network of its own"
  mkdir -p "$LAB_DIR"/{run,log,pod-logs,etcd,kubelet}
  host_save
  cgroups_create
  network_create
  pki_create
  config_create
  start_runtime
  start_control_plane
  start_node
  addons_apply
  wait_until 60 "the node to be Ready" node_is_ready || fail "the node did not become Ready (lab/lab logs kubelet)"
  step "node $NODE_NAME is Ready"
  addons_wait
  touch "$LAB_DIR/complete"
  step "up: $(cluster_summary)"
}

cluster_summary() {
  echo "$(kubectl version -o json | sed -n '/serverVersion/,/}/s/.*"gitVersion": "\(.*\)".*/\1/p') at $(api_url), KUBECONFIG=$LAB_DIR/kubeconfig"
}

cluster_status() {
  local component state=0
  for component in "${COMPONENTS[@]}"; do
    if is_running "$component"; then
      printf '%-24s running (pid %s)\n' "$component" "$(cat "$LAB_DIR/run/$component.pid")"
    else
      printf '%-24s not running\n' "$component"
      state=1
    fi
  done
  if cluster_is_up && node_is_ready; then
    printf '%-24s Ready\n' "node $NODE_NAME"
  else
    printf '%-24s not Ready\n' "node $NODE_NAME"
    state=1
  fi
  [ $state -eq 0 ] || exit 1
}

start_runtime() {
  start containerd inside unshare --mount --propagation private sh -euc "$(host_cover_script)
    exec containerd --config '$LAB_DIR/containerd.toml'"
  # etcd needs no crash safety here: the cluster is thrown away as a whole.
  start etcd inside "$(components_bin)/etcd" --data-dir "$LAB_DIR/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls https://127.0.0.1:2379 --advertise-client-urls https://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:0 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 \
    --cert-file "$PKI/etcd.crt" --key-file "$PKI/etcd.key" --client-cert-auth --trusted-ca-file "$PKI/ca.crt"
}

start_control_plane() {
  local bin
  bin=$(components_bin)
  # kubelet-preferred-address-types: node names resolve nowhere. anonymous-auth stays on for /livez and /readyz only by RBAC.
  start kube-apiserver inside "$bin/kube-apiserver" \
    --advertise-address "$NODE_IP" --bind-address 0.0.0.0 --secure-port 6443 \
    --tls-cert-file "$PKI/kube-apiserver.crt" --tls-private-key-file "$PKI/kube-apiserver.key" --client-ca-file "$PKI/ca.crt" \
    --etcd-servers https://127.0.0.1:2379 --etcd-cafile "$PKI/ca.crt" --etcd-certfile "$PKI/kube-apiserver.crt" --etcd-keyfile "$PKI/kube-apiserver.key" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction \
    --service-cluster-ip-range "$SERVICE_CIDR" --service-account-issuer https://kubernetes.default.svc.cluster.local \
    --service-account-key-file "$PKI/service-accounts.key" --service-account-signing-key-file "$PKI/service-accounts.key" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-client-certificate "$PKI/kubelet-client.crt" --kubelet-client-key "$PKI/kubelet-client.key" \
    --kubelet-preferred-address-types InternalIP \
    --enable-aggregator-routing=true --requestheader-client-ca-file "$PKI/front-proxy-ca.crt" --requestheader-allowed-names front-proxy-client \
    --requestheader-username-headers X-Remote-User --requestheader-group-headers X-Remote-Group --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file "$PKI/front-proxy-client.crt" --proxy-client-key-file "$PKI/front-proxy-client.key"
  open_api_port
  kubeconfig admin "$(api_url)" "$LAB_DIR/kubeconfig"
  ready 90 kube-apiserver kubectl get --raw /readyz --request-timeout 2s
  step "kube-apiserver answers"

  local direct=https://$NODE_IP:6443
  kubeconfig controller-manager "$direct" "$LAB_DIR/controller-manager.kubeconfig"
  kubeconfig scheduler "$direct" "$LAB_DIR/scheduler.kubeconfig"
  start kube-controller-manager inside "$bin/kube-controller-manager" --kubeconfig "$LAB_DIR/controller-manager.kubeconfig" \
    --authentication-kubeconfig "$LAB_DIR/controller-manager.kubeconfig" --authorization-kubeconfig "$LAB_DIR/controller-manager.kubeconfig" \
    --bind-address 127.0.0.1 --tls-cert-file "$PKI/controller-manager.crt" --tls-private-key-file "$PKI/controller-manager.key" --leader-elect=false \
    --use-service-account-credentials --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/service-accounts.key" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
    --requestheader-client-ca-file "$PKI/front-proxy-ca.crt"
  start kube-scheduler inside "$bin/kube-scheduler" --kubeconfig "$LAB_DIR/scheduler.kubeconfig" \
    --authentication-kubeconfig "$LAB_DIR/scheduler.kubeconfig" --authorization-kubeconfig "$LAB_DIR/scheduler.kubeconfig" \
    --bind-address 127.0.0.1 --tls-cert-file "$PKI/scheduler.crt" --tls-private-key-file "$PKI/scheduler.key" --leader-elect=false
}

start_node() {
  local bin direct=https://$NODE_IP:6443
  bin=$(components_bin)
  ready 30 containerd ctr --address "$CONTAINERD_SOCKET" version
  images_import
  kubeconfig kubelet "$direct" "$LAB_DIR/kubelet.kubeconfig"
  kubeconfig kube-proxy "$direct" "$LAB_DIR/kube-proxy.kubeconfig"
  # kubelet mounts volumes where containerd can see them: in its mount namespace.
  start kubelet inside nsenter --mount="/proc/$(cat "$LAB_DIR/run/containerd.pid")/ns/mnt" "$bin/kubelet" --config "$LAB_DIR/kubelet.yaml" --kubeconfig "$LAB_DIR/kubelet.kubeconfig" \
    --root-dir "$LAB_DIR/kubelet" --cert-dir "$LAB_DIR/kubelet/pki" --hostname-override "$NODE_NAME" --node-ip "$NODE_IP"
  start kube-proxy inside "$bin/kube-proxy" --config "$LAB_DIR/kube-proxy.yaml"
}

# A loopback port of the machine that ends at kube-apiserver. A socket file crosses network namespaces, so one
# process listens on each side of it and no link between the networks is needed.
open_api_port() {
  local socket=$LAB_DIR/run/api.sock
  start api-inside inside socat "UNIX-LISTEN:$socket,fork,mode=600" "TCP:$NODE_IP:6443"
  start api-outside outside socat -d -d TCP-LISTEN:0,bind=127.0.0.1,fork,backlog=128 "UNIX-CONNECT:$socket"
  wait_until 10 "a loopback port for kube-apiserver" api_port || fail "socat did not open a loopback port (lab/lab logs api-outside)"
}

# The port the kernel chose, as socat reports it.
api_port() { grep -oE -m1 'listening on AF=2 127\.0\.0\.1:[0-9]+' "$LAB_DIR/log/api-outside.log" | sed 's/.*://' | grep .; }
api_url() { echo "https://127.0.0.1:$(api_port)"; }

node_is_ready() {
  kubectl get node "$NODE_NAME" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' --request-timeout 5s 2>/dev/null | grep -q True
}
