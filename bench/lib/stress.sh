# shellcheck shell=bash
# What `stress` needs: our load generator as it is in the image, and those that people use.

OHA_VERSION=1.16.0

stress_prepare() {
  local program
  for program in wrk hey taskset unshare; do
    command -v "$program" >/dev/null || fail "$program is missing; on Debian: apt-get install wrk hey util-linux"
  done
  [ "$(nproc)" -ge 2 ] || fail "server and generator need a CPU each, and there is one"
  stress_build
  oha_build
  OPTIONS+=(--stress "$(stress_binary)" --oha "$(oha_dir)/bin/oha" --wrk "$(command -v wrk)" --hey "$(command -v hey)")
}

stress_target() { echo "$(uname -m)-unknown-linux-gnu"; }
stress_binary() { echo "${CARGO_TARGET_DIR:-$ROOT/target}/$(stress_target)/release/stress"; }

# Linked as in the image.
stress_build() {
  step "building stress"
  RUSTFLAGS='-C target-feature=+crt-static' quietly "$LOGS/cargo.log" cargo build --locked --release \
    --target "$(stress_target)" --manifest-path "$ROOT/Cargo.toml" -p stress
}

oha_dir() { echo "$CACHE_DIR/oha-$OHA_VERSION"; }

oha_build() {
  local dir
  dir=$(oha_dir)
  [ -x "$dir/bin/oha" ] && return
  mkdir -p "$dir"
  exec 8>"$dir/lock"
  flock 8 # two benches share the cache: the first one builds
  if [ ! -x "$dir/bin/oha" ]; then
    step "building oha $OHA_VERSION (once per machine: about 6 minutes on 2 cores)"
    quietly "$dir/log" cargo install oha --locked --version "$OHA_VERSION" --root "$dir" --target-dir "$dir/target"
    rm -rf "$dir/target"
  fi
  exec 8>&-
}
