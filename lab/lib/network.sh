# shellcheck shell=bash
# One network namespace with no link out: what runs in the cluster reaches the cluster and nothing else.

# Pinned to a file of the lab's own folder; `ip netns add` would turn /run/netns into a mount that stays.
NETNS_PATH=$LAB_DIR/run/netns

# nsenter and not `ip netns exec`: that remounts /sys and hides the cgroups from kubelet.
in_network() { nsenter --net="$NETNS_PATH" "$@"; }

network_create() {
  : >"$NETNS_PATH"
  unshare --net="$NETNS_PATH" true
  in_network sh -euc "
    ip link set lo up
    ip link add lab0 type bridge
    ip address add $NODE_IP/24 dev lab0
    ip link set lab0 up
    ip route replace default via $NODE_GATEWAY dev lab0 onlink
    echo 1 >/proc/sys/net/ipv4/ip_forward
  "
}
