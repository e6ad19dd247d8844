# shellcheck shell=bash
# A tag is the content of what an image is built from: no more, no less.

tag() { (. scripts/common.sh && . scripts/images.sh && image_tag "$1"); }

test_a_tag_is_twelve_hex_digits() {
  [[ $(tag workload) =~ ^[0-9a-f]{12}$ ]] || fail "$(tag workload)"
}

test_the_same_content_elsewhere_has_the_same_tag() {
  local before
  before=$(tag stress)
  cp -R "$COPY" "$WORK/elsewhere"
  cd "$WORK/elsewhere"
  equal "$before" "$(tag stress)"
}

test_manifests_prose_and_tests_do_not_change_a_tag() {
  local before
  before=$(tag stress)
  echo "# more" >>k8s/stress-test.yaml
  echo "# more" >>stress/README.md
  mkdir -p stress/tests && echo "// more" >>stress/tests/more.rs
  equal "$before" "$(tag stress)"
}

test_a_crate_changes_its_own_tag_only() {
  local workload stress
  workload=$(tag workload) stress=$(tag stress)
  echo "// more" >>stress/src/main.rs
  equal "$workload" "$(tag workload)"
  different "$stress" "$(tag stress)"
}

test_a_renamed_file_changes_the_tag() {
  local before
  before=$(tag stress)
  echo "// a" >stress/src/a.rs
  different "$before" "$(tag stress)"
  before=$(tag stress)
  mv stress/src/a.rs stress/src/b.rs
  different "$before" "$(tag stress)"
}

test_the_core_changes_the_adapters_tag() {
  local before
  before=$(tag custom-metrics-adapter)
  echo "// more" >>custom-metrics-adapter/core/src/lib.rs
  different "$before" "$(tag custom-metrics-adapter)"
}

test_what_all_share_changes_all_tags() {
  local file before
  for file in Cargo.toml Cargo.lock rust-toolchain.toml Dockerfile; do
    before=$(tag workload)$(tag custom-metrics-adapter)$(tag stress)
    echo "# more" >>$file
    different "$before" "$(tag workload)$(tag custom-metrics-adapter)$(tag stress)"
  done
}

test_the_job_is_rendered_once_and_then_left_alone() {
  sed -i.orig 's#image: .*#image: localhost/stress:000000000000#' k8s/stress-test.yaml
  try ./build.sh --render-only --check
  exits 1
  says "run ./build.sh --render-only"
  try ./build.sh --render-only
  exits 0
  grep -q "image: localhost/stress:$(tag stress)" k8s/stress-test.yaml || fail "not rendered"
  cp -p k8s/stress-test.yaml "$WORK/rendered"
  try ./build.sh --render-only --check
  exits 0
  [ ! k8s/stress-test.yaml -nt "$WORK/rendered" ] || fail "written again without need"
}
