# shellcheck shell=bash
# Starting a component so that it can always be found again.

# start COMPONENT inside|outside CMD...: in the lab's cgroup, in a session of its own, log in log/COMPONENT.log.
start() {
  local component=$1 where=$2 enter=()
  shift 2
  [ "$where" = inside ] && enter=(nsenter --net="$NETNS_PATH")
  # shellcheck disable=SC2016 # $$ is the new shell's own id, which exec keeps
  setsid "${enter[@]}" sh -c '
    echo $$ >"$1/cgroup.procs"
    echo $$ >"$2"
    shift 2
    exec "$@"' sh "$(cgroup_roll)/$CGROUP_SYSTEM" "$LAB_DIR/run/$component.pid" "$@" \
    </dev/null >>"$LAB_DIR/log/$component.log" 2>&1 8>&- 9>&- &
}

# The recorded id counts only while it is a member of our cgroup: ids are reused.
is_running() {
  local pid
  pid=$(cat "$LAB_DIR/run/$1.pid" 2>/dev/null) || return 1
  grep -qx "$pid" "$(cgroup_roll)/$CGROUP_SYSTEM/cgroup.procs" 2>/dev/null
}

# ready SECONDS COMPONENT COMMAND...: like wait_until, but ends at once with its log when the component died.
ready() {
  local bound=$1 component=$2
  shift 2
  # The id file is written by the started process itself.
  wait_until 5 "$component to start" test -s "$LAB_DIR/run/$component.pid"
  # shellcheck disable=SC2317
  ready_or_dead() { "$@" || ! is_running "$component"; }
  if ! wait_until "$bound" "$component" ready_or_dead "$@" || ! is_running "$component"; then
    say "last lines of $component:"
    tail -n 15 "$LAB_DIR/log/$component.log" >&2
    fail "$component did not become ready"
  fi
}

component_logs() {
  local component=$1 file=$LAB_DIR/log/$1.log
  shift
  [ -f "$file" ] || usage_error "no log of '$component'; there are: $(cd "$LAB_DIR/log" 2>/dev/null && echo *.log | sed 's/\.log//g')"
  tail -n 200 "$@" "$file"
}
