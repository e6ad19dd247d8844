//! Field selectors, as far as metrics have fields: `metadata.name=a,metadata.namespace!=b`.

/// Conditions that must all hold. The default selects everything.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FieldSelector(Vec<Condition>);

#[derive(Clone, Debug, Eq, PartialEq)]
struct Condition {
    field: Field,
    equal: bool,
    value: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Field {
    Name,
    Namespace,
}

impl FieldSelector {
    /// The words of errors are those of `k8s.io/apimachinery/pkg/fields`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut conditions = vec![];
        for term in terms(text).into_iter().filter(|term| !term.is_empty()) {
            let (field, equal, value) = split(term)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{term}'"))?;
            let value = unescape(value)?;
            let field = match field {
                "metadata.name" => Field::Name,
                "metadata.namespace" => Field::Namespace,
                other => {
                    let other = crate::quote::quote(other);
                    return Err(format!(
                        "{other} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    ));
                }
            };
            conditions.push(Condition {
                field,
                equal,
                value,
            });
        }
        Ok(Self(conditions))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one name that is selected, if one is named.
    pub fn exact_name(&self) -> Option<&str> {
        let named = |one: &&Condition| one.field == Field::Name && one.equal;
        self.0.iter().find(named).map(|one| one.value.as_str())
    }

    /// Objects without a namespace have the empty one.
    pub fn matches(&self, name: &str, namespace: &str) -> bool {
        self.0.iter().all(|condition| {
            let actual = match condition.field {
                Field::Name => name,
                Field::Namespace => namespace,
            };
            (actual == condition.value) == condition.equal
        })
    }
}

/// Splits at commas that no backslash precedes.
fn terms(text: &str) -> Vec<&str> {
    let mut terms = vec![];
    let (mut start, mut escaped) = (0, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&text[start..]);
    terms
}

/// At the first operator: `!=`, `==` or `=`.
fn split(term: &str) -> Option<(&str, bool, &str)> {
    term.char_indices().find_map(|(at, _)| {
        let (field, rest) = term.split_at(at);
        [("!=", false), ("==", true), ("=", true)]
            .into_iter()
            .find_map(|(operator, equal)| Some((field, equal, rest.strip_prefix(operator)?)))
    })
}

/// A backslash escapes a backslash, a comma and an equals sign; the latter two need one.
fn unescape(value: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => out.push(escaped),
                other => {
                    let sequence: String = ['\\'].into_iter().chain(other).collect();
                    return Err(format!(
                        "invalid field selector: invalid escape sequence: {sequence}"
                    ));
                }
            },
            ',' | '=' => {
                return Err(format!(
                    "invalid field selector: unescaped character in value: {}",
                    // Upstream prints the number of the character.
                    u32::from(character)
                ));
            }
            _ => out.push(character),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "a", "ns", true)]
    #[case(",", "a", "ns", true)]
    #[case("metadata.name=a", "a", "ns", true)]
    #[case("metadata.name==a", "b", "ns", false)]
    #[case("metadata.name!=a", "b", "ns", true)]
    #[case("metadata.name=a,metadata.namespace=ns", "a", "ns", true)]
    #[case("metadata.name=a,metadata.namespace=other", "a", "ns", false)]
    #[case(r"metadata.name=a\,b\=\\", r"a,b=\", "", true)]
    fn objects_are_selected_by_name_and_namespace(
        #[case] text: &str,
        #[case] name: &str,
        #[case] namespace: &str,
        #[case] selected: bool,
    ) {
        let selector = FieldSelector::parse(text).unwrap();
        assert_eq!(selector.matches(name, namespace), selected);
    }

    #[rstest]
    #[case("metadata.namespace=b,metadata.name=a", Some("a"))]
    #[case("metadata.name!=a", None)]
    #[case("metadata.namespace=a", None)]
    fn one_name_may_be_demanded(#[case] text: &str, #[case] name: Option<&str>) {
        assert_eq!(FieldSelector::parse(text).unwrap().exact_name(), name);
    }

    #[rstest]
    #[case("foo", "invalid selector: 'foo'; can't understand 'foo'")]
    #[case(
        "spec.nodeName=a",
        "\"spec.nodeName\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    )]
    #[case(
        r"metadata.name=a\b",
        r"invalid field selector: invalid escape sequence: \b"
    )]
    #[case(
        "metadata.name=a=b",
        "invalid field selector: unescaped character in value: 61"
    )]
    fn errors_use_the_words_of_kubernetes(#[case] text: &str, #[case] message: &str) {
        assert_eq!(FieldSelector::parse(text).unwrap_err(), message);
    }
}
