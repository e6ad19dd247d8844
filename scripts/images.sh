# shellcheck shell=bash
# Images: a tag by content, built once, kept as an archive.

IMAGE_NAMES="workload custom-metrics-adapter stress"
STATIC_FLAGS='-C target-feature=+crt-static'
ARCHIVES=$BUILD_DIR/images
REGISTRY=${REGISTRY:-}
ENGINE=${ENGINE:-}

# --- the tag ---------------------------------------------------------------------------------------------

# What an image is built from, one path a line: the workspace's own files and the crate's folder.
# Prose and tests do not reach the binary, so they do not change its tag; neither does k8s/stress-test.yaml.
image_inputs() {
  (
    cd "$ROOT" || exit
    local file
    for file in Cargo.toml Cargo.lock rust-toolchain.toml Dockerfile .cargo/config.toml; do
      [ -f "$file" ] && printf '%s\n' "$file"
    done
    find "$1" \( -name tests -o -name target \) -prune -o -type f ! -name '*.md' -print
  ) | LC_ALL=C sort
}

if have sha256sum; then SHA256=(sha256sum); else SHA256=(shasum -a 256); fi

# 12 hex digits over names and contents of the inputs and the flags they are compiled with.
tag_now() {
  {
    printf '%s\n' "$STATIC_FLAGS"
    image_inputs "$1" | tr '\n' '\0' | (cd "$ROOT" && xargs -0 "${SHA256[@]}")
  } | "${SHA256[@]}" | cut -c1-12
}

# One tag per run, whatever happens to the files meanwhile.
pin_tags() {
  local name
  for name in $IMAGE_NAMES; do
    printf -v "PINNED_${name//-/_}" '%s' "$(tag_now "$name")"
  done
}

image_tag() {
  local pinned=PINNED_${1//-/_}
  printf '%s' "${!pinned:-$(tag_now "$1")}"
}

# An archive whose tag does not say what is in it would be kept for ever.
still_current() {
  [ -n "$DRY_RUN" ] || [ "$(tag_now "$1")" = "$(image_tag "$1")" ] ||
    die "the source of $1 changed while it was built; run ./build.sh again"
}

image_ref() { printf '%s/%s:%s' "${REGISTRY:-localhost}" "$1" "$(image_tag "$1")"; }

image_archive() { printf '%s/%s-%s.tar' "$ARCHIVES" "$1" "$(image_tag "$1")"; }

# --- building --------------------------------------------------------------------------------------------

choose_engine() {
  case $ENGINE in
    docker | buildah) return ;;
    '') ;;
    *) usage_error "unknown engine '$ENGINE'; docker or buildah" ;;
  esac
  if have docker && docker info >/dev/null 2>&1; then
    ENGINE=docker
  elif have buildah; then
    ENGINE=buildah
  elif [ -n "$DRY_RUN" ]; then
    ENGINE=docker
  else
    usage_error "no builder: start Docker, or install buildah (Debian: apt-get install -y buildah)"
  fi
}

# Cache mounts need BuildKit; without it the programs are compiled on this machine.
compiles_in_docker() { [ "$ENGINE" = docker ] && docker buildx version >/dev/null 2>&1; }

build_images() {
  local name missing=''
  for name in $IMAGE_NAMES; do
    if [ -f "$(image_archive "$name")" ]; then
      ok "$(image_ref "$name") is built"
    else
      missing="$missing $name"
    fi
  done
  [ -n "$missing" ] || return 0
  choose_engine
  run mkdir -p "$ARCHIVES"
  compiles_in_docker || compile_here
  for name in $missing; do
    step "image $(image_ref "$name") (by $ENGINE)"
    "image_by_$ENGINE" "$name"
  done
}

# Always all of them: another choice of packages would give their shared dependencies other features, and build those anew.
compile_here() {
  local triple packages=() name
  have cargo || [ -n "$DRY_RUN" ] || usage_error "cargo is not installed, and no BuildKit to compile in; see https://rustup.rs"
  triple=$(uname -m)-unknown-linux-gnu
  for name in $IMAGE_NAMES; do packages+=(-p "$name"); done
  step "compiling $IMAGE_NAMES (static, release; minutes when cold)"
  run env RUSTFLAGS="$STATIC_FLAGS" CARGO_TARGET_DIR="$BUILD_DIR/target" \
    cargo build --manifest-path "$ROOT/Cargo.toml" --locked --release --target "$triple" "${packages[@]}"
  run mkdir -p "$BUILD_DIR/bin"
  for name in $IMAGE_NAMES; do
    run install -m 755 "$BUILD_DIR/target/$triple/release/$name" "$BUILD_DIR/bin/$name"
  done
}

image_by_docker() {
  local archive ref stage=$1 options=()
  ref=$(image_ref "$1") archive=$(image_archive "$1")
  if compiles_in_docker; then
    # A plain single-platform manifest: an attested index does not survive `docker save` and `kind load`.
    options=(--provenance=false --sbom=false)
  else
    stage=$1-prebuilt
  fi
  run docker build ${options[@]+"${options[@]}"} --target "$stage" --tag "$ref" "$ROOT"
  run docker save --output "$archive.partial" "$ref"
  keep_archive "$1" "$archive"
}

# buildah works in a storage of its own, removed at once: the user's images are not touched.
image_by_buildah() {
  local archive ref storage=$BUILD_DIR/buildah.$$
  ref=$(image_ref "$1") archive=$(image_archive "$1")
  local at=(--root "$storage/root" --runroot "$storage/run" --storage-driver vfs)
  run_quietly buildah "${at[@]}" bud --quiet --isolation chroot --timestamp 0 --target "$1-prebuilt" --tag "$ref" "$ROOT"
  # Docker's archive format, because minikube takes no other; `push` refuses to write over a half-written one.
  run rm -f "$archive.partial"
  run buildah "${at[@]}" push --quiet "$ref" "docker-archive:$archive.partial:$ref"
  keep_archive "$1" "$archive"
  run rm -rf "$storage"
}

# The archive takes its name only now that it is whole; those of older sources go.
keep_archive() {
  local old
  still_current "$1"
  run mv "$2.partial" "$2"
  for old in "$ARCHIVES/$1"-????????????.tar; do
    if [ -e "$old" ] && [ "$old" != "$2" ]; then run rm -f "$old"; fi
  done
}

# Storages that a killed build left, and nothing of a build that still runs.
remove_abandoned() {
  local path
  for path in "$BUILD_DIR"/buildah.*; do
    [ -e "$path" ] || continue
    kill -0 "${path##*.}" 2>/dev/null || run rm -rf "$path"
  done
}
