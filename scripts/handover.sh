# shellcheck shell=bash
# What build.sh leaves for deploy.sh, and the one manifest that names an image itself.

write_images_env() {
  if [ -n "$DRY_RUN" ]; then
    say "  + write .build/images.env"
    return
  fi
  write_atomically "$BUILD_DIR/images.env" <<EOF
WORKLOAD_IMAGE=$(image_ref workload)
ADAPTER_IMAGE=$(image_ref custom-metrics-adapter)
STRESS_IMAGE=$(image_ref stress)
TARGET=$TARGET
CONTEXT=$CONTEXT
EOF
}

# Reads the hand-over without running it.
read_images_env() {
  local key
  IMAGES_ENV_PROBLEM=''
  for key in WORKLOAD_IMAGE ADAPTER_IMAGE STRESS_IMAGE TARGET CONTEXT; do
    [ -n "$(images_env "$key")" ] || IMAGES_ENV_PROBLEM="$key is missing"
  done
  # shellcheck disable=SC2034 # for preflight.sh
  BUILT_TARGET=$(images_env TARGET) BUILT_CONTEXT=$(images_env CONTEXT)
  [ -z "$IMAGES_ENV_PROBLEM" ]
}

images_env() { sed -n "s/^$1=//p" "$BUILD_DIR/images.env"; }

built_image() {
  case $1 in
    workload) images_env WORKLOAD_IMAGE ;;
    custom-metrics-adapter) images_env ADAPTER_IMAGE ;;
    stress) images_env STRESS_IMAGE ;;
  esac
}

STRESS_MANIFEST=$ROOT/k8s/stress-test.yaml

rendered_stress() { sed "s#^\( *image: \).*/stress:.*#\1$(image_ref stress)#" "$STRESS_MANIFEST"; }

stress_is_current() { [ "$(rendered_stress)" = "$(cat "$STRESS_MANIFEST")" ]; }

# The image is named by its content, so a clean checkout stays clean: the line only moves when stress/ did.
render_stress() {
  if stress_is_current; then
    ok "k8s/stress-test.yaml names $(image_ref stress)"
  elif [ -n "$DRY_RUN" ]; then
    say "  + write k8s/stress-test.yaml (image $(image_ref stress))"
  else
    rendered_stress | write_atomically "$STRESS_MANIFEST"
    ok "k8s/stress-test.yaml now names $(image_ref stress)"
  fi
}
