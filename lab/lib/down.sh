# shellcheck shell=bash
# Ending a lab, whatever state it is in: found by what it holds, not by what it wrote down.

lab_has_leftovers() {
  [ -e "$LAB_DIR" ] || [ -n "$(lab_pids)" ] || [ -n "$(lab_cgroup_dirs)" ]
}

lab_pids() { cgroup_pids "$CGROUP_SYSTEM"; cgroup_pids "$(cgroup_pods_dir)"; }

lab_cgroup_dirs() {
  local hierarchy
  while read -r hierarchy; do
    find "$hierarchy/$(cgroup_pods_dir)" "$hierarchy/$CGROUP_SYSTEM" -maxdepth 0 2>/dev/null
  done < <(cgroup_hierarchies) || :
}

# Mount points below the lab's folder, deepest first.
lab_mounts() { awk -v dir="$LAB_DIR/" 'index($2, dir) == 1 { print $2 }' /proc/self/mounts | sort -r; }

lab_down() {
  if ! lab_has_leftovers; then
    step "nothing to remove: no lab '$LAB_NAME' on this machine"
    return
  fi
  rm -f "$LAB_DIR/complete"
  lab_kill
  lab_unmount
  cgroups_remove
  rm -rf "$LAB_DIR"
  host_restore
  step "down: no process, mount, namespace, cgroup or file of '$LAB_NAME' is left"
}

# The cluster is thrown away, so nothing is stopped gently: kube-apiserver alone would take a minute.
# Twice round, because a runtime may fork while it is being ended.
lab_kill() {
  local pids
  wait_until 30 "the lab's processes to end" lab_kill_once || {
    pids=$(lab_pids | tr '\n' ' ')
    fail "these processes do not end: $pids"
  }
}

lab_kill_once() {
  local pids
  pids=$(lab_pids)
  [ -z "$pids" ] && return
  # A process may be gone by the time its turn comes.
  # shellcheck disable=SC2086
  kill -KILL $pids 2>/dev/null
  return 1
}

lab_unmount() {
  local mount
  while read -r mount; do
    umount "$mount" || umount --lazy "$mount"
  done < <(lab_mounts)
}
