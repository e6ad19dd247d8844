# shellcheck shell=bash
# May the lab run here? Checked before anything is changed; then missing Debian packages are installed.

# command:package — commands decide, so that other distributions' packages count as well.
NEEDED=(
  containerd:containerd runc:runc nft:nftables conntrack:conntrack socat:socat ip:iproute2 nsenter:util-linux
  openssl:openssl buildah:buildah catatonit:catatonit flock:util-linux setsid:util-linux
)

machine_is_root() {
  [ "$(uname -s)" = Linux ] || unsupported "it needs Linux, this is $(uname -s)"
  [ "$(id -u)" -eq 0 ] || unsupported "it needs root for namespaces, cgroups and mounts; run it with sudo"
}

machine_check() {
  machine_is_root
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) unsupported "it is built for x86_64 and aarch64, this is $(uname -m)" ;;
  esac
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
    unsupported "its kernel has no overlay file system (CONFIG_OVERLAY_FS)"
  cgroup_version >/dev/null || unsupported "it has neither cgroup v1 controllers nor cgroup v2 mounted under /sys/fs/cgroup"
  unshare --net true 2>/dev/null || unsupported "its kernel or container forbids new network namespaces"
  if command -v ip >/dev/null && command -v nft >/dev/null; then
    machine_check_network
  fi
  machine_check_toolchain
  machine_install_packages
  machine_check_network
}

machine_check_network() {
  unshare --net ip link add lab0 type veth peer name lab1 2>/dev/null || unsupported "its kernel cannot make veth pairs (CONFIG_VETH)"
  unshare --net ip link add lab0 type bridge 2>/dev/null || unsupported "its kernel cannot make bridges (CONFIG_BRIDGE)"
  unshare --net nft add table ip lab 2>/dev/null || unsupported "its kernel has no nf_tables (CONFIG_NF_TABLES)"
}

machine_check_toolchain() {
  components_built && return
  command -v go >/dev/null ||
    unsupported "Go is missing; install Go 1.26 or newer (https://go.dev/doc/install) and try again"
}

machine_install_packages() {
  local entry missing=()
  for entry in "${NEEDED[@]}"; do
    command -v "${entry%%:*}" >/dev/null || missing+=("${entry##*:}")
  done
  cni_bin_dir >/dev/null || missing+=(containernetworking-plugins)
  [ ${#missing[@]} -eq 0 ] && return
  command -v apt-get >/dev/null ||
    unsupported "these packages are missing and there is no apt-get to install them: ${missing[*]}"
  step "installing Debian packages: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install ${missing[*]} (whole log: $log)"
  fi
  rm -f "$log"
}

cni_bin_dir() {
  local dir
  for dir in /usr/lib/cni /opt/cni/bin /usr/libexec/cni; do
    [ -x "$dir/ptp" ] && [ -x "$dir/host-local" ] && [ -x "$dir/portmap" ] && echo "$dir" && return
  done
  return 1
}
