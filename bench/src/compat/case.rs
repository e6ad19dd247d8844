//! The files of `bench/compat`: one case is a configuration, what the scripted Prometheus holds,
//! and the requests. Pure but for [`read_all`].

pub mod expand;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::prometheus::{Script, Scripted, evaluate::Sample};

/// Everything about one configuration.
#[derive(Clone, Debug)]
pub struct Case {
    /// The stem of both files, `NAME`.
    pub name: String,
    /// `configs/NAME.yaml`, in prometheus-adapter's format and not looked into here.
    pub config: PathBuf,
    pub flags: Vec<String>,
    pub script: Script,
    /// Documents that list something once an adapter has read what there is.
    pub listing: Vec<String>,
    pub requests: Vec<Request>,
}

/// One request, sent to both adapters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Unique within its case: method, path and what else is not the usual.
    pub name: String,
    pub method: String,
    /// With the query, as it goes over the wire.
    pub path: String,
    pub accept: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub identity: Identity,
    pub body: String,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Identity {
    /// No client certificate.
    Nobody,
    User {
        name: String,
        groups: Vec<String>,
    },
}

impl Default for Identity {
    fn default() -> Self {
        Self::User {
            name: "compat-admin".to_owned(),
            groups: vec!["system:masters".to_owned()],
        }
    }
}

/// `cases/NAME.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Whose shape this is; for readers.
    about: String,
    /// Arguments of both adapters beside the usual.
    #[serde(default)]
    flags: Vec<String>,
    /// Lines like `name{label="value"} 12.5`.
    #[serde(default)]
    series: Vec<String>,
    #[serde(default)]
    answers: Vec<Scripted>,
    /// Documents that list something once the adapter has read everything.
    #[serde(default)]
    listing: Vec<String>,
    requests: Vec<Requests>,
}

/// Every path with every query, method and `Accept`; `{a,b}` in a path is each of its alternatives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requests {
    path: OneOrMany,
    #[serde(default = "nothing")]
    query: OneOrMany,
    #[serde(default = "get")]
    method: OneOrMany,
    /// A value, or one of the words of [`accept`].
    #[serde(default = "json")]
    accept: OneOrMany,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default, rename = "as")]
    identity: Identity,
    #[serde(default)]
    body: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

fn nothing() -> OneOrMany {
    OneOrMany::One(String::new())
}

fn get() -> OneOrMany {
    OneOrMany::One("GET".to_owned())
}

fn json() -> OneOrMany {
    OneOrMany::One("json".to_owned())
}

/// Short words for what clients send. `none` is no header at all.
fn accept(word: &str) -> Option<&str> {
    Some(match word {
        "none" => return None,
        "json" => "application/json",
        "yaml" => "application/yaml",
        "protobuf" => "application/vnd.kubernetes.protobuf",
        // kube-controller-manager
        "hpa" => "application/vnd.kubernetes.protobuf, */*",
        // kubectl get
        "table" => {
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
        }
        // kube-aggregator
        "aggregated" => {
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
        }
        value => value,
    })
}

/// Every case below `dir`, by name.
pub fn read_all(dir: &Path) -> Result<Vec<Case>> {
    let cases = dir.join("cases");
    let mut files: Vec<PathBuf> = fs::read_dir(&cases)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(|| format!("listing {}", cases.display()))?;
    files.sort();
    files
        .iter()
        .map(|file| {
            let context = || file.display().to_string();
            let text = fs::read_to_string(file).with_context(context)?;
            let name = file.file_stem().unwrap_or_default().to_string_lossy();
            let config = dir.join("configs").join(format!("{name}.yaml"));
            ensure!(
                config.is_file(),
                "{}: there is no {}",
                context(),
                config.display()
            );
            parse(&name, config, &text).with_context(context)
        })
        .collect()
}

fn parse(name: &str, config: PathBuf, text: &str) -> Result<Case> {
    let file: File = serde_saphyr::from_str(text)?;
    ensure!(!file.about.is_empty(), "about: says whose shape this is");
    let series = file
        .series
        .iter()
        .enumerate()
        .map(|(number, line)| {
            Sample::parse(line).with_context(|| {
                format!(
                    "series[{number}]: {line:?} is not of the form `name{{label=\"value\"}} 12.5`"
                )
            })
        })
        .collect::<Result<_>>()?;
    let mut requests: Vec<Request> = Vec::new();
    for (number, entry) in file.requests.iter().enumerate() {
        for request in entry.expand() {
            if requests.iter().any(|other| other.name == request.name) {
                bail!("requests[{number}]: {:?} is there already", request.name);
            }
            http::Uri::try_from(&request.path)
                .with_context(|| format!("requests[{number}].path: {:?}", request.path))?;
            requests.push(request);
        }
    }
    Ok(Case {
        name: name.to_owned(),
        config,
        flags: file.flags,
        script: Script {
            series,
            answers: file.answers,
        },
        listing: file.listing,
        requests,
    })
}

impl Requests {
    fn expand(&self) -> Vec<Request> {
        let paths = self.path.all().iter().flat_map(|path| expand::braces(path));
        let mut requests = Vec::new();
        for path in paths {
            for query in self.query.all() {
                for method in self.method.all() {
                    for word in self.accept.all() {
                        requests.push(self.one(&path, query, method, word));
                    }
                }
            }
        }
        requests
    }

    fn one(&self, path: &str, query: &str, method: &str, word: &str) -> Request {
        let path = if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        };
        let mut name = format!("{method} {path}");
        if word != "json" {
            name = format!("{name} accept={word}");
        }
        for (header, value) in &self.headers {
            name = format!("{name} {header}={value}");
        }
        match &self.identity {
            Identity::Nobody => name.push_str(" as nobody"),
            identity if *identity == Identity::default() => {}
            Identity::User { name: user, .. } => name = format!("{name} as {user}"),
        }
        Request {
            name,
            method: method.to_owned(),
            path,
            accept: accept(word).map(str::to_owned),
            headers: self.headers.clone(),
            identity: self.identity.clone(),
            body: self.body.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str) -> Result<Case, String> {
        parse("x", PathBuf::new(), text).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn an_entry_is_every_path_with_every_query_method_and_accept() {
        let case = case(
            r#"
about: a shape
requests:
- path: "/apis/{a,b}/x"
  query: ["", "pretty=true"]
  accept: [json, none, "text/html"]
- {path: /y, method: [PUT, HEAD], as: nobody, headers: {Via: me}}
- {path: /y, as: {user: {name: jo, groups: [g]}}}
"#,
        )
        .expect("a case");
        let names: Vec<_> = case.requests.iter().map(|r| r.name.as_str()).collect();
        insta::assert_snapshot!(names.join("\n"), @r"
        GET /apis/a/x
        GET /apis/a/x accept=none
        GET /apis/a/x accept=text/html
        GET /apis/a/x?pretty=true
        GET /apis/a/x?pretty=true accept=none
        GET /apis/a/x?pretty=true accept=text/html
        GET /apis/b/x
        GET /apis/b/x accept=none
        GET /apis/b/x accept=text/html
        GET /apis/b/x?pretty=true
        GET /apis/b/x?pretty=true accept=none
        GET /apis/b/x?pretty=true accept=text/html
        PUT /y Via=me as nobody
        HEAD /y Via=me as nobody
        GET /y as jo
        ");
        assert_eq!(case.requests[0].accept.as_deref(), Some("application/json"));
        assert_eq!(case.requests[1].accept, None);
    }

    #[test]
    fn a_mistake_is_named_with_its_field() {
        let with = |rest: &str| case(&format!("about: a\n{rest}")).expect_err("a mistake");
        assert!(with("series: ['up']\nrequests: []").starts_with("series[0]: \"up\" is not"));
        assert!(
            with("requests: [{path: /a}, {path: /a}]")
                .starts_with("requests[1]: \"GET /a\" is there")
        );
        assert!(with("requests: [{path: 'a b'}]").starts_with("requests[0].path: \"a b\""));
        assert!(with("requests: [{pth: a}]").contains("pth"));
    }

    #[test]
    fn the_committed_cases_are_readable() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("compat");
        let cases = read_all(&dir).expect("cases");
        assert!(cases.iter().all(|case| !case.requests.is_empty()));
    }
}
