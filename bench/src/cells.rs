//! A row as the words of its cells, the same in the table and in the document. Pure.

use crate::{
    report::Row,
    stats::{Sample, Spread},
};

/// Titles of the columns.
pub const TITLES: [&str; 7] = ["id", "what", "rival", "ours", "ratio", "bar", "met"];

/// The cells of a row, in the order of [`TITLES`].
pub fn cells(row: &Row) -> [String; TITLES.len()] {
    [
        row.id.clone(),
        row.what.clone(),
        side(row.spread.rival, &row.unit),
        side(row.spread.ours, &row.unit),
        row.ratio
            .map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        row.bar.clone(),
        match row.met {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "not run",
        }
        .to_owned(),
    ]
}

/// Median with its range: `58.2 s (57.1–60.3)`.
fn side(spread: Option<Spread>, unit: &str) -> String {
    let Some(Spread { min, median, max }) = spread else {
        return "-".to_owned();
    };
    let gap = if unit.is_empty() || median.is_none() {
        ""
    } else {
        " "
    };
    let unit = if median.is_none() { "" } else { unit };
    let range = if min == max {
        String::new()
    } else {
        format!(" ({}–{})", number(min), number(max))
    };
    format!("{}{gap}{unit}{range}", number(median))
}

/// Three digits that matter; whole numbers stay whole.
fn number(sample: Sample) -> String {
    match sample {
        None => "never".to_owned(),
        Some(value) if value.fract() == 0.0 || value.abs() >= 100.0 => format!("{value:.0}"),
        Some(value) if value.abs() >= 10.0 => format!("{value:.1}"),
        Some(value) if value.abs() >= 0.1 => format!("{value:.2}"),
        Some(value) => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_shows_its_median_and_its_range() {
        let text = |samples: &[Sample], unit| side(Spread::of(samples), unit);
        assert_eq!(
            text(&[Some(58.21), Some(57.1), Some(60.34)], "s"),
            "58.2 s (57.1–60.3)"
        );
        assert_eq!(text(&[Some(0.0), Some(0.0)], ""), "0");
        assert_eq!(text(&[Some(74.0)], "MB"), "74 MB");
        assert_eq!(
            text(&[Some(60.0), None, Some(70.5)], "s"),
            "70.5 s (60–never)"
        );
        assert_eq!(text(&[None], "s"), "never");
        assert_eq!(text(&[], "s"), "-");
    }

    #[test]
    fn numbers_keep_three_digits_that_matter() {
        let texts = [1234.5, 123.45, 12.345, 1.2345, 0.0123].map(|n| number(Some(n)));
        assert_eq!(texts, ["1234", "123", "12.3", "1.23", "0.0123"]);
    }
}
