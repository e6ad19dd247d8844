//! What a query does, as far as it can be seen without evaluating it.

mod reader;

pub(super) use reader::read;

/// The parts of a query that people get wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Query {
    pub(super) selectors: Vec<Selector>,
    pub(super) aggregations: Vec<Aggregation>,
    pub(super) divisions: Vec<Division>,
    /// `{,` or `,,`: a matcher is missing between commas, which Prometheus refuses.
    pub(super) empty_matcher: bool,
}

/// A vector selector.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Selector {
    /// Empty where only matchers select.
    pub(super) name: String,
    pub(super) matchers: Vec<Matcher>,
    /// Functions and aggregations around it, outermost first.
    pub(super) within: Vec<String>,
    /// `5m` of `[5m]`.
    pub(super) range: Option<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) operator: String,
    pub(super) value: String,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Aggregation {
    pub(super) operator: String,
    pub(super) grouping: Option<Grouping>,
    /// In no other aggregation.
    pub(super) outermost: bool,
    /// Functions and aggregations around it, outermost first.
    pub(super) within: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Grouping {
    pub(super) without: bool,
    pub(super) labels: Vec<String>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Division {
    /// Whether the right side cannot be 0, or is compared so that a 0 is dropped.
    pub(super) guarded: bool,
}

impl Selector {
    /// The name it selects, written before the braces or matched by `__name__=`.
    pub(super) fn series(&self) -> Option<&str> {
        if !self.name.is_empty() {
            return Some(&self.name);
        }
        let named = |matcher: &&Matcher| matcher.label == "__name__" && matcher.operator == "=";
        let matcher = self.matchers.iter().find(named)?;
        Some(&matcher.value)
    }
}

impl Aggregation {
    /// Whether its result still has `label`.
    pub(super) fn keeps(&self, label: &str) -> bool {
        match (&self.grouping, self.operator.as_str()) {
            (Some(Grouping { without, labels }), _) => {
                labels.iter().any(|known| known == label) != *without
            }
            // These pick series and leave their labels.
            (None, "topk" | "bottomk" | "limitk" | "limit_ratio") => true,
            (None, _) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn names(selector: &Selector) -> Vec<&str> {
        selector.within.iter().map(String::as_str).collect()
    }

    #[test]
    fn a_selector_is_found_with_what_stands_around_it() {
        let query = read(r#"sum(rate(http_total{ns="a",pod=~"b|c"}[2m])) by (pod)"#);
        let selector = &query.selectors[0];
        assert_eq!(selector.name, "http_total");
        assert_eq!(selector.range.as_deref(), Some("2m"));
        assert_eq!(names(selector), ["sum", "rate"]);
        assert_eq!(selector.matchers[1].value, "b|c");
        assert_eq!(query.selectors.len(), 1);
        let aggregation = &query.aggregations[0];
        assert!(aggregation.outermost && aggregation.keeps("pod") && !aggregation.keeps("ns"));
    }

    #[rstest]
    #[case("sum by (pod) (x)", "pod", true)]
    #[case("sum(x) by (pod, ns)", "ns", true)]
    #[case("SUM(x) BY (pod)", "pod", true)]
    #[case("sum without (pod) (x)", "pod", false)]
    #[case("sum(x) without (le)", "pod", true)]
    #[case("sum(x)", "pod", false)]
    #[case("topk(3, x)", "pod", true)]
    #[case("max by () (x)", "pod", false)]
    fn a_grouping_may_stand_before_or_behind(
        #[case] query: &str,
        #[case] label: &str,
        #[case] keeps: bool,
    ) {
        assert_eq!(read(query).aggregations[0].keeps(label), keeps);
    }

    #[test]
    fn only_the_outermost_aggregation_is_called_so() {
        let query = read("max(sum(x) by (pod, le)) by (pod) / on (pod) sum(y) by (pod)");
        let outermost: Vec<_> = query.aggregations.iter().map(|one| one.outermost).collect();
        assert_eq!(outermost, [true, false, true]);
        assert_eq!(query.selectors.len(), 2);
    }

    #[test]
    fn a_series_may_be_named_by_a_matcher_or_in_quotes() {
        let query = read(r#"{__name__="a",b="c"} or {"x.y", d!="e"}"#);
        let series: Vec<_> = query.selectors.iter().map(Selector::series).collect();
        assert_eq!(series, [Some("a"), Some("x.y")]);
    }

    #[rstest]
    #[case("foo{}", false)]
    #[case(r#"foo{a="b",}"#, false)]
    #[case(r#"foo{,x!=""}"#, true)]
    #[case(r#"foo{x!="",,y=""}"#, true)]
    fn a_missing_matcher_is_seen(#[case] query: &str, #[case] empty: bool) {
        assert_eq!(read(query).empty_matcher, empty);
    }

    #[rstest]
    #[case("a / b", false)]
    #[case("a / 1024", true)]
    #[case("a / 0", false)]
    #[case("a / (b > 0)", true)]
    #[case("a / (b != 0)", true)]
    #[case(r#"a / b{c!=""}"#, false)]
    #[case("a / clamp_min(b, 1)", true)]
    #[case("sum(a) by (p) / sum(b) by (p) > 0.5", true)]
    #[case("(a / b) > 0", true)]
    #[case("(a / b) + 1", false)]
    #[case("a / b or vector(0)", false)]
    fn a_division_by_zero_may_be_guarded(#[case] query: &str, #[case] expected: bool) {
        assert_eq!(read(query).divisions[0].guarded, expected);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z(){}\\[\\],/=\"' 0-9]{0,60}") {
            let _ = read(&text);
        }
    }
}
