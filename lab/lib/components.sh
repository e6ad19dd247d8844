# shellcheck shell=bash
# The cluster's programs: built once from pinned Go modules into a cache named by what they are built from.

COMPONENT_TAGS=remove_all_sd,enable_kubernetes_sd
COMPONENT_LDFLAGS="-s -w \
-X k8s.io/component-base/version.gitVersion=$KUBERNETES_VERSION \
-X k8s.io/component-base/version.gitMajor=1 \
-X k8s.io/component-base/version.gitMinor=36 \
-X github.com/prometheus/common/version.Version=${PROMETHEUS_VERSION#v}"

components_hash() {
  { cat "$here/components/go.mod" "$here/components/go.sum"; echo "$COMPONENT_TAGS $COMPONENT_LDFLAGS $(uname -m)"; } |
    sha256sum | cut -c1-16
}

components_bin() { echo "$CACHE_DIR/$(components_hash)/bin"; }

components_built() { [ -x "$(components_bin)/kube-apiserver" ]; }

components_build() {
  components_built && return
  local bin work log pid packages began=$SECONDS
  bin=$(components_bin)
  work=$(dirname "$bin")/building
  log=$work/log
  mkdir -p "$work"
  # Labs share the cache: the first one builds, the others wait for it.
  exec 8>"$work/lock"
  flock 8
  if components_built; then exec 8>&-; return; fi
  rm -rf "$work/bin"

  step "building Kubernetes $KUBERNETES_VERSION, etcd, CoreDNS, Prometheus and metrics-server from Go modules"
  step "(once per machine: about 15 minutes on 2 cores; kept in $bin)"
  cd "$here/components"
  # The ticker holds no lock and ends with us, however we end; its sleep keeps nobody's pipe open.
  (while kill -0 $$ 2>/dev/null; do step "  downloading modules"; sleep 15 >/dev/null 2>&1; done) 8>&- 9>&- &
  local ticker=$!
  if ! packages=$(GOFLAGS='' go list -deps -tags "$COMPONENT_TAGS" tool 2>"$log" 9>&- | wc -l); then
    kill "$ticker"
    tail -n 20 "$log" >&2
    fail "the Go modules could not be downloaded (go list)"
  fi
  kill "$ticker"

  # -v names each package as it is compiled, which is all the progress the Go tool offers.
  # It keeps the cache's lock (8), so that nobody builds into the same folder should it outlive us.
  CGO_ENABLED=0 GOFLAGS='' go build -v -mod=readonly -trimpath -buildvcs=false -tags "$COMPONENT_TAGS" \
    -ldflags "$COMPONENT_LDFLAGS" -o "$work/bin/" tool >"$log" 2>&1 9>&- &
  pid=$!
  components_progress "$pid" "$log" "$packages"
  if ! wait "$pid"; then
    tail -n 20 "$log" >&2
    fail "building the components failed (whole log: $log)"
  fi
  mv "$work/bin/server" "$work/bin/etcd" # the module names its command so
  mv "$work/bin" "$bin"
  rm -f "$log"
  exec 8>&-
  cd - >/dev/null
  step "components built in $((SECONDS - began))s"
}

# A line every 15 s; on a terminal the same line is redrawn every second.
components_progress() {
  local pid=$1 log=$2 total=$3 line last=-15
  while kill -0 "$pid" 2>/dev/null; do
    line="  compiled $(wc -l <"$log") packages of up to $total"
    if [ -t 2 ]; then
      printf '\rlab: %4ds%s ' $((SECONDS - STARTED_AT)) "$line" >&2
    elif [ $((SECONDS - last)) -ge 15 ]; then
      step "$line"
      last=$SECONDS
    fi
    sleep 1
  done
  [ -t 2 ] && printf '\n' >&2
  return 0
}
