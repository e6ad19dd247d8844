//! Whether a series selector names one series, so that its metric is known before any series exists.

/// The metric name of `foo`, `foo{…}`, `{__name__="foo",…}` or `{"foo",…}`; none for anything else.
pub(super) fn series(selector: &str) -> Option<&str> {
    let mut scanner = Scanner {
        rest: selector,
        inside: None,
    };
    let before = scanner.metric_name();
    scanner.braces()?;
    scanner.skip_space();
    let name = match (before, scanner.inside) {
        ("", Some(inside)) => inside,
        (before, None) => before,
        // Two names for one series: Prometheus refuses it, and so nothing is certain.
        (_, Some(_)) => return None,
    };
    Some(name).filter(|name| !name.is_empty() && scanner.rest.is_empty())
}

struct Scanner<'a> {
    rest: &'a str,
    /// The name that stands between braces.
    inside: Option<&'a str>,
}

impl<'a> Scanner<'a> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn metric_name(&mut self) -> &'a str {
        self.skip_space();
        let part = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        let end = self
            .rest
            .find(|character| !part(character))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    /// A text in quotes. One with an escape is not worth reading: no metric name needs any.
    fn text(&mut self) -> Option<&'a str> {
        self.skip_space();
        let quote = self
            .rest
            .chars()
            .next()
            .filter(|quote| "\"'`".contains(*quote))?;
        let (text, rest) = self.rest[1..].split_once(quote)?;
        self.rest = rest;
        Some(text).filter(|text| !text.contains('\\'))
    }

    /// `{…}` or nothing; `None` means that the text is not understood.
    fn braces(&mut self) -> Option<()> {
        if !self.take("{") {
            return Some(());
        }
        while !self.take("}") {
            let label = self.metric_name();
            if label.is_empty() {
                self.inside = Some(self.text()?);
            } else {
                let operator = ["=~", "!~", "!=", "="]
                    .into_iter()
                    .find(|operator| self.take(operator))?;
                let value = self.text()?;
                if label == "__name__" && operator == "=" {
                    self.inside = Some(value);
                }
            }
            if !self.take(",") && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http_requests_total", Some("http_requests_total"))]
    #[case(
        r#"http_requests_total{namespace!="",pod!=""}"#,
        Some("http_requests_total")
    )]
    #[case("foo { a = 'b' , } \n", Some("foo"))]
    #[case(r#"{__name__="foo",pod!=""}"#, Some("foo"))]
    #[case(r#"{pod!="a}",__name__='foo'}"#, Some("foo"))]
    #[case(r#"{"foo",pod!=""}"#, Some("foo"))]
    #[case("job:rate:sum{}", Some("job:rate:sum"))]
    #[case(r#"{__name__=~"^container_.*",pod!=""}"#, None)]
    #[case(r#"{namespace!="",__name__!~"^container_.*"}"#, None)]
    #[case(r#"foo{__name__="bar"}"#, None)]
    #[case(r#"{__name__="fo\"o"}"#, None)]
    #[case(r#"{a="1" or b="2"}"#, None)]
    #[case("rate(foo[1m])", None)]
    #[case("foo{a", None)]
    #[case("foo bar", None)]
    #[case("", None)]
    #[case("{}", None)]
    fn only_a_selector_that_names_its_series_is_literal(
        #[case] selector: &str,
        #[case] name: Option<&str>,
    ) {
        assert_eq!(series(selector), name);
    }
}
