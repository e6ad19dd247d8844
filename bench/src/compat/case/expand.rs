//! `{a,b}` in a path: each of its alternatives. Pure.

/// Every path that the braces stand for, the first alternative first. Braces do not nest; a path
/// that really holds one escapes it (`%7B`).
pub fn braces(path: &str) -> Vec<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return vec![path.to_owned()];
    };
    let Some((alternatives, after)) = rest.split_once('}') else {
        return vec![path.to_owned()];
    };
    let tails = braces(after);
    alternatives
        .split(',')
        .flat_map(|alternative| {
            tails
                .iter()
                .map(move |tail| format!("{before}{alternative}{tail}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_made() {
        assert_eq!(braces("/a"), ["/a"]);
        assert_eq!(braces("/{a,b}"), ["/a", "/b"]);
        assert_eq!(braces("{a,b}/{c,}"), ["a/c", "a/", "b/c", "b/"]);
    }
}
