//! The same metrics as `OpenMetrics` 1.0 text, for a scraper that asks for it.
//!
//! It differs from Prometheus' own text in three ways that matter here (`OpenMetrics` 1.0, "Text
//! Format"): a counter's family is called without `_total`, the bound of a bucket is a float, and
//! the last line says that nothing was cut off.

use std::fmt::Write as _;

/// What it is served as.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether the client would rather have `OpenMetrics`. Prometheus names every format it reads, the
/// preferred ones with a higher `q`; equal ones count in its order.
pub fn is_preferred(accept: &str) -> bool {
    let mut best = (0.0, false);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let openmetrics = match parts.next() {
            Some("application/openmetrics-text") => true,
            Some("text/plain" | "text/*" | "*/*") => false,
            _ => continue,
        };
        let parameters: Vec<&str> = parts.collect();
        let value = |key: &str| parameters.iter().find_map(|part| part.strip_prefix(key));
        let quality = value("q=").map_or(1.0, |q| q.parse().unwrap_or(0.0));
        let readable = !openmetrics || value("version=").is_none_or(|version| version == "1.0.0");
        if readable && quality > best.0 {
            best = (quality, openmetrics);
        }
    }
    best.1
}

/// Rewrites Prometheus' text format 0.0.4.
pub fn from_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        match line.split(' ').collect::<Vec<_>>().as_slice() {
            ["#", "HELP" | "TYPE", name, ..] => {
                let family = name.strip_suffix("_total").unwrap_or(name);
                out.push_str(&line.replacen(name, family, 1));
            }
            _ => out.push_str(&with_float_bound(line)),
        }
        out.push('\n');
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# EOF");
    out
}

/// `le="1"` becomes `le="1.0"`.
fn with_float_bound(line: &str) -> String {
    let Some((before, rest)) = line.split_once("le=\"") else {
        return line.to_owned();
    };
    match rest.split_once('"') {
        Some((bound, after)) if bound.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{before}le=\"{bound}.0\"{after}")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_lose_their_suffix_bounds_become_floats_and_the_end_is_marked() {
        let text = "\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{path=\"/\"} 3
# HELP took_seconds Time.
# TYPE took_seconds histogram
took_seconds_bucket{path=\"/\",le=\"0.5\"} 1
took_seconds_bucket{path=\"/\",le=\"1\"} 2
took_seconds_bucket{path=\"/\",le=\"+Inf\"} 2
";
        insta::assert_snapshot!(from_text(text), @r##"
        # HELP http_requests Requests.
        # TYPE http_requests counter
        http_requests_total{path="/"} 3
        # HELP took_seconds Time.
        # TYPE took_seconds histogram
        took_seconds_bucket{path="/",le="0.5"} 1
        took_seconds_bucket{path="/",le="1.0"} 2
        took_seconds_bucket{path="/",le="+Inf"} 2
        # EOF
        "##);
    }

    #[test]
    fn it_is_given_to_whom_prefers_it() {
        let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                          application/openmetrics-text;version=0.0.1;q=0.5,\
                          text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                          text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        assert!(is_preferred(prometheus));
        assert!(is_preferred("application/openmetrics-text"));
        for other in [
            "",
            "*/*",
            "text/plain",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;q=0.1, text/plain",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=often",
        ] {
            assert!(!is_preferred(other), "{other}");
        }
    }
}
