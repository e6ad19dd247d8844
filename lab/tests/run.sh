#!/usr/bin/env bash
# The lab against the real machine: what `down` leaves, what a crash leaves, two labs side by side, refusals.
# Judged by comparing the machine before and after, never by the lab's own word.
set -Eeuo pipefail
cd "$(dirname "$0")/../.."

PASSED=0 FAILED=0 SKIPPED=0
WORK=$(mktemp -d)
export LAB_NAME=labtest
lab=lab/lab

cleanup() {
  LAB_NAME=labtest $lab down >/dev/null 2>&1
  LAB_NAME=labtest2 $lab down >/dev/null 2>&1
  rm -rf "$WORK"
}
trap cleanup EXIT

# it SENTENCE FUNCTION: one test; its output is shown when it fails.
it() {
  if "$2" >"$WORK/out" 2>&1; then
    PASSED=$((PASSED + 1))
    echo "ok    $1"
  else
    FAILED=$((FAILED + 1))
    echo "FAIL  $1"
    head -n 60 "$WORK/out" | sed 's/^/      /'
  fi
}

# it_alone SENTENCE FUNCTION: a test that compares the whole machine, which another lab's pods keep changing.
it_alone() {
  local others
  others=$(find /sys/fs/cgroup -maxdepth 2 -type d -name 'lab[-_]*' ! -name 'lab[-_]labtest*' -printf '%f ' -quit)
  if [ -z "$others" ]; then
    it "$@"
  else
    SKIPPED=$((SKIPPED + 1))
    echo "skip  $1: another lab runs here (${others% }); end it and try again"
  fi
}

state() { lab/tests/machine-state.sh >"$WORK/$1"; }

# The machine is as it was; the kernel frees a namespace a moment after its last process, so this waits for it, bounded.
same_as_before() {
  local tries=0
  while state after && ! diff "$WORK/before" "$WORK/after" >"$WORK/diff"; do
    tries=$((tries + 1))
    if [ $tries -ge 50 ]; then
      cat "$WORK/diff"
      return 1
    fi
    sleep 0.2
  done
}

starts_a_ready_node() {
  $lab up && $lab status &&
    $lab kubectl get node "lab-$LAB_NAME" &&
    $lab kubectl get --raw /readyz | grep -qx ok
}

up_twice_changes_nothing() {
  local before
  before=$($lab status)
  $lab up && [ "$($lab status)" = "$before" ]
}

serves_the_resource_metrics_api() {
  $lab kubectl wait --for condition=Available apiservice/v1beta1.metrics.k8s.io --timeout 60s
}

# logs, and a port-forward to CoreDNS' readiness port, both through the loopback port of kube-apiserver.
an_ordinary_shell_reaches_pods() {
  local kubectl forward port tries=0 answer
  kubectl="$($lab bin)/kubectl --kubeconfig $($lab kubeconfig) --namespace kube-system"
  $kubectl logs deploy/coredns | grep CoreDNS || return 1
  $kubectl port-forward deploy/coredns :8181 >"$WORK/forward" 2>&1 &
  forward=$!
  until port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$WORK/forward") && [ -n "$port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || { cat "$WORK/forward"; return 1; }
    sleep 0.1
  done
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET /ready HTTP/1.0\r\n\r\n' >&3
  answer=$(cat <&3)
  exec 3>&-
  kill "$forward"
  wait "$forward" || :
  echo "$answer"
  [[ $answer == *'200 OK'* ]]
}

runs_commands_in_the_cluster_network() { $lab run ip -o address show dev lab0 | grep -q 198.18.0.1; }

a_second_lab_runs_beside_the_first() {
  LAB_NAME=labtest2 $lab up && LAB_NAME=labtest2 $lab status && LAB_NAME=labtest2 $lab down && $lab status
}

down_leaves_nothing() { $lab down && same_as_before; }

down_twice_is_harmless() { $lab down && $lab down; }

# Killed outright (no trap can run) as soon as COMPONENT's log appears; then `down` must clean up all of it.
kill_when_started() {
  local component=$1 pid
  setsid $lab up &
  pid=$!
  while [ ! -e "/var/lib/custom-metrics-lab/$LAB_NAME/log/$component.log" ]; do
    kill -0 "$pid" || return 1
    sleep 0.05
  done
  kill -KILL -- "-$pid"
  wait "$pid" 2>/dev/null || :
}
killed_while_starting() { kill_when_started "$1" && $lab down && same_as_before; }
killed_with_etcd() { killed_while_starting etcd; }
killed_with_apiserver() { killed_while_starting kube-apiserver; }
killed_with_kubelet() { killed_while_starting kubelet; }

up_recovers_from_a_crash() { kill_when_started kubelet && $lab up && $lab status; }

# refuses PATTERN COMMAND...: exit 2, one line that says why.
refuses() {
  local pattern=$1 code=0
  shift
  "$@" >"$WORK/refusal" 2>&1 || code=$?
  cat "$WORK/refusal"
  [ "$code" -eq 2 ] && [ "$(wc -l <"$WORK/refusal")" -eq 1 ] && grep -qE "$pattern" "$WORK/refusal"
}

refuses_an_ordinary_user() { refuses 'needs root' setpriv --reuid 65534 --clear-groups env LAB_ROOT="$WORK/none" bash "$PWD/lab/lab" up && [ ! -e "$WORK/none" ]; }
refuses_another_system() {
  mkdir -p "$WORK/bin"
  printf '#!/bin/sh\necho Darwin\n' >"$WORK/bin/uname" # a stand-in for another operating system
  chmod +x "$WORK/bin/uname"
  refuses 'needs Linux' env PATH="$WORK/bin:$PATH" LAB_ROOT="$WORK/none" $lab up && [ ! -e "$WORK/none" ]
}
refuses_a_machine_without_cgroups() { refuses 'cgroup' env CGROUP_FS="$WORK" LAB_ROOT="$WORK/none" $lab up && [ ! -e "$WORK/none" ]; }
refuses_a_bad_name() { refuses 'small letters and digits' env LAB_NAME=Not/Good $lab up; }

# The choice of the cgroup driver, on trees that stand in for other machines.
driver_on() { CGROUP_FS=$1 SYSTEMD_RUN_DIR=$2 LAB_NAME=x bash -c 'here=lab; . lab/lib/base.sh; . lab/lib/cgroups.sh; echo "$(cgroup_version) $(cgroup_driver) $(cgroup_pods_dir)"'; }
chooses_the_cgroup_driver() {
  mkdir -p "$WORK/v1/pids" "$WORK/v1/memory" "$WORK/v1/cpu" "$WORK/v2" "$WORK/systemd"
  : >"$WORK/v2/cgroup.controllers"
  [ "$(driver_on "$WORK/v1" "$WORK/absent")" = "1 cgroupfs lab-x" ] &&
    [ "$(driver_on "$WORK/v1" "$WORK/systemd")" = "1 cgroupfs lab-x" ] &&
    [ "$(driver_on "$WORK/v2" "$WORK/absent")" = "2 cgroupfs lab-x" ] &&
    [ "$(driver_on "$WORK/v2" "$WORK/systemd")" = "2 systemd lab_x.slice" ]
}

$lab down
LAB_NAME=labtest2 $lab down
state before
it "chooses the cgroup driver by what the machine has" chooses_the_cgroup_driver
it "refuses an ordinary user in one sentence and changes nothing" refuses_an_ordinary_user
it "refuses another operating system in one sentence" refuses_another_system
it "refuses a machine without cgroups in one sentence" refuses_a_machine_without_cgroups
it "refuses a name that cannot be a path" refuses_a_bad_name
it "starts a Ready node with DNS answering" starts_a_ready_node
it "does nothing when it is up" up_twice_changes_nothing
it "serves the resource metrics API" serves_the_resource_metrics_api
it "is reached from the ordinary shell" an_ordinary_shell_reaches_pods
it "runs commands in the cluster's network" runs_commands_in_the_cluster_network
it "runs beside a second lab" a_second_lab_runs_beside_the_first
it_alone "leaves nothing of itself on the machine" down_leaves_nothing
it "goes down twice without complaint" down_twice_is_harmless
it_alone "leaves nothing when killed with etcd just started" killed_with_etcd
it_alone "leaves nothing when killed with kube-apiserver just started" killed_with_apiserver
it_alone "leaves nothing when killed with kubelet just started" killed_with_kubelet
it "comes up again after a crash in the middle" up_recovers_from_a_crash
it_alone "leaves nothing after that" down_leaves_nothing

echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
[ "$FAILED" -eq 0 ]
