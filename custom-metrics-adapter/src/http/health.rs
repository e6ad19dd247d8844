//! Probes on the API port, in the form of API servers.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

use crate::http::encode::bytes_response;
use crate::readiness::Readiness;

/// One probe: which, of all its checks or of one, and how it wants to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// `healthz`, `livez` or `readyz`.
    name: &'static str,
    check: Option<String>,
    verbose: bool,
    excluded: Vec<String>,
}

impl Probe {
    /// `/healthz` and `/livez` say that we run, `/readyz` that we can answer.
    pub fn of(path: &str, query: &str) -> Option<Self> {
        let (name, check) = match path.trim_start_matches('/').split_once('/') {
            Some((name, check)) => (name, Some(check.to_owned())),
            None => (path.trim_start_matches('/'), None),
        };
        let known = ["healthz", "livez", "readyz"];
        let name = known.into_iter().find(|known| *known == name)?;
        let parameters = || {
            query
                .split('&')
                .map(|part| part.split_once('=').unwrap_or((part, "")))
        };
        Some(Self {
            name,
            check: check.filter(|check| !check.is_empty()),
            verbose: parameters().any(|(key, _)| key == "verbose"),
            excluded: parameters()
                .filter(|(key, _)| *key == "exclude")
                .map(|(_, check)| check.to_owned())
                .collect(),
        })
    }

    /// Nothing where there is no such check.
    pub fn response(&self, readiness: &Readiness) -> Option<Response<Body>> {
        let (code, text) = self.answer(readiness)?;
        let mut response = bytes_response(code, "text/plain; charset=utf-8", text.into());
        // As upstream, which leaves it out where one check alone is well.
        if self.check.is_none() || code != StatusCode::OK {
            let as_it_is = HeaderValue::from_static("nosniff");
            let headers = response.headers_mut();
            headers.insert(header::X_CONTENT_TYPE_OPTIONS, as_it_is);
        }
        Some(response)
    }

    fn answer(&self, readiness: &Readiness) -> Option<(StatusCode, String)> {
        let mut checks = vec![("ping", true)];
        if self.name == "readyz" {
            checks.extend(readiness.conditions());
        }
        let Some(one) = &self.check else {
            return Some(self.report(&checks));
        };
        let holds = match one.as_str() {
            // What upstream calls the state of all its watches.
            "informer-sync" if self.name == "readyz" => readiness.is_ready(),
            one => checks.iter().find(|(name, _)| *name == one)?.1,
        };
        Some(if holds {
            (StatusCode::OK, "ok".to_owned())
        } else {
            let text = format!("internal server error: {one} failed: reason withheld\n");
            (StatusCode::INTERNAL_SERVER_ERROR, text)
        })
    }

    fn report(&self, checks: &[(&str, bool)]) -> (StatusCode, String) {
        let excluded = |name: &str| self.excluded.iter().any(|one| one == name);
        let mut lines: Vec<String> = checks
            .iter()
            .map(|(name, holds)| match (excluded(name), holds) {
                (true, _) => format!("[+]{name} excluded: ok"),
                (false, true) => format!("[+]{name} ok"),
                (false, false) => format!("[-]{name} failed: reason withheld"),
            })
            .collect();
        let unknown = |one: &&String| checks.iter().all(|(name, _)| name != one);
        for one in self.excluded.iter().filter(unknown) {
            lines.push(format!(
                "warn: some health checks cannot be excluded: no matches for {one:?}"
            ));
        }
        let failed = checks.iter().any(|(name, holds)| !holds && !excluded(name));
        let name = self.name;
        if failed {
            lines.push(format!("{name} check failed\n"));
            (StatusCode::INTERNAL_SERVER_ERROR, lines.join("\n"))
        } else if self.verbose {
            lines.push(format!("{name} check passed\n"));
            (StatusCode::OK, lines.join("\n"))
        } else {
            (StatusCode::OK, "ok".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(path: &str) -> (u16, String) {
        let readiness = Readiness::default();
        let _closed = readiness.gate("pods");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let probe = Probe::of(path, query).unwrap();
        let (code, text) = probe.answer(&readiness).unwrap();
        (code.as_u16(), text)
    }

    #[test]
    fn one_line_says_that_all_is_well_unless_more_is_wanted() {
        for path in ["/healthz", "/livez/", "/livez/ping", "/readyz?exclude=pods"] {
            assert_eq!(answer(path), (200, "ok".to_owned()), "{path}");
        }
        let text = "[+]ping ok\nlivez check passed\n".to_owned();
        assert_eq!(answer("/livez?verbose"), (200, text));
    }

    #[test]
    fn a_failure_names_every_check() {
        let text =
            "[+]ping ok\n[-]pods failed: reason withheld\n[+]shutdown ok\nreadyz check failed\n";
        assert_eq!(answer("/readyz"), (500, text.to_owned()));
        let text = "internal server error: pods failed: reason withheld\n";
        assert_eq!(answer("/readyz/pods"), (500, text.to_owned()));
        assert_eq!(answer("/readyz/informer-sync").0, 500);
    }

    #[test]
    fn a_check_that_there_is_not_has_no_answer() {
        for path in ["/readyz/nope", "/livez/pods", "/livez/informer-sync"] {
            let probe = Probe::of(path, "").unwrap();
            assert!(probe.response(&Readiness::default()).is_none(), "{path}");
        }
    }

    #[test]
    fn checks_that_are_excluded_are_shown_and_do_not_count() {
        let text = r#"[+]ping ok
[+]pods excluded: ok
[+]shutdown ok
warn: some health checks cannot be excluded: no matches for "x"
readyz check passed
"#;
        let path = "/readyz?verbose=1&exclude=pods&exclude=x";
        assert_eq!(answer(path), (200, text.to_owned()));
    }

    #[test]
    fn other_paths_are_no_probes() {
        assert_eq!(Probe::of("/healthzz", ""), None);
        assert_eq!(Probe::of("/api/readyz", ""), None);
    }
}
