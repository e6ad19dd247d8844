use clap::CommandFactory as _;

use crate::args::Args;

#[test]
#[expect(clippy::too_many_lines, reason = "the text is the test")]
fn the_help_text_is_the_promised_one() {
    let help = Args::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!(help, @r#"
    Serves Prometheus metrics to HorizontalPodAutoscalers through custom.metrics.k8s.io

    Usage: custom-metrics-adapter --config <FILE> [OPTIONS]
           custom-metrics-adapter check --help
           custom-metrics-adapter shadow --help

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Rules:
          --config <FILE>
              Rules file in prometheus-adapter's format
          --policies <FILE>
              What goes beyond prometheus-adapter's format: a file of policies for its metrics [env:
              CM_ADAPTER_POLICIES]
          --metrics-relist-interval <DURATION>
              How often the names of series and labels are read again from Prometheus [default: 10m]
          --metrics-max-age <DURATION>
              How far back series are looked for [default: the relist interval]

    Prometheus:
          --prometheus-url <URL>
              Base URL of Prometheus [default: https://localhost]
          --prometheus-verb <METHOD>
              HTTP method of queries [default: GET] [possible values: GET, POST]
          --prometheus-header <NAME=VALUE>
              Header of every request to Prometheus; may be repeated. Secrets belong in a token file
          --prometheus-token-file <FILE>
              Bearer token for Prometheus, read again every minute
          --prometheus-ca-file <FILE>
              Authorities of Prometheus' certificate, PEM [default: those of the system]
          --prometheus-client-tls-cert-file <FILE>
              Client certificate for Prometheus, PEM; counts only together with --prometheus-ca-file
          --prometheus-client-tls-key-file <FILE>
              Key of the client certificate, PEM
          --prometheus-auth-incluster[=<BOOL>]
              Ask Prometheus with the token of the pod's service account, and believe the cluster's
              authority
          --prometheus-auth-config <FILE>
              Kubeconfig whose credentials and authority are used for Prometheus; its server is not
          --prometheus-max-response <BYTES>
              Largest answer of Prometheus that is read, in bytes [env:
              CM_ADAPTER_PROMETHEUS_MAX_RESPONSE] [default: 67108864]
          --answer-budget <DURATION>
              How long a reader waits for an answer before it gets an error [env:
              CM_ADAPTER_ANSWER_BUDGET] [default: 1s]

    Serving:
          --secure-port <PORT>       Port of the API, HTTPS [default: 443]
          --bind-address <IP>        Address of the API [default: 0.0.0.0]
          --admin-address <IP:PORT>  Address of /livez, /readyz and /metrics, plain HTTP [env:
                                     CM_ADAPTER_ADMIN_ADDRESS] [default: 0.0.0.0:8080]
          --max-connections <COUNT>  Most API connections at one time; more wait to be accepted [env:
                                     CM_ADAPTER_MAX_CONNECTIONS] [default: 1024]
          --disable-http2[=<BOOL>]   Offer HTTP/1.1 only

    TLS:
          --tls <TLS>                     Make a certificate authority and a serving certificate, keep
                                          them in a Secret and write the authority to our APIServices
                                          [env: CM_ADAPTER_TLS] [possible values: self]
          --tls-cert-file <FILE>          Serving certificate chain, PEM; re-read every 10 s
          --tls-private-key-file <FILE>   Key of the serving certificate, PEM; re-read every 10 s
          --cert-dir <FOLDER>             Without any of the three above: folder of apiserver.crt and
                                          apiserver.key, made where they are missing [default:
                                          apiserver.local.config/certificates]
          --tls-cipher-suites <NAME,...>  Cipher suites of TLS 1.2, by their Go names [default: all that
                                          are safe]
          --tls-min-version <VERSION>     Lowest version of TLS by its Go name; below 1.2 it is 1.2
                                          [default: VersionTLS12]

    Cluster:
          --lister-kubeconfig <FILE>       Kubeconfig of the cluster [default: the pod's service
                                           account]
          --discovery-interval <DURATION>  How often the kinds of the cluster are read again [default:
                                           1m]
          --client-burst <COUNT>           Most lists of objects that are under way at once; pods are
                                           watched instead [default: 10]
          --namespace <NAME>               Namespace of our Service and Secret [env: POD_NAMESPACE]
                                           [default: custom-metrics]
          --service-name <NAME>            Service in front of the API, named in our APIServices [env:
                                           CM_ADAPTER_SERVICE_NAME] [default: custom-metrics-apiserver]
          --serving-secret <NAME>          Secret that holds what `--tls self` made [env:
                                           CM_ADAPTER_SERVING_SECRET] [default:
                                           cm-adapter-serving-certs]

    Identity and access:
          --authentication-kubeconfig <FILE>
              Kubeconfig for reading how identities prove themselves [default: the pod's service
              account, or else --lister-kubeconfig]
          --authentication-skip-lookup[=<BOOL>]
              Do not read ConfigMap kube-system/extension-apiserver-authentication
          --authentication-tolerate-lookup-failure[=<BOOL>]
              Become ready also while that ConfigMap cannot be read
          --authentication-token-webhook-cache-ttl <DURATION>
              How long a reviewed bearer token is remembered [default: 10s]
          --authorization-kubeconfig <FILE>
              Kubeconfig for access reviews [default: the pod's service account, or else
              --lister-kubeconfig]
          --authorization-always-allow-paths <PATH,...>
              Paths that anybody may read; a trailing * stands for everything below [default:
              /healthz,/readyz,/livez]
          --authorization-webhook-cache-authorized-ttl <DURATION>
              How long an allowed access review is remembered [default: 5m]
          --authorization-webhook-cache-unauthorized-ttl <DURATION>
              How long a denied access review is remembered [default: 30s]
          --client-ca-file <FILE>
              Authorities of users' client certificates, PEM [default: the ConfigMap's]
          --requestheader-client-ca-file <FILE>
              Authorities of front proxies, PEM; the four flags below count only together with it
              [default: the ConfigMap's]
          --requestheader-allowed-names <NAME,...>
              Common names a front proxy may have [default: any]
          --requestheader-username-headers <NAME,...>
              Headers that hold the user's name [default: x-remote-user]
          --requestheader-group-headers <NAME,...>
              Headers that hold the user's groups [default: x-remote-group]
          --requestheader-extra-headers-prefix <NAME,...>
              Prefixes of headers that hold more about the user [default: x-remote-extra-]

    Shutdown:
          --shutdown-grace <DURATION>  Time between "not ready" and the end of accepting, so that
                                       endpoints follow [env: CM_ADAPTER_SHUTDOWN_GRACE] [default: 3s]
          --drain-timeout <DURATION>   Longest wait for requests in flight [env:
                                       CM_ADAPTER_DRAIN_TIMEOUT] [default: 20s]

    Logging:
      -v, --v <LEVEL>                Verbosity: 0-3 info, 4-5 debug, 6 and more trace [default: 0]
          --log-format <LOG_FORMAT>  Form of log lines [env: CM_ADAPTER_LOG_FORMAT] [default: auto]
                                     [possible values: auto, json, plain]

    Examples:
      # In a cluster, with an own certificate authority kept in a Secret
      custom-metrics-adapter --config /etc/adapter/config.yaml --tls self \
          --prometheus-url http://prometheus.monitoring.svc:9090

      # With a certificate from files (cert-manager, for instance), re-read when they change
      custom-metrics-adapter --config /etc/adapter/config.yaml \
          --tls-cert-file /var/run/serving-cert/tls.crt \
          --tls-private-key-file /var/run/serving-cert/tls.key \
          --prometheus-url http://prometheus.monitoring.svc:9090

      # On a workstation, against the cluster of a kubeconfig
      custom-metrics-adapter --config config.yaml --cert-dir /tmp/cert \
          --lister-kubeconfig ~/.kube/config --prometheus-url http://127.0.0.1:9090

    Flags of prometheus-adapter that are not listed (audit, profiling and the like) are accepted
    and ignored with a warning.

    Exit codes: 0 ended by a signal, 1 run-time failure, 2 unusable command line or configuration
    "#);
}
