# shellcheck shell=bash
# Images of the cluster's own pods, made of the built binaries, kept beside them as archives.

IMAGE_PAUSE=localhost/pause:3
IMAGE_COREDNS=localhost/coredns:$COREDNS_VERSION
IMAGE_METRICS_SERVER=localhost/metrics-server:$METRICS_SERVER_VERSION
IMAGE_PROMETHEUS=localhost/prometheus:$PROMETHEUS_VERSION

# Beside the binaries, named by this file: a change of how images are made makes them anew.
images_dir() { echo "$(dirname "$(components_bin)")/images-$(sha256sum <"$here/lib/images.sh" | cut -c1-8)"; }

# image_archive IMAGE BINARY USER [ARGUMENT]: a FROM-scratch image with the binary at the root.
image_archive() {
  local image=$1 binary=$2 user=$3 argument=${4:-} name file work
  name=${image##*/}
  name=${name%%:*}
  file=$(images_dir)/$name.tar
  [ -f "$file" ] && return
  step "  packing $image"
  mkdir -p "$(images_dir)"
  work=$(mktemp -d "$(images_dir)/work.XXXXXX")
  cp "$binary" "$work/$name"
  printf 'FROM scratch\nCOPY %s /%s\nUSER %s\nENTRYPOINT ["/%s"%s]\n' "$name" "$name" "$user" "$name" \
    "${argument:+, \"$argument\"}" >"$work/Dockerfile"
  local storage=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs)
  BUILDAH_ISOLATION=chroot buildah "${storage[@]}" bud --quiet --timestamp 0 -t "$image" "$work" >/dev/null
  buildah "${storage[@]}" push --quiet "$image" "oci-archive:$work/image.tar:$image"
  mv "$work/image.tar" "$file"
  rm -rf "$work"
}

images_build() {
  rm -rf "$(images_dir)"/work.*
  local bin
  bin=$(components_bin)
  image_archive "$IMAGE_PAUSE" "$(command -v catatonit)" 65535:65535 -P # -P: only sleep and reap
  image_archive "$IMAGE_COREDNS" "$bin/coredns" 65532:65532
  image_archive "$IMAGE_METRICS_SERVER" "$bin/metrics-server" 65532:65532
  image_archive "$IMAGE_PROMETHEUS" "$bin/prometheus" 65534:65534
}

image_import() {
  [ -f "$1" ] || fail "there is no image archive '$1'"
  ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io images import --no-unpack "$1" >/dev/null 2>"$LAB_DIR/log/import.log" ||
    ctr --address "$CONTAINERD_SOCKET" --namespace k8s.io images import "$1" >/dev/null
}

images_import() {
  local archive
  for archive in "$(images_dir)"/*.tar; do
    image_import "$archive"
  done
}
