//! Names of metrics, with `*` for any text.

/// A name, or a name with stars.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: String) -> Self {
        Self(text)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        // A name has no stars, so that meeting it is matching it.
        self.overlaps(&Self(name.to_owned()))
    }

    /// Whether some text fits both: row by row, what is reachable after each character of ours.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let other: Vec<char> = other.0.chars().collect();
        let mut reachable = vec![false; other.len() + 1];
        reachable[0] = true;
        skip_stars(&mut reachable, &other);
        for character in self.0.chars() {
            let mut next = vec![false; other.len() + 1];
            for place in 0..=other.len() {
                let against = place.checked_sub(1).map(|before| other[before]);
                next[place] = if character == '*' {
                    reachable[place] || place > 0 && next[place - 1]
                } else {
                    let by_star =
                        against == Some('*') && (reachable[place] || reachable[place - 1]);
                    by_star || against == Some(character) && reachable[place - 1]
                };
            }
            skip_stars(&mut next, &other);
            reachable = next;
        }
        reachable[other.len()]
    }
}

/// A star also stands for nothing.
fn skip_stars(reachable: &mut [bool], pattern: &[char]) {
    for (before, character) in pattern.iter().enumerate() {
        if *character == '*' && reachable[before] {
            reachable[before + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("a", "a", true)]
    #[case("a", "b", false)]
    #[case("http_*", "http_requests", true)]
    #[case("http_*", "http_", true)]
    #[case("http_*", "grpc_http_", false)]
    #[case("*", "", true)]
    #[case("*_total", "a_total", true)]
    #[case("a*b*c", "abbc", true)]
    #[case("a*b*c", "acb", false)]
    fn a_star_is_any_text(#[case] pattern: &str, #[case] name: &str, #[case] matches: bool) {
        assert_eq!(Pattern::new(pattern.to_owned()).matches(name), matches);
    }

    proptest! {
        #[test]
        fn patterns_that_match_one_name_overlap(name in "[ab]{0,6}", one in "[ab*]{0,6}", other in "[ab*]{0,6}") {
            let (one, other) = (Pattern::new(one), Pattern::new(other));
            let regex = |pattern: &Pattern| {
                let text = format!("^{}$", pattern.as_str().replace('*', ".*"));
                regex::Regex::new(&text).unwrap().is_match(&name)
            };
            prop_assert_eq!(one.matches(&name), regex(&one));
            prop_assert_eq!(one.overlaps(&other), other.overlaps(&one));
            if one.matches(&name) && other.matches(&name) {
                prop_assert!(one.overlaps(&other));
            }
        }
    }
}
