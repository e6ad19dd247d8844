# shellcheck shell=bash
# Certificates and kubeconfigs: a cluster CA, a front-proxy CA (aggregation), and one identity per component.

PKI=$LAB_DIR/pki

pki_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=$1" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature' \
    -keyout "$PKI/$1.key" -out "$PKI/$1.crt" 2>/dev/null
}

# pki_cert CA FILE SUBJECT SANS: usable as server and as client certificate.
pki_cert() {
  local ca=$1 file=$2 subject=$3 sans=$4
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$subject" \
    -keyout "$PKI/$file.key" -out "$PKI/$file.csr" 2>/dev/null
  openssl x509 -req -in "$PKI/$file.csr" -CA "$PKI/$ca.crt" -CAkey "$PKI/$ca.key" -CAcreateserial -days 3650 \
    -out "$PKI/$file.crt" -extfile <(
      echo "keyUsage=critical,digitalSignature"
      echo "extendedKeyUsage=serverAuth,clientAuth"
      if [ -n "$sans" ]; then echo "subjectAltName=$sans"; fi
    ) 2>/dev/null
  rm "$PKI/$file.csr"
}

pki_create() {
  mkdir -p "$PKI"
  chmod 700 "$PKI"
  pki_ca ca
  pki_ca front-proxy-ca
  pki_cert ca etcd /CN=etcd "IP:127.0.0.1"
  pki_cert ca kube-apiserver /CN=kube-apiserver \
    "IP:127.0.0.1,IP:$NODE_IP,IP:$API_SERVICE_IP,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  pki_cert ca kubelet-client /CN=kube-apiserver-kubelet-client ""
  pki_cert front-proxy-ca front-proxy-client /CN=front-proxy-client ""
  pki_cert ca kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" "IP:$NODE_IP,DNS:$NODE_NAME"
  pki_cert ca controller-manager /CN=system:kube-controller-manager "IP:127.0.0.1"
  pki_cert ca scheduler /CN=system:kube-scheduler "IP:127.0.0.1"
  pki_cert ca kube-proxy /CN=system:kube-proxy ""
  pki_cert ca admin /O=system:masters/CN=lab-admin ""
  pki_cert ca metrics-server /CN=metrics-server "DNS:metrics-server.kube-system.svc"
  openssl ecparam -genkey -name prime256v1 -noout -out "$PKI/service-accounts.key"
}

# kubeconfig IDENTITY SERVER FILE
kubeconfig() {
  local identity=$1 server=$2 file=$3
  (
    umask 077
    cat >"$file" <<YAML
apiVersion: v1
kind: Config
current-context: $NODE_NAME
clusters:
- name: $NODE_NAME
  cluster: {server: "$server", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
- name: $NODE_NAME-$identity
  user: {client-certificate-data: $(base64 -w0 "$PKI/$identity.crt"), client-key-data: $(base64 -w0 "$PKI/$identity.key")}
contexts:
- name: $NODE_NAME
  context: {cluster: $NODE_NAME, user: $NODE_NAME-$identity}
YAML
  )
}
