# shellcheck shell=bash
# Configuration files of the node. Each deviation from a default says what fails without it.

CONTAINERD_SOCKET=$LAB_DIR/run/containerd.sock

config_create() {
  local systemd_cgroup=false
  [ "$(cgroup_driver)" = systemd ] && systemd_cgroup=true

  # restrict_oom_score_adj: without CAP_SYS_RESOURCE nobody may lower oom_score_adj and runc fails.
  # netns_mounts_under_state_dir: pods' namespaces stay in this lab's folder, where `down` finds them.
  cat >"$LAB_DIR/containerd.toml" <<TOML
version = 2
root = "$LAB_DIR/containerd"
state = "$LAB_DIR/run/containerd"
[grpc]
  address = "$CONTAINERD_SOCKET"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$IMAGE_PAUSE"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$(cni_bin_dir)"
    conf_dir = "$LAB_DIR/cni/conf"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = $systemd_cgroup
TOML

  # ptp routes every packet through the node, so that Service translation is undone on the way back
  # without br_netfilter, which not every kernel has.
  mkdir -p "$LAB_DIR/cni/conf"
  cat >"$LAB_DIR/cni/conf/10-lab.conflist" <<JSON
{"cniVersion": "1.0.0", "name": "lab", "plugins": [
  {"type": "ptp", "ipMasq": false, "mtu": 1500, "ipam": {
    "type": "host-local", "dataDir": "$LAB_DIR/cni/data",
    "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}
]}
JSON

  : >"$LAB_DIR/resolv.conf" # pods resolve cluster names only; there is no network beyond the cluster

  # failCgroupV1: Kubernetes 1.35 and later refuse cgroup v1 otherwise. podLogsDir, volumePluginDir: two labs share a machine.
  cat >"$LAB_DIR/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $PKI/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $PKI/kubelet.crt
tlsPrivateKeyFile: $PKI/kubelet.key
containerRuntimeEndpoint: unix://$CONTAINERD_SOCKET
cgroupDriver: $(cgroup_driver)
cgroupRoot: /$CGROUP_PODS
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
clusterDomain: cluster.local
clusterDNS: [$DNS_SERVICE_IP]
resolvConf: $LAB_DIR/resolv.conf
podCIDR: $POD_CIDR
podLogsDir: $LAB_DIR/pod-logs
volumePluginDir: $LAB_DIR/kubelet/volume-plugins
staticPodPath: ""
healthzBindAddress: 127.0.0.1
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%"}
maxPods: 250
shutdownGracePeriod: 0s
logging: {verbosity: 2}
YAML

  # maxPerCore 0: the connection table is the machine's and not ours to size.
  cat >"$LAB_DIR/kube-proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $LAB_DIR/kube-proxy.kubeconfig}
clusterCIDR: $POD_CIDR
mode: nftables
conntrack: {maxPerCore: 0}
hostnameOverride: $NODE_NAME
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
YAML
}
