//! As much of Prometheus' text format as adding up a counter takes. Pure.

/// A line that is neither comment nor sample.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("line {line} of the exposition is not a sample: {text:?}")]
pub struct ExpositionError {
    line: usize,
    text: String,
}

/// The sum of all series of `metric` whose labels satisfy `wanted`; 0 when there is none, as a
/// counter that was never touched has none.
///
/// `wanted` gets the text between the braces; see [`label`].
pub fn sum(
    text: &str,
    metric: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<f64, ExpositionError> {
    let mut total = 0.0;
    for (number, line) in text.lines().enumerate() {
        let Some(rest) = line.strip_prefix(metric) else {
            continue;
        };
        let (labels, value) = match rest.strip_prefix('{') {
            // A label's value may hold braces and spaces, a sample's value never does.
            Some(rest) => match rest.rsplit_once("} ") {
                Some(split) => split,
                None => return Err(error(number, line)),
            },
            None => match rest.strip_prefix(' ') {
                Some(value) => ("", value),
                // Another metric whose name begins the same.
                None => continue,
            },
        };
        if wanted(labels) {
            let value = value.split(' ').next().unwrap_or_default();
            total += value.parse::<f64>().map_err(|_| error(number, line))?;
        }
    }
    Ok(total)
}

/// The value of a label, as written (escapes are not undone).
pub fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = labels;
    while !rest.is_empty() {
        let (key, after) = rest.split_once("=\"")?;
        let end = closing_quote(after)?;
        if key == name {
            return Some(&after[..end]);
        }
        rest = after[end + 1..].trim_start_matches(',');
    }
    None
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, character)| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends.then_some(at)
    })
}

fn error(number: usize, line: &str) -> ExpositionError {
    ExpositionError {
        line: number + 1,
        text: line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r#"# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{code="200",handler="/api/v1/query"} 40
requests_total{code="400",handler="/api/v1/query"} 2
requests_total{code="200",handler="/metrics"} 1e+03
requests_total_created{code="200"} 7
up 1
"#;

    #[test]
    fn only_wanted_series_of_exactly_this_metric_count() {
        let queries = |labels: &str| label(labels, "handler") == Some("/api/v1/query");
        assert_eq!(sum(TEXT, "requests_total", queries), Ok(42.0));
        assert_eq!(sum(TEXT, "requests_total", |_| true), Ok(1042.0));
        assert_eq!(sum(TEXT, "requests", |_| true), Ok(0.0));
        assert_eq!(sum(TEXT, "up", str::is_empty), Ok(1.0));
    }

    #[test]
    fn a_broken_sample_is_named_by_its_line() {
        let error = sum("up 1\nup one\n", "up", |_| true).expect_err("not a number");
        assert_eq!(
            error.to_string(),
            r#"line 2 of the exposition is not a sample: "up one""#
        );
    }

    #[test]
    fn quotes_and_commas_inside_a_value_do_not_end_it() {
        let labels = r#"a="x\",y=\"z",b="2","#;
        assert_eq!(label(labels, "a"), Some(r#"x\",y=\"z"#));
        assert_eq!(label(labels, "b"), Some("2"));
        assert_eq!(label(labels, "y"), None);
    }

    proptest! {
        #[test]
        fn a_written_label_is_found_whatever_its_value(value in ".*") {
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let labels = format!("first=\"{escaped}\",second=\"2\"");
            prop_assert_eq!(label(&labels, "first"), Some(escaped.as_str()));
            prop_assert_eq!(label(&labels, "second"), Some("2"));
        }

        #[test]
        fn counters_add_up(values in prop::collection::vec(0u32..1_000_000, 0..20)) {
            let lines: Vec<_> = values.iter().map(|value| format!("hits{{n=\"1\"}} {value}")).collect();
            let text = lines.join("\n");
            let expected = values.iter().copied().map(f64::from).sum::<f64>();
            prop_assert_eq!(sum(&text, "hits", |_| true), Ok(expected));
        }
    }
}
