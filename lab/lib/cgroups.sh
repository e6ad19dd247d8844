# shellcheck shell=bash
# Two cgroups: one holds every process the lab starts, one is the root of all pods. `down` ends what is in them,
# so a crash between starting a process and writing its id down loses nothing.

CGROUP_FS=${CGROUP_FS:-/sys/fs/cgroup}
SYSTEMD_RUN_DIR=${SYSTEMD_RUN_DIR:-/run/systemd/system}

# 2: unified hierarchy; 1: one hierarchy per controller.
cgroup_version() {
  if [ -f "$CGROUP_FS/cgroup.controllers" ]; then
    echo 2
  elif [ -d "$CGROUP_FS/pids" ] && [ -d "$CGROUP_FS/memory" ] && [ -d "$CGROUP_FS/cpu" ]; then
    echo 1
  else
    return 1
  fi
}

# The one place that decides who manages pods' cgroups; containerd and kubelet must agree (config.sh).
# systemd only where it owns a unified hierarchy: elsewhere it is absent or leaves v1 to others.
cgroup_driver() {
  if [ "$(cgroup_version)" = 2 ] && [ -d "$SYSTEMD_RUN_DIR" ]; then echo systemd; else echo cgroupfs; fi
}

# kubelet's cgroupRoot. The systemd driver spells /a-b as the slice a_b.slice.
CGROUP_PODS=lab-$LAB_NAME
CGROUP_SYSTEM=lab-$LAB_NAME-system

cgroup_hierarchies() {
  local dir
  if [ "$(cgroup_version)" = 2 ]; then
    echo "$CGROUP_FS"
    return
  fi
  for dir in "$CGROUP_FS"/*/; do
    [ -L "${dir%/}" ] || [ ! -f "$dir/cgroup.procs" ] || echo "${dir%/}"
  done
}

# The hierarchy whose membership lists tell which processes are ours.
cgroup_roll() {
  if [ "$(cgroup_version)" = 2 ]; then echo "$CGROUP_FS"; else echo "$CGROUP_FS/pids"; fi
}

cgroup_pods_dir() {
  if [ "$(cgroup_driver)" = systemd ]; then echo "${CGROUP_PODS//-/_}.slice"; else echo "$CGROUP_PODS"; fi
}

cgroups_create() {
  local hierarchy file
  if [ "$(cgroup_driver)" = systemd ]; then systemctl start "$(cgroup_pods_dir)"; fi
  while read -r hierarchy; do
    mkdir -p "$hierarchy/$(cgroup_pods_dir)"
    # A v1 cpuset takes no process before it has processors and memory nodes.
    for file in cpuset.cpus cpuset.mems; do
      if [ -f "$hierarchy/$CGROUP_PODS/$file" ] && [ "$(cgroup_version)" = 1 ]; then
        cat "$hierarchy/$file" >"$hierarchy/$CGROUP_PODS/$file"
      fi
    done
  done < <(cgroup_hierarchies)
  if [ "$(cgroup_driver)" = cgroupfs ] && [ "$(cgroup_version)" = 2 ]; then
    sed 's/[^ ]*/+&/g' "$CGROUP_FS/cgroup.controllers" >"$CGROUP_FS/cgroup.subtree_control"
    sed 's/[^ ]*/+&/g' "$CGROUP_FS/$CGROUP_PODS/cgroup.controllers" >"$CGROUP_FS/$CGROUP_PODS/cgroup.subtree_control"
  fi
  mkdir -p "$(cgroup_roll)/$CGROUP_SYSTEM"
}

# Process ids in GROUP and below it.
cgroup_pids() {
  local dir
  dir=$(cgroup_roll)/$1
  [ -d "$dir" ] || return 0
  find "$dir" -name cgroup.procs -exec cat {} + 2>/dev/null
}

cgroups_remove() {
  local hierarchy group
  if [ "$(cgroup_driver)" = systemd ]; then systemctl stop "$(cgroup_pods_dir)"; fi
  while read -r hierarchy; do
    for group in "$(cgroup_pods_dir)" "$CGROUP_SYSTEM"; do
      [ -d "$hierarchy/$group" ] || continue
      # Deepest first; the kernel may need a moment after the last process ended.
      find "$hierarchy/$group" -depth -type d | while read -r dir; do
        wait_until 10 "the kernel to free cgroup $dir" rmdir "$dir"
      done
    done
  done < <(cgroup_hierarchies)
}
