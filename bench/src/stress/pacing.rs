//! Arrivals as a server saw them, compared with the grid they should have been on. Pure.

use std::time::Duration;

/// How late arrivals were, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lateness {
    pub p50: f64,
    pub p99: f64,
}

/// Lateness of `arrivals` at `rate` per second. When the grid began is not known: it is put where
/// one arrival in a hundred is early, so that a constant delay of the network does not count.
pub fn lateness(arrivals: &[Duration], rate: f64) -> Option<Lateness> {
    let mut late: Vec<f64> = (0u32..)
        .zip(arrivals)
        .map(|(index, at)| at.as_secs_f64() - f64::from(index) / rate)
        .collect();
    late.sort_by(f64::total_cmp);
    let begin = percentile(&late, 1)?;
    let millis = |percent| Some((percentile(&late, percent)? - begin) * 1000.0);
    Some(Lateness {
        p50: millis(50)?,
        p99: millis(99)?,
    })
}

/// Arrivals per second between the first and the last one.
pub fn rate(arrivals: &[Duration]) -> Option<f64> {
    let (first, last) = (arrivals.first()?, arrivals.last()?);
    let gaps = u32::try_from(arrivals.len() - 1).ok()?;
    let lasted = last.checked_sub(*first)?;
    (gaps > 0 && !lasted.is_zero()).then(|| f64::from(gaps) / lasted.as_secs_f64())
}

fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    sorted
        .get(sorted.len().saturating_sub(1) * percent / 100)
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(millis: impl IntoIterator<Item = u64>) -> Vec<Duration> {
        millis.into_iter().map(Duration::from_millis).collect()
    }

    #[test]
    fn arrivals_on_the_grid_are_not_late_whenever_it_began() {
        let even = arrivals((0..1000).map(|index| 77 + index * 10));
        let late = lateness(&even, 100.0).expect("arrivals");
        assert!(late.p50.abs() < 1e-6 && late.p99.abs() < 1e-6, "{late:?}");
        assert!((rate(&even).expect("a rate") - 100.0).abs() < 1e-6);
    }

    #[test]
    fn bursts_with_the_right_rate_are_late() {
        // Ten at once, ten times a second: the last of ten is on time, the first 90 ms late or,
        // seen from the other end, early.
        let bursts = arrivals((0..1000).map(|index| index / 10 * 100));
        let late = lateness(&bursts, 100.0).expect("arrivals");
        assert!(late.p50 > 40.0 && late.p99 > 80.0, "{late:?}");
    }

    #[test]
    fn too_few_arrivals_have_no_rate() {
        assert_eq!(rate(&[]), None);
        assert_eq!(rate(&arrivals([5])), None);
        assert_eq!(lateness(&[], 100.0), None);
    }
}
