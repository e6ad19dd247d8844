//! Wall-clock time, which the pods of the node share with us, and waiting for a condition.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, bail};

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Asks `condition` every `pause` until it has an answer.
///
/// # Errors
/// Its own, at once; or after `bound`, with `what` was waited for and what was seen last.
pub fn wait_for<T>(
    what: &str,
    bound: Duration,
    pause: Duration,
    mut condition: impl FnMut() -> Result<Seen<T>>,
) -> Result<T> {
    let began = Instant::now();
    loop {
        match condition()? {
            Seen::Done(value) => return Ok(value),
            Seen::NotYet(state) if began.elapsed() >= bound => {
                bail!(
                    "gave up after {} s waiting for {what}; last seen: {state}",
                    bound.as_secs()
                )
            }
            Seen::NotYet(_) => thread::sleep(pause),
        }
    }
}

/// One look at a condition.
#[derive(Debug)]
pub enum Seen<T> {
    Done(T),
    /// What it looked like instead, for the error message.
    NotYet(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_the_answer() {
        let mut looks = 0;
        let answer = wait_for("an answer", Duration::from_mins(1), Duration::ZERO, || {
            looks += 1;
            Ok(if looks == 3 {
                Seen::Done(looks)
            } else {
                Seen::NotYet(String::new())
            })
        });
        assert_eq!(answer.expect("an answer"), 3);
    }

    #[test]
    fn giving_up_says_what_was_seen_last() {
        let result = wait_for::<()>("pods", Duration::ZERO, Duration::ZERO, || {
            Ok(Seen::NotYet("2 pods".to_owned()))
        });
        let error = result.expect_err("never").to_string();
        assert_eq!(
            error,
            "gave up after 0 s waiting for pods; last seen: 2 pods"
        );
    }
}
