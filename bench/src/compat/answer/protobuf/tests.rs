use super::*;

/// A field with a length; all of these are short.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("short");
    [&[number << 3 | 2, length], content].concat()
}

fn envelope(api_version: &str, kind: &str, object: &[u8]) -> Vec<u8> {
    let type_meta = [field(1, api_version.as_bytes()), field(2, kind.as_bytes())].concat();
    [
        MAGIC.to_vec(),
        field(1, &type_meta),
        field(2, object),
        field(3, b""),
        field(4, b""),
    ]
    .concat()
}

/// One value as prometheus-adapter sends it, bytes as captured.
fn one_value() -> Vec<u8> {
    let reference = [
        field(1, b"Pod"),
        field(2, b"default"),
        field(3, b"pod-b"),
        field(4, b""),
        field(5, b"/v1"),
        field(6, b""),
        field(7, b""),
    ]
    .concat();
    let seconds = [0x08, 0xe0, 0x89, 0x8a, 0xd8, 0x06, 0x10, 0];
    let item = [
        field(1, &reference),
        field(2, &field(1, b"hits")),
        field(3, &seconds),
        field(5, &field(1, b"12345m")),
    ]
    .concat();
    let list = [field(1, &field(1, b"")), field(2, &item)].concat();
    envelope("custom.metrics.k8s.io/v1beta2", "MetricValueList", &list)
}

#[test]
fn a_list_of_values_reads_as_its_json() {
    insta::assert_json_snapshot!(decode(&one_value()).expect("reads"), @r#"
    {
      "apiVersion": "custom.metrics.k8s.io/v1beta2",
      "items": [
        {
          "describedObject": {
            "apiVersion": "/v1",
            "kind": "Pod",
            "name": "pod-b",
            "namespace": "default"
          },
          "metric": {
            "name": "hits",
            "selector": null
          },
          "timestamp": "2026-11-22T06:00:00Z",
          "value": "12345m"
        }
      ],
      "kind": "MetricValueList",
      "metadata": {}
    }
    "#);
}

#[test]
fn a_map_a_duration_and_an_empty_list_read_as_their_json() {
    let usage = [field(1, b"cpu"), field(2, &field(1, b"250m"))].concat();
    let node = [
        field(1, &field(1, b"n")),
        field(3, &[0x08, 0x80, 0xf0, 0x92, 0xcb, 0xdd, 0x08]),
        field(4, &usage),
    ]
    .concat();
    let body = envelope("metrics.k8s.io/v1beta1", "NodeMetrics", &node);
    assert_eq!(
        decode(&body).expect("reads").to_string(),
        r#"{"apiVersion":"metrics.k8s.io/v1beta1","kind":"NodeMetrics","metadata":{"creationTimestamp":null,"name":"n"},"timestamp":null,"usage":{"cpu":"250m"},"window":"5m0s"}"#
    );
    let empty = envelope("v1", "APIResourceList", &field(1, b"g/v1"));
    assert_eq!(
        decode(&empty).expect("reads").to_string(),
        r#"{"apiVersion":"v1","groupVersion":"g/v1","kind":"APIResourceList","resources":[]}"#
    );
}

#[test]
fn every_broken_body_is_an_error() {
    let whole = one_value();
    assert_eq!(decode(b"{}"), Err(ProtobufError::Magic));
    // Two empty fields follow the object.
    for end in 0..whole.len() - 4 {
        assert!(decode(&whole[..end]).is_err(), "cut at {end}");
    }
    let unknown = envelope("v1", "Status", &field(9, b"x"));
    assert_eq!(
        decode(&unknown),
        Err(ProtobufError::UnknownField {
            message: "Status",
            number: 9
        })
    );
    assert!(matches!(
        decode(&envelope("v1", "Pod", b"")),
        Err(ProtobufError::UnknownKind { .. })
    ));
    let number = envelope("v1", "Status", &[2 << 3, 5]);
    assert_eq!(
        decode(&number),
        Err(ProtobufError::WireType {
            name: "status",
            wire: 0
        })
    );
}

#[test]
fn durations_read_as_go_prints_them() {
    let texts = [0, 30, 60, 300, 5_400].map(|seconds| duration(seconds * 1_000_000_000));
    assert_eq!(texts, ["0s", "30s", "1m0s", "5m0s", "1h30m0s"]);
}
