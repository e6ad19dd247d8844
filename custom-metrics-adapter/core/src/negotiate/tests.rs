use rstest::rstest;

use super::*;

const JSON: Format = Format::Json { pretty: false };

fn form(endpoint: Endpoint, accept: &str) -> Result<Representation, Refused> {
    let wishes = Wishes {
        accept,
        ..Wishes::default()
    };
    wishes.form(endpoint)
}

#[rstest]
#[case("", JSON)]
#[case("*/*", JSON)]
#[case("application/json", JSON)]
#[case("application/json;charset=utf-8", JSON)]
#[case("application/json;stream=watch", JSON)]
#[case("application/yaml", Format::Yaml)]
#[case("application/vnd.kubernetes.protobuf", Format::Protobuf)]
#[case("application/vnd.kubernetes.protobuf, */*", Format::Protobuf)]
#[case(
    "application/vnd.kubernetes.protobuf,application/json",
    Format::Protobuf
)]
#[case("text/html, application/yaml;q=0.9, */*;q=0.8", Format::Yaml)]
#[case("*/*, application/yaml;q=0.1", Format::Yaml)]
#[case("application/json;q=0.1, application/yaml;q=0.2", Format::Yaml)]
#[case("text/html, */*", JSON)]
#[case("application/json;as=Table;v=v1;g=meta.k8s.io,application/json", JSON)]
#[case("application/yaml;stream=watch, application/json", JSON)]
#[case("application/json;q=nonsense, application/yaml;q=0.1", Format::Yaml)]
fn a_client_gets_the_form_it_prefers(#[case] accept: &str, #[case] format: Format) {
    for endpoint in [
        Endpoint::Values,
        Endpoint::ExternalValues,
        Endpoint::Discovery,
    ] {
        let shape = Shape::Plain;
        assert_eq!(form(endpoint, accept), Ok(Representation { format, shape }));
    }
}

#[rstest]
#[case("text/html")]
#[case("application/*")]
#[case("application/cbor")]
#[case("*")]
#[case(",")]
fn a_client_that_takes_none_of_our_media_types_is_told_which_there_are(#[case] accept: &str) {
    let message = |endpoint| form(endpoint, accept).unwrap_err().to_string();
    assert_eq!(
        message(Endpoint::Values),
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
    );
    assert_eq!(
        message(Endpoint::Groups),
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    );
}

#[test]
fn the_version_is_json_alone() {
    assert!(form(Endpoint::Version, "application/yaml, application/json").is_ok());
    assert_eq!(
        form(Endpoint::Version, "application/yaml")
            .unwrap_err()
            .to_string(),
        "406: Not Acceptable\n\nAvailable representations: application/json"
    );
}

#[rstest]
#[case("application/json;as=Table;v=v1;g=meta.k8s.io")]
#[case("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io")]
#[case("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")]
#[case("application/yaml;stream=watch")]
#[case("application/json;stream=other")]
#[case("application/json;sv=v2")]
fn a_conversion_that_is_not_there_is_refused_in_other_words(#[case] accept: &str) {
    for endpoint in [
        Endpoint::Values,
        Endpoint::ExternalValues,
        Endpoint::Discovery,
    ] {
        assert_eq!(
            form(endpoint, accept).unwrap_err().to_string(),
            "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
        );
    }
}

#[rstest]
#[case(
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
    "",
    MetaVersion::V1,
    Rows::Metadata
)]
#[case(
    "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
    "includeObject=None",
    MetaVersion::V1Beta1,
    Rows::None
)]
#[case(
    "application/json;as=Table;g=meta.k8s.io;v=v1",
    "a=b&includeObject=Object",
    MetaVersion::V1,
    Rows::Object
)]
fn resource_metrics_come_as_tables(
    #[case] accept: &str,
    #[case] query: &str,
    #[case] version: MetaVersion,
    #[case] rows: Rows,
) {
    let wishes = Wishes {
        accept,
        query,
        user_agent: "",
    };
    let (format, shape) = (JSON, Shape::Table { version, rows });
    let endpoint = Endpoint::Usage { list: false };
    assert_eq!(wishes.form(endpoint), Ok(Representation { format, shape }));
}

#[test]
fn the_metadata_of_one_and_of_many_are_two_things() {
    let accept =
        "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    let shape = Shape::Metadata {
        version: MetaVersion::V1,
        list: true,
    };
    let format = Format::Protobuf;
    assert_eq!(
        form(Endpoint::Usage { list: true }, accept),
        Ok(Representation { format, shape })
    );
    assert_eq!(
        form(Endpoint::Usage { list: false }, accept),
        Err(Refused::Transform)
    );
}

#[test]
fn there_are_no_tables_in_protobuf() {
    let accept = "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io";
    assert_eq!(
        form(Endpoint::Usage { list: true }, accept),
        Err(Refused::Transform)
    );
}

#[test]
fn an_unknown_content_of_rows_is_named() {
    let wishes = Wishes {
        accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
        query: "includeObject=All",
        user_agent: "",
    };
    let refused = wishes.form(Endpoint::Usage { list: true }).unwrap_err();
    assert!(refused.to_string().contains("\"All\""), "{refused}");
}

#[rstest]
#[case(
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json",
    Shape::Aggregated(DiscoveryVersion::V2)
)]
#[case(
    "application/json, application/json;as=APIGroupDiscoveryList;v=v2beta1;g=apidiscovery.k8s.io",
    Shape::Aggregated(DiscoveryVersion::V2Beta1)
)]
#[case(
    "application/json;g=other;v=v2;as=APIGroupDiscoveryList, application/json",
    Shape::Plain
)]
#[case("application/json", Shape::Plain)]
fn the_aggregated_form_is_given_only_to_those_who_ask_for_it(
    #[case] accept: &str,
    #[case] shape: Shape,
) {
    assert_eq!(form(Endpoint::Groups, accept).unwrap().shape, shape);
}

#[rstest]
#[case("pretty=true", "kubectl", true)]
#[case("pretty=1", "", true)]
#[case("a=b&pretty=false", "curl/8", false)]
#[case("pretty=maybe", "curl/8", false)]
#[case("pretty=", "curl/8", true)]
#[case("", "curl/8", true)]
#[case("", "Wget/1", true)]
#[case("", "Mozilla/5.0 (X11)", true)]
#[case("", "kubectl/v1.36", false)]
fn people_get_indented_json(#[case] query: &str, #[case] user_agent: &str, #[case] pretty: bool) {
    let wishes = Wishes {
        accept: "",
        query,
        user_agent,
    };
    let format = wishes.form(Endpoint::Values).unwrap().format;
    assert_eq!(format, Format::Json { pretty });
    assert_eq!(wishes.error_format(), Some(format));
}

#[test]
fn an_error_comes_in_the_clients_format_where_there_is_one() {
    let format = |accept| {
        Wishes {
            accept,
            ..Wishes::default()
        }
        .error_format()
    };
    assert_eq!(
        format("application/vnd.kubernetes.protobuf, */*"),
        Some(Format::Protobuf)
    );
    assert_eq!(format("application/*"), Some(JSON));
    assert_eq!(format("text/html"), None);
    assert_eq!(format("application/json;as=Table;v=v1;g=meta.k8s.io"), None);
}
