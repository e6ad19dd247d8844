# shellcheck shell=bash
# What every cluster is expected to have: cluster DNS and the resource metrics API.

addons_apply() {
  kubectl apply --server-side -f "$here/manifests/rbac.yaml" >/dev/null
  addon_manifest coredns.yaml | kubectl apply --server-side -f - >/dev/null
  addon_manifest metrics-server.yaml | kubectl apply --server-side -f - >/dev/null
}

addon_manifest() {
  sed -e "s|@IMAGE_COREDNS@|$IMAGE_COREDNS|" -e "s|@IMAGE_METRICS_SERVER@|$IMAGE_METRICS_SERVER|" \
    -e "s|@DNS_SERVICE_IP@|$DNS_SERVICE_IP|" -e "s|@CA@|$(base64 -w0 "$PKI/ca.crt")|" \
    -e "s|@CERT@|$(base64 -w0 "$PKI/metrics-server.crt")|" -e "s|@KEY@|$(base64 -w0 "$PKI/metrics-server.key")|" \
    "$here/manifests/$1"
}

addons_wait() {
  wait_until 60 "CoreDNS to answer" dns_answers || fail "CoreDNS does not answer (lab/lab kubectl -n kube-system describe pods)"
  step "CoreDNS answers"
}

# Asks the cluster's DNS Service, through kube-proxy, for the address of kubernetes.default: the reply ends in that address.
dns_answers() {
  local name='\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00' address
  # shellcheck disable=SC2086 # four words on purpose
  address=$(printf '%02x' ${API_SERVICE_IP//./ })
  printf '%b' "\x4c\x41\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00${name}\x00\x01\x00\x01" |
    in_network socat -t 1 - "UDP:$DNS_SERVICE_IP:53" 2>/dev/null | od -An -v -tx1 | tr -d ' \n' | grep -q "$address\$"
}
