#!/usr/bin/env bash
# Builds the three images, tagged by content, and brings them to the cluster.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "${BASH_SOURCE[0]}")/scripts/common.sh"
. "$ROOT/scripts/target.sh"
. "$ROOT/scripts/images.sh"
. "$ROOT/scripts/load.sh"
. "$ROOT/scripts/handover.sh"

usage() {
  cat <<'USAGE'
build.sh - build the images and load them into a cluster

Usage: ./build.sh [options]

  --target NAME      lab | kind | minikube | k3d | existing (default: $TARGET, else by the kube context)
  --context NAME     kube context (default: the target's own, or the current one)
  --kubeconfig FILE  kubeconfig to look contexts up in
  --registry PREFIX  existing: push to PREFIX/NAME:TAG instead of loading
  --engine NAME      docker | buildah (default: Docker where its daemon answers, else buildah)
  --no-load          build only: archives in .build/images
  --render-only      only name the image in k8s/stress-test.yaml; --check with it: fail if that is not current
  --dry-run          print every external command instead of running it
  -h, --help         this text

Tags are 12 hex digits of the content of what an image is built from; an image that is there is not built again.

Examples:
  ./build.sh --target kind
  TARGET=lab ./build.sh --dry-run
  ./build.sh --target existing --context work --registry registry.example.com/team
USAGE
}

LOAD=yes RENDER_ONLY='' CHECK=''
while [ $# -gt 0 ]; do
  case $1 in
    --target) REQUESTED_TARGET=$(value_of "$@"); shift ;;
    --context) REQUESTED_CONTEXT=$(value_of "$@"); shift ;;
    --kubeconfig) REQUESTED_KUBECONFIG=$(value_of "$@"); shift ;;
    --registry) REGISTRY=$(value_of "$@"); shift ;;
    --engine) ENGINE=$(value_of "$@"); shift ;;
    --no-load) LOAD='' ;;
    --render-only) RENDER_ONLY=yes ;;
    --check) CHECK=yes ;;
    --dry-run) DRY_RUN=yes ;;
    -h | --help) usage && exit 0 ;;
    *) usage_error "unknown option '$1'; see ./build.sh --help" ;;
  esac
  shift
done

if [ -n "$RENDER_ONLY" ]; then
  [ -z "$CHECK" ] || stress_is_current ||
    die "k8s/stress-test.yaml does not name $(image_ref stress); run ./build.sh --render-only"
  render_stress
  exit
fi

pin_tags
resolve_target
if [ "$TARGET" = existing ] && [ -n "$LOAD" ] && [ -z "$REGISTRY" ]; then
  usage_error "target existing needs a registry its nodes can pull from: --registry HOST/PATH"
fi
if [ "$TARGET" = lab ] && [ -n "$LOAD" ] && [ -z "$DRY_RUN" ] && ! lab_is_up; then
  usage_error "the lab '$(lab_name)' is not up; start it: LAB_NAME=$(lab_name) lab/lab up (or build only: --no-load)"
fi

remove_abandoned
step "images by content"
build_images
render_stress
if [ -n "$LOAD" ]; then
  load_images
  write_images_env
fi
say "done in ${SECONDS}s; next: $(script_words deploy.sh)"
