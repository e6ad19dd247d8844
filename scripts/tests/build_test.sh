# shellcheck shell=bash
# What build.sh does with the tools of others, command by command.

ref() { (. scripts/common.sh && . scripts/images.sh && image_ref "$1"); }
archive() { local r; r=$(ref "$1") && echo ".build/images/$1-${r##*:}.tar"; }

test_a_dry_run_prints_the_commands_and_runs_none() {
  try ./build.sh --target kind --dry-run
  exits 0
  says "docker build --provenance=false --sbom=false --target workload --tag $(ref workload)"
  says "kind load image-archive $COPY/$(archive stress) --name kind"
  equal "" "$(calls docker | grep -v '^info' | grep -v '^buildx')"
  equal "" "$(calls kind)"
  [ ! -e .build ] || fail "a dry run left .build"
}

test_docker_builds_saves_loads_and_verifies() {
  export KUBE_CONTEXT=kind-dev
  try ./build.sh
  exits 0
  equal "$(calls docker | grep -c '^build --prov')" 3
  equal "$(calls docker | grep 'build.*--target workload ')" "build --provenance=false --sbom=false --target workload --tag $(ref workload) $COPY"
  equal "$(calls docker | grep 'save.*workload')" "save --output $(archive workload).partial $(ref workload)"
  equal "$(calls kind | grep 'load.*workload')" "load image-archive $(archive workload) --name dev"
  calls docker | grep -q "exec dev-control-plane crictl inspecti -q $(ref workload)" || fail "not verified"
  equal "$(cat .build/images.env)" "WORKLOAD_IMAGE=$(ref workload)
ADAPTER_IMAGE=$(ref custom-metrics-adapter)
STRESS_IMAGE=$(ref stress)
TARGET=kind
CONTEXT=kind-dev"
}

test_a_second_run_builds_and_loads_nothing() {
  export KUBE_CONTEXT=kind-dev
  try ./build.sh
  : >"$CALLS"
  try ./build.sh
  exits 0
  equal "" "$(calls docker | grep -E '^(build -|save)')"
  equal "" "$(calls kind | grep load)"
}

test_only_what_changed_is_built_again() {
  export KUBE_CONTEXT=kind-dev
  try ./build.sh
  : >"$CALLS"
  echo "// more" >>stress/src/main.rs
  try ./build.sh
  exits 0
  equal "$(calls docker | grep '^build --' | grep -o -- '--target [a-z-]*')" "--target stress"
}

test_an_image_that_did_not_arrive_is_an_error() {
  KUBE_CONTEXT=kind-dev NODE_FORGETS=yes try ./build.sh
  exits 1
  says "$(ref workload) was loaded but is not on every node of kind-dev"
  [ ! -e .build/images.env ] || fail "handed over an image that is not there"
}

test_minikube_takes_the_archive() {
  KUBE_CONTEXT=minikube try ./build.sh
  exits 0
  equal "$(calls minikube | grep 'load.*workload')" "-p minikube image load $(archive workload)"
}

test_k3d_takes_the_archive() {
  KUBE_CONTEXT=k3d-dev try ./build.sh
  exits 0
  equal "$(calls k3d | grep 'import.*workload')" "image import $(archive workload) --cluster dev"
}

test_without_docker_buildah_packs_what_cargo_built() {
  KUBE_CONTEXT=kind-dev DOCKER_DOWN=yes try ./build.sh --no-load
  exits 0
  equal "$(calls cargo)" "build --manifest-path Cargo.toml --locked --release --target $(uname -m)-unknown-linux-gnu -p workload -p custom-metrics-adapter -p stress"
  calls buildah | grep -q "bud --quiet --isolation chroot --timestamp 0 --target workload-prebuilt --tag $(ref workload)" || fail "no bud"
  calls buildah | grep -q "push --quiet $(ref workload) docker-archive:$(archive workload).partial:$(ref workload)" || fail "no push"
  equal "" "$(find .build -name 'buildah.*')"
}

test_docker_without_buildkit_packs_what_cargo_built() {
  KUBE_CONTEXT=kind-dev NO_BUILDX=yes try ./build.sh --no-load
  exits 0
  calls cargo | grep -q -- '-p stress' || fail "not compiled here"
  equal "$(calls docker | grep '^build .*stress')" "build --target stress-prebuilt --tag $(ref stress) $COPY"
}

test_a_source_saved_during_the_build_is_not_hidden_under_the_old_tag() {
  KUBE_CONTEXT=kind-dev DOCKER_DOWN=yes EDIT_MEANWHILE=$COPY/workload/src/main.rs try ./build.sh --no-load
  exits 1
  says "the source of workload changed while it was built"
  equal "" "$(find .build/images -name '*.tar')"
}

test_what_a_killed_build_left_is_removed_but_not_what_a_running_one_uses() {
  local gone
  sh -c 'exit' & gone=$!
  wait "$gone"
  mkdir -p ".build/buildah.$gone" ".build/buildah.$$"
  KUBE_CONTEXT=kind-dev try ./build.sh --no-load
  exits 0
  [ ! -e ".build/buildah.$gone" ] || fail "kept the dead one's"
  [ -e ".build/buildah.$$" ] || fail "took the living one's"
}

test_a_foreign_cluster_needs_a_registry() {
  KUBE_CONTEXT=work try ./build.sh
  exits 2
  says "--registry HOST/PATH"
  KUBE_CONTEXT=work try ./build.sh --registry registry.example.com/team
  exits 0
  calls docker | grep -q '^push registry.example.com/team/workload:' || fail "not pushed"
}

test_a_lab_that_is_not_up_says_how_to_start_it() {
  mkdir lab && printf '#!/bin/sh\nexit 1\n' >lab/lab && chmod +x lab/lab
  try ./build.sh --target lab
  exits 2
  says "LAB_NAME=default lab/lab up"
}
