//! A question of an adapter and what the script answers. Pure.

use std::{collections::BTreeSet, fmt};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{
    Script,
    evaluate::{EvaluateError, Sample, Value, evaluate},
    promql::{PromqlError, parse, parse_selector},
};

/// An answer that the series do not give: an error, an odd result, none at all.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scripted {
    /// Questions whose query or `match[]` holds this text.
    pub to: String,
    /// `query` (default), `series`, `labels` or `names`; `discovery` is all but the first.
    #[serde(default)]
    pub endpoint: Endpoint,
    #[serde(default = "ok")]
    pub status: u16,
    /// As it goes over the wire; `NOW` stands for the time that was asked about.
    #[serde(default)]
    pub body: String,
    /// Never answers.
    #[serde(default)]
    pub hang: bool,
}

fn ok() -> u16 {
    200
}

/// What can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    #[default]
    Query,
    Series,
    Labels,
    Names,
    Discovery,
    #[serde(skip)]
    Other,
}

/// A request, read.
#[derive(Clone, Debug)]
pub struct Question {
    endpoint: Endpoint,
    texts: Vec<String>,
    time: f64,
}

impl Question {
    /// `path` without the base, `form` the parameters of URL and body.
    pub fn new(path: &str, form: &str) -> Self {
        let mut question = Self {
            endpoint: match path {
                "api/v1/query" => Endpoint::Query,
                "api/v1/series" => Endpoint::Series,
                "api/v1/labels" => Endpoint::Labels,
                "api/v1/label/__name__/values" => Endpoint::Names,
                _ => Endpoint::Other,
            },
            texts: Vec::new(),
            time: 0.0,
        };
        for pair in form.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = unescape(value);
            match unescape(key).as_str() {
                "query" | "match[]" => question.texts.push(value),
                "time" => question.time = value.parse().unwrap_or(0.0),
                _ => {}
            }
        }
        question
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, however the rule is written.
        let texts = self.texts.join(" | ");
        let words: Vec<_> = texts.split_whitespace().collect();
        write!(f, "{:?} {}", self.endpoint, words.join(" "))
    }
}

/// Form encoding undone.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap_or(0), rest.next().unwrap_or(0)];
                let digits = std::str::from_utf8(&digits).unwrap_or("");
                bytes.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub body: String,
    pub hang: bool,
}

impl Reply {
    fn data(data: &Json) -> Self {
        Self {
            status: 200,
            body: json!({"status": "success", "data": data}).to_string(),
            hang: false,
        }
    }

    pub fn error(status: u16, what: &str) -> Self {
        Self {
            status,
            body: json!({"status": "error", "errorType": "bad_data", "error": what}).to_string(),
            hang: false,
        }
    }
}

/// Answers from the script: scripted answers first, then the series.
pub fn reply(script: &Script, question: &Question) -> Reply {
    let scripted = script.answers.iter().find(|scripted| {
        let asks = scripted.endpoint == question.endpoint
            || (scripted.endpoint == Endpoint::Discovery && question.endpoint != Endpoint::Query);
        asks && question
            .texts
            .iter()
            .any(|text| text.contains(&scripted.to))
    });
    if let Some(scripted) = scripted {
        return Reply {
            status: scripted.status,
            body: scripted.body.replace("NOW", &question.time.to_string()),
            hang: scripted.hang,
        };
    }
    let answer = match question.endpoint {
        Endpoint::Query => query(script, question),
        Endpoint::Series => listed(script, question, |samples| {
            json!(samples.iter().map(|s| &s.labels).collect::<Vec<_>>())
        }),
        Endpoint::Labels => listed(script, question, |samples| {
            json!(
                samples
                    .iter()
                    .flat_map(|s| s.labels.keys())
                    .collect::<BTreeSet<_>>()
            )
        }),
        Endpoint::Names => listed(script, question, |samples| {
            json!(
                samples
                    .iter()
                    .filter_map(|s| s.labels.get("__name__"))
                    .collect::<BTreeSet<_>>()
            )
        }),
        Endpoint::Discovery | Endpoint::Other => return Reply::error(404, "not served here"),
    };
    answer.map_or_else(
        |error| Reply::error(400, &error.to_string()),
        |data| Reply::data(&data),
    )
}

fn listed(
    script: &Script,
    question: &Question,
    show: impl Fn(&[&Sample]) -> Json,
) -> Result<Json, EvaluateError> {
    let selectors = question
        .texts
        .iter()
        .map(|text| parse_selector(text))
        .collect::<Result<Vec<_>, PromqlError>>()?;
    let samples: Vec<_> = script
        .series
        .iter()
        .filter(|sample| {
            selectors.is_empty()
                || selectors
                    .iter()
                    .any(|selector| sample.is_selected_by(selector))
        })
        .collect();
    Ok(show(&samples))
}

fn query(script: &Script, question: &Question) -> Result<Json, EvaluateError> {
    let expr = parse(question.texts.first().map_or("", String::as_str))?;
    let time = question.time;
    Ok(match evaluate(&expr, &script.series, time)? {
        Value::Scalar(value) => json!({"resultType": "scalar", "result": [time, number(value)]}),
        Value::Vector(samples) => {
            let result: Vec<Json> = samples
                .iter()
                .map(|s| json!({"metric": s.labels, "value": [time, number(s.value)]}))
                .collect();
            json!({"resultType": "vector", "result": result})
        }
    })
}

/// As Prometheus prints numbers.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        let line = |line| Sample::parse(line).expect(line);
        Script {
            series: vec![
                line(r#"hits_total{pod="x"} 3.5"#),
                line(r#"hits_total{pod="y"} NaN"#),
                line(r#"queue{name="q"} +Inf"#),
            ],
            answers: vec![Scripted {
                to: "broken".to_owned(),
                endpoint: Endpoint::Query,
                status: 503,
                body: "at NOW".to_owned(),
                hang: false,
            }],
        }
    }

    fn ask(path: &str, form: &str) -> (u16, String) {
        let Reply { status, body, .. } = reply(&script(), &Question::new(path, form));
        (status, body)
    }

    #[test]
    fn a_query_gives_its_samples_at_the_time_asked_about() {
        assert_eq!(
            ask("api/v1/query", "query=hits_total%7Bpod%3D~%22x%7Cy%22%7D&time=12.5"),
            (200, r#"{"data":{"result":[{"metric":{"__name__":"hits_total","pod":"x"},"value":[12.5,"3.5"]},{"metric":{"__name__":"hits_total","pod":"y"},"value":[12.5,"NaN"]}],"resultType":"vector"},"status":"success"}"#.to_owned())
        );
        assert_eq!(
            ask("api/v1/query", "query=scalar(sum(queue))&time=1"),
            (
                200,
                r#"{"data":{"result":[1.0,"+Inf"],"resultType":"scalar"},"status":"success"}"#
                    .to_owned()
            )
        );
    }

    #[test]
    fn series_names_and_labels_are_those_selected() {
        assert_eq!(
            ask("api/v1/series", "match%5B%5D=queue").1,
            r#"{"data":[{"__name__":"queue","name":"q"}],"status":"success"}"#
        );
        assert_eq!(
            ask("api/v1/label/__name__/values", "match[]={pod!=\"\"}").1,
            r#"{"data":["hits_total"],"status":"success"}"#
        );
        assert_eq!(
            ask("api/v1/labels", "match[]=hits_total&match[]=queue").1,
            r#"{"data":["__name__","name","pod"],"status":"success"}"#
        );
    }

    #[test]
    fn scripted_answers_come_first_and_bad_queries_are_refused() {
        assert_eq!(
            ask("api/v1/query", "query=sum(broken)&time=3"),
            (503, "at 3".to_owned())
        );
        assert_eq!(ask("api/v1/query", "query=sum(").0, 400);
        assert_eq!(ask("api/v1/rules", "").0, 404);
    }
}
