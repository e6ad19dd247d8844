# shellcheck shell=bash
# prometheus-adapter, built once from its pinned Go module into a cache named by what it is built from.

CACHE_DIR=${XDG_CACHE_HOME:-$HOME/.cache}/custom-metrics-stack
RIVAL_VERSION=v0.12.0
RIVAL_IMAGE=localhost/prometheus-adapter:$RIVAL_VERSION
RIVAL_LDFLAGS='-s -w'

rival_hash() {
  { cat "$ROOT/bench/rival/go.mod" "$ROOT/bench/rival/go.sum"; echo "$RIVAL_LDFLAGS $(uname -m)"; } | sha256sum | cut -c1-16
}

rival_dir() { echo "$CACHE_DIR/rival-$(rival_hash)"; }
rival_binary() { echo "$(rival_dir)/prometheus-adapter"; }
rival_archive() { echo "$(rival_dir)/image.tar"; }

rival_ready() { [ -x "$(rival_binary)" ] && [ -f "$(rival_archive)" ]; }

rival_build() {
  rival_ready && return
  command -v go >/dev/null || fail "Go is missing; install Go 1.26 or newer (https://go.dev/doc/install) and try again"
  local dir
  dir=$(rival_dir)
  mkdir -p "$dir"
  exec 8>"$dir/lock"
  flock 8 # two benches share the cache: the first one builds
  [ -x "$(rival_binary)" ] || rival_compile "$dir"
  [ -f "$(rival_archive)" ] || rival_pack "$dir"
  exec 8>&-
}

rival_compile() {
  local dir=$1 ticker began=$SECONDS
  step "building prometheus-adapter $RIVAL_VERSION (once per machine: about 4 minutes on 2 cores)"
  # The ticker holds no lock and ends with us, however we end; the compiler keeps the lock should it outlive us.
  (while sleep 15 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do step "  still building"; done) 8>&- &
  ticker=$!
  # `go build` names its output after the package, which is only called `adapter`.
  if ! (cd "$ROOT/bench/rival" && CGO_ENABLED=0 GOFLAGS='' go build -mod=readonly -trimpath -buildvcs=false \
    -ldflags "$RIVAL_LDFLAGS" -o "$dir/building" sigs.k8s.io/prometheus-adapter/cmd/adapter) >"$dir/log" 2>&1; then
    kill "$ticker"
    tail -n 20 "$dir/log" >&2
    fail "prometheus-adapter could not be built (whole log: $dir/log)"
  fi
  kill "$ticker"
  mv "$dir/building" "$(rival_binary)"
  step "prometheus-adapter built in $((SECONDS - began))s"
}

# A FROM-scratch image, as ours is.
rival_pack() {
  local dir=$1 work
  step "packing $RIVAL_IMAGE"
  rm -rf "$dir"/work.* # of a run that was cut short
  work=$(mktemp -d "$dir/work.XXXXXX")
  cp "$(rival_binary)" "$work/prometheus-adapter"
  printf 'FROM scratch\nCOPY prometheus-adapter /prometheus-adapter\nUSER 65532:65532\nENTRYPOINT ["/prometheus-adapter"]\n' \
    >"$work/Dockerfile"
  local storage=(--root "$work/storage" --runroot "$work/run" --storage-driver vfs)
  BUILDAH_ISOLATION=chroot quietly "$dir/log" buildah "${storage[@]}" bud --quiet --timestamp 0 -t "$RIVAL_IMAGE" "$work"
  quietly "$dir/log" buildah "${storage[@]}" push --quiet "$RIVAL_IMAGE" "oci-archive:$work/image.tar:$RIVAL_IMAGE"
  mv "$work/image.tar" "$(rival_archive)"
  rm -rf "$work"
}

# Everything the rival needs in the cluster, at 0 replicas; the rounds switch it on and off.
rival_install() {
  step "preparing prometheus-adapter $RIVAL_VERSION in the cluster"
  local rules
  lab load-image "$(rival_archive)"
  rival_certificate
  rules=$(kube -n custom-metrics get deployment custom-metrics-apiserver \
    -o 'jsonpath={.spec.template.spec.volumes[?(@.name=="rules")].configMap.name}')
  [ -n "$rules" ] || fail "the adapter's Deployment mounts no rules; is the stack deployed?"
  # The same file as ours reads, by the name that kustomize gave it.
  sed "s/RULES_OF_THE_STACK/$rules/" "$ROOT"/bench/rival/*.yaml | quietly "$LOGS/rival.log" kube apply -f -
}

# A CA and a serving pair for the Service's name, in a Secret; the rounds write the CA into the APIService.
rival_certificate() {
  local dir
  dir=$(mktemp -d "$LOGS/pki.XXXXXX")
  quietly "$LOGS/pki.log" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -subj /CN=bench-rival-ca -keyout "$dir/ca.key" -out "$dir/ca.crt"
  quietly "$LOGS/pki.log" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
    -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -subj /CN=custom-metrics-apiserver \
    -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth \
    -addext subjectAltName=DNS:custom-metrics-apiserver.custom-metrics.svc \
    -keyout "$dir/tls.key" -out "$dir/tls.crt"
  kube -n custom-metrics create secret generic prometheus-adapter-serving-certs --dry-run=client -o yaml \
    --from-file="$dir/ca.crt" --from-file="$dir/tls.crt" --from-file="$dir/tls.key" |
    quietly "$LOGS/rival.log" kube apply -f -
  rm -rf "$dir"
}
