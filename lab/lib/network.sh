# shellcheck shell=bash
# One network namespace with no link out: what runs in the cluster reaches the cluster and nothing else.

NETNS=lab-$LAB_NAME
NETNS_PATH=/run/netns/$NETNS

# nsenter and not `ip netns exec`: that remounts /sys and hides the cgroups from kubelet.
in_network() { nsenter --net="$NETNS_PATH" "$@"; }

network_create() {
  ip netns add "$NETNS"
  in_network sh -euc "
    ip link set lo up
    ip link add lab0 type bridge
    ip address add $NODE_IP/24 dev lab0
    ip link set lab0 up
    ip route replace default via $NODE_GATEWAY dev lab0 onlink
    echo 1 >/proc/sys/net/ipv4/ip_forward
  "
}

network_remove() {
  # The file can outlive its namespace when the machine crashed in between: `ip netns delete` handles both.
  if [ -e "$NETNS_PATH" ]; then ip netns delete "$NETNS"; fi
}
