# shellcheck shell=bash
# What a node changes on its machine beyond its own folder, kept private or put back.

# Folders whose paths containerd, CNI and kubelet fix: the node sees folders of the lab in their place.
HOST_DIRS=(/run/containerd /var/lib/cni /var/lib/kubelet /etc/cni)

# kubelet sets these for the whole machine at its start.
HOST_SYSCTLS=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)
HOST_SYSCTLS_SAVED=$LAB_ROOT/sysctls

# Prints a shell text that covers HOST_DIRS; it runs in the node's private mount namespace, which ends with its processes.
host_cover_script() {
  local dir
  for dir in "${HOST_DIRS[@]}"; do
    mkdir -p "$dir" "$LAB_DIR/host$dir"
    echo "mount --bind '$LAB_DIR/host$dir' '$dir'"
  done
}

# Values as they were before the first lab of this machine.
host_save() {
  local name
  [ -f "$HOST_SYSCTLS_SAVED" ] && return
  for name in "${HOST_SYSCTLS[@]}"; do
    echo "$name $(cat "/proc/sys/$name")"
  done >"$HOST_SYSCTLS_SAVED"
}

# The last lab to go puts everything back.
host_restore() {
  local name value
  find "$LAB_ROOT" -mindepth 1 -maxdepth 1 -type d | grep -q . && return
  if [ -f "$HOST_SYSCTLS_SAVED" ]; then
    while read -r name value; do
      echo "$value" >"/proc/sys/$name"
    done <"$HOST_SYSCTLS_SAVED"
    rm "$HOST_SYSCTLS_SAVED"
  fi
  rmdir --ignore-fail-on-non-empty "${HOST_DIRS[@]}" 2>/dev/null || :
}
