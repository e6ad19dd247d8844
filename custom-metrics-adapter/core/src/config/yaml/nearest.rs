//! The word that somebody meant.

/// The candidate that differs from `word` in the fewest letters, unless that is a different word.
pub(super) fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    // Longer than any key: not worth comparing.
    if word.len() > 64 {
        return None;
    }
    let distances = candidates.iter().map(|candidate| {
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        let most = letters.len().max(word.len()) / 3;
        (distance(&word, &letters), most, *candidate)
    });
    distances
        .filter(|(distance, most, _)| distance <= most)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, against) in other.iter().enumerate() {
            let mut best = (last[j] + usize::from(letter != against))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && letter == &other[j - 1] && &one[i - 1] == against {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("seriesQueri", Some("seriesQuery"))]
    #[case("seriesquery", Some("seriesQuery"))]
    #[case("series_query", Some("seriesQuery"))]
    #[case("metricQuery", Some("metricsQuery"))]
    #[case("naem", Some("name"))]
    #[case("Rules", None)]
    #[case("completely", None)]
    #[case("", None)]
    fn the_nearest_word_is_near(#[case] word: &str, #[case] expected: Option<&str>) {
        let known = ["seriesQuery", "metricsQuery", "name", "as"];
        assert_eq!(nearest(word, &known), expected);
    }
}
