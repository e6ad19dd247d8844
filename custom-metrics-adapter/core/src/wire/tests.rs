use super::*;
use crate::Reason;

#[test]
fn indented_json_ends_without_a_newline_and_compact_json_with_one() {
    let status = status(&Reason::Unauthorized);
    let text = |pretty| String::from_utf8(status.encode(Format::Json { pretty }).unwrap()).unwrap();
    insta::assert_snapshot!(text(true), @r#"
    {
      "kind": "Status",
      "apiVersion": "v1",
      "metadata": {},
      "status": "Failure",
      "message": "Unauthorized",
      "reason": "Unauthorized",
      "code": 401
    }
    "#);
    assert!(text(true).ends_with('}'));
    assert!(text(false).ends_with("}\n"));
}

#[test]
fn protobuf_is_wrapped_with_what_it_is() {
    let bytes = status(&Reason::UnknownPath)
        .encode(Format::Protobuf)
        .unwrap();
    let unknown = Unknown::decode(bytes.strip_prefix(&PROTOBUF_PREFIX).unwrap()).unwrap();
    assert_eq!(unknown.type_meta.api_version, "v1");
    assert_eq!(unknown.type_meta.kind, "Status");
    let decoded = Status::decode(unknown.raw.as_slice()).unwrap();
    assert_eq!(decoded, status(&Reason::UnknownPath).body);
}
