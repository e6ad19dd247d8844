# shellcheck shell=bash
# The stack in a lab of the bench's own.

BENCH_LAB=${BENCH_LAB:-bench}
STARTED_LAB=''

lab() { LAB_NAME=$BENCH_LAB "$ROOT/lab/lab" "$@"; }
kube() { lab kubectl "$@"; }

# A lab that was up already is used and left up.
lab_up() {
  lab status >/dev/null 2>&1 && return
  step "starting the lab '$BENCH_LAB'"
  STARTED_LAB=yes
  quietly "$LOGS/lab.log" lab up
}

lab_down() {
  [ -n "$STARTED_LAB" ] || return 0
  step "ending the lab '$BENCH_LAB'"
  lab down >"$LOGS/down.log" 2>&1 || say "the lab did not end cleanly; see LAB_NAME=$BENCH_LAB lab/lab down"
}

loop_prepare() {
  lab_up
  stack_deploy
  rival_install
}

# The stack as a user deploys it, with the demonstration's short way down.
stack_deploy() {
  local cluster=(--target lab --context "lab-$BENCH_LAB")
  step "building the images"
  quietly "$LOGS/build.log" "$ROOT/build.sh" "${cluster[@]}"
  step "deploying the stack"
  # A run that was cut short may have left the rival behind our Service.
  kube -n custom-metrics delete deployment prometheus-adapter --ignore-not-found --cascade=foreground >/dev/null
  quietly "$LOGS/deploy.log" "$ROOT/deploy.sh" "${cluster[@]}" --component demo
}
