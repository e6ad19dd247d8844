//! Kubernetes label selectors: parsed, printed in canonical form, matched.
//!
//! The grammar and the words of its errors are those of `k8s.io/apimachinery/pkg/labels`, because clients
//! see them.

mod parse;
mod validate;

use std::{collections::BTreeMap, fmt};

/// How a requirement compares the label with its values.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Operator {
    Equals,
    DoubleEquals,
    NotEquals,
    In,
    NotIn,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

impl Operator {
    /// The symbol between key and values; empty for the operators without values.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equals => "=",
            Self::DoubleEquals => "==",
            Self::NotEquals => "!=",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Exists | Self::DoesNotExist => "",
            Self::GreaterThan => ">",
            Self::LessThan => "<",
        }
    }
}

/// One condition of a selector. Values are sorted and unique.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

/// Requirements that must all hold, sorted by key. The default selects everything.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Selector(Vec<Requirement>);

/// Why a text is no selector, in the words of Kubernetes' own parser.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct SelectorError(pub String);

impl Requirement {
    /// Sorts and de-duplicates the values and checks all that Kubernetes checks.
    pub fn new(
        key: &str,
        operator: Operator,
        mut values: Vec<String>,
    ) -> Result<Self, SelectorError> {
        values.sort();
        values.dedup();
        validate::requirement(key, operator, &values)?;
        Ok(Self {
            key: key.to_owned(),
            operator,
            values,
        })
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    pub fn operator(&self) -> Operator {
        self.operator
    }

    pub fn values(&self) -> &[String] {
        &self.values
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = labels.get(&self.key);
        let listed = label.is_some_and(|label| self.values.contains(label));
        match self.operator {
            Operator::Equals | Operator::DoubleEquals | Operator::In => listed,
            // A label that is not there differs from every value.
            Operator::NotEquals | Operator::NotIn => !listed,
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::GreaterThan => self
                .compare(label)
                .is_some_and(|(label, bound)| label > bound),
            Operator::LessThan => self
                .compare(label)
                .is_some_and(|(label, bound)| label < bound),
        }
    }

    fn compare(&self, label: Option<&String>) -> Option<(i64, i64)> {
        Some((label?.parse().ok()?, self.values.first()?.parse().ok()?))
    }
}

impl Selector {
    /// Reads `key=value`, `key==value`, `key!=value`, `key in (a,b)`, `key notin (a)`, `key`, `!key`,
    /// `key>1`, `key<1`, joined by commas. Empty text selects everything.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let mut requirements = parse::requirements(text)?;
        // Stable, so that conditions on one key keep the order they were written in.
        requirements.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(Self(requirements))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn requirements(&self) -> &[Requirement] {
        &self.0
    }

    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|requirement| requirement.matches(labels))
    }
}

impl std::str::FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        Self::parse(text)
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            operator,
            values,
        } = self;
        let symbol = operator.symbol();
        match operator {
            Operator::Exists => write!(out, "{key}"),
            Operator::DoesNotExist => write!(out, "!{key}"),
            Operator::In | Operator::NotIn => write!(out, "{key} {symbol} ({})", values.join(",")),
            _ => write!(out, "{key}{symbol}{}", values.join(",")),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, requirement) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(out, "{comma}{requirement}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn labels(text: &str) -> BTreeMap<String, String> {
        let pair = |pair: &str| {
            pair.split_once('=')
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
        };
        text.split(',').filter_map(pair).collect()
    }

    #[rstest]
    #[case("", "")]
    #[case("  ", "")]
    #[case("zz=1,aa=2,code==a", "aa=2,code==a,zz=1")]
    #[case(" x  notin ( c ) , code in (b,a,b)", "code in (a,b),x notin (c)")]
    #[case("a!=b,!c,d", "a!=b,!c,d")]
    #[case("in in (in),notin", "in in (in),notin")]
    #[case("a=", "a=")]
    #[case("a in (,)", "a in ()")]
    #[case("a notin ()", "a notin ()")]
    #[case("a in (x,,y)", "a in (,x,y)")]
    #[case("a>1,b<2", "a>1,b<2")]
    #[case("app.kubernetes.io/name=web", "app.kubernetes.io/name=web")]
    fn printing_is_canonical(#[case] text: &str, #[case] printed: &str) {
        assert_eq!(Selector::parse(text).unwrap().to_string(), printed);
    }

    #[rstest]
    #[case(
        "a b",
        "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"
    )]
    #[case("a=b c", "found 'c', expected: ',' or 'end of string'")]
    #[case("=a", "found '=', expected: !, identifier, or 'end of string'")]
    #[case("!", "unable to parse requirement: found '', expected: identifier")]
    #[case("a in b", "unable to parse requirement: found 'b' expected: '('")]
    #[case(
        "a in (b",
        "unable to parse requirement: found '', expected: ',' or ')'"
    )]
    #[case(
        "a in (b=",
        "unable to parse requirement: found '=', expected: ',' or ')'"
    )]
    #[case("a==!", "unable to parse requirement: found '!', expected: identifier")]
    #[case("a,", "found '', expected: identifier after ','")]
    #[case("a,=", "found '=', expected: identifier after ','")]
    #[case(
        "a>x",
        "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"
    )]
    #[case(
        "a=.*",
        "unable to parse requirement: values[0][a]: Invalid value: \".*\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    )]
    #[case(
        "-a",
        "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    )]
    #[case(
        "/a",
        "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"
    )]
    fn errors_use_the_words_of_kubernetes(#[case] text: &str, #[case] message: &str) {
        assert_eq!(Selector::parse(text).unwrap_err().to_string(), message);
    }

    #[rstest]
    #[case("", "a=1", true)]
    #[case("a=1,b!=3", "a=1,b=2", true)]
    #[case("a=2", "a=1", false)]
    #[case("b!=3", "a=1", true)]
    #[case("a in (1,2)", "a=2", true)]
    #[case("a in (1,2)", "b=2", false)]
    #[case("a notin (1)", "b=2", true)]
    #[case("a notin (1)", "a=1", false)]
    #[case("a", "a=", true)]
    #[case("!a", "a=", false)]
    #[case("!a", "b=1", true)]
    #[case("a>9", "a=10", true)]
    #[case("a>9", "a=x", false)]
    #[case("a<9", "a=10", false)]
    fn matching(#[case] selector: &str, #[case] set: &str, #[case] expected: bool) {
        assert_eq!(
            Selector::parse(selector).unwrap().matches(&labels(set)),
            expected
        );
    }
}
