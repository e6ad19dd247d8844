#!/usr/bin/env bash
# Prints everything of this machine that a lab could leave behind, sorted, so that two prints can be compared.
# Zombies are left out: they wait for the machine's init, not for us.
set -euo pipefail

echo "== processes"
ps -eo stat=,pid=,args= | awk '$1 !~ /^Z/' | grep -E 'custom-metrics-(lab|stack)/|containerd-shim|/pause -P|/coredns|/metrics-server' | grep -v grep | awk '{ $1 = ""; $2 = ""; print }' | sort || :
echo "== mounts"
sort /proc/self/mounts
echo "== network namespaces"
{ find /proc/[0-9]*/ns/net -maxdepth 0 -printf '%l\n' 2>/dev/null || :; } | sort -u | wc -l # processes come and go
echo "== links"
ip -o link | awk '{ print $2 }' | sort
echo "== cgroups"
find /sys/fs/cgroup -type d | sort
echo "== nftables"
nft list tables
echo "== kernel settings"
sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes
echo "== files"
find /etc/cni /var/lib/cni /var/lib/kubelet /run/containerd /run/netns "${LAB_ROOT:-/var/lib/custom-metrics-lab}" -maxdepth 1 ! -name '.*.lock' 2>/dev/null | sort || : # most of them are absent
