//! The time series of a run: one row per second, each with what happened in that second alone.

use std::time::Duration;

use crate::{recorder::Counts, sampler::Sample};

/// The names of the columns. New ones are appended.
pub const HEADER: &str = "second,seconds,due,sent,ok,failed,dropped,late,in_flight,p50_ms,p99_ms,\
connections,pods,least_answers,most_answers";

/// A sample as one row. A latency that there is none of is an empty field.
pub fn row(sample: &Sample) -> String {
    let Counts {
        planned,
        sent,
        ok,
        failed,
        dropped,
        late,
    } = sample.interval.counts;
    let millis = |latency: Option<Duration>| {
        latency.map_or_else(String::new, |latency| {
            format!("{:.3}", latency.as_secs_f64() * 1000.0)
        })
    };
    let spread = &sample.interval.spread;
    format!(
        "{},{:.3},{planned},{sent},{ok},{failed},{dropped},{late},{},{},{},{},{},{},{}",
        sample.second,
        sample.lasted.as_secs_f64(),
        sample.in_flight,
        millis(sample.interval.p50),
        millis(sample.interval.p99),
        sample.connections,
        spread.pods,
        spread.least,
        spread.most,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{progress::tests::sample, recorder::Interval};

    #[test]
    fn a_row_has_a_field_for_every_column() {
        let sample = sample();
        insta::assert_snapshot!(row(&sample), @"12,1.000,100,100,98,1,0,0,3,1.234,8.401,100,4,20,28");
        let silent = Sample {
            interval: Interval::default(),
            ..sample
        };
        for row in [row(&sample), row(&silent)] {
            assert_eq!(row.split(',').count(), HEADER.split(',').count(), "{row}");
        }
    }
}
