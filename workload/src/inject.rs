//! Made-up failures and delays, so that dashboards and faults can be shown. Off unless the process
//! is started with `--inject`: no stranger shall make a real pod fail by a query string.

use std::time::Duration;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::rt::time::sleep;
use actix_web::{Error, web};
use serde::Deserialize;
use thiserror::Error as ThisError;

use crate::dice::Dice;
use crate::endpoint::Endpoint;
use crate::error::ApiError;

/// A minute, as for `?ms=`: a forgotten request ends.
const MAX_DELAY_MS: u64 = 60_000;

/// Whether `?fail=`, `?delay=` and `?mb=` are obeyed.
#[derive(Debug)]
pub struct Injection {
    enabled: bool,
    dice: Dice,
}

/// A parameter of fault injection that cannot be obeyed.
#[derive(Debug, ThisError, PartialEq, Eq)]
pub enum InvalidInjection {
    #[error("{0}=: fault injection is off; start the workload with --inject")]
    Off(&'static str),

    #[error("fail={0}: must be a share of the requests from 0 to 1, such as 0.1")]
    Fail(String),

    #[error("delay={0}: must be a whole number of milliseconds from 0 to {MAX_DELAY_MS}")]
    Delay(String),
}

#[derive(Debug, Default, Deserialize)]
struct Query {
    fail: Option<String>,
    delay: Option<String>,
}

/// What one request asked for.
#[derive(Debug, Default, PartialEq)]
struct Wish {
    fail: f64,
    delay: Duration,
}

impl Injection {
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            dice: Dice::default(),
        }
    }

    /// `Err` names the flag where `parameter` is given although injection is off.
    pub fn require(&self, parameter: &'static str) -> Result<(), InvalidInjection> {
        if self.enabled {
            Ok(())
        } else {
            Err(InvalidInjection::Off(parameter))
        }
    }

    fn wish(&self, Query { fail, delay }: &Query) -> Result<Wish, InvalidInjection> {
        let mut wish = Wish::default();
        if let Some(text) = fail {
            self.require("fail")?;
            wish.fail = text
                .parse()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
                .ok_or_else(|| InvalidInjection::Fail(text.clone()))?;
        }
        if let Some(text) = delay {
            self.require("delay")?;
            let ms = text.parse().ok().filter(|ms| *ms <= MAX_DELAY_MS);
            let ms = ms.ok_or_else(|| InvalidInjection::Delay(text.clone()))?;
            wish.delay = Duration::from_millis(ms);
        }
        Ok(wish)
    }
}

/// Delays, and fails, what a client asks to be delayed or to fail; never a probe or a scrape.
pub async fn inject<B: MessageBody>(
    injection: web::Data<Injection>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let counted = Endpoint::COUNTED.contains(&Endpoint::of(request.match_info().as_str()));
    if counted && !request.query_string().is_empty() {
        let query = web::Query::<Query>::from_query(request.query_string()).map_err(|error| {
            ApiError::Query {
                query: request.query_string().to_owned(),
                reason: error.to_string(),
            }
        })?;
        let wish = injection.wish(&query).map_err(ApiError::from)?;
        if !wish.delay.is_zero() {
            sleep(wish.delay).await;
        }
        if injection.dice.roll() < wish.fail {
            return Err(ApiError::Injected.into());
        }
    }
    Ok(next.call(request).await?.map_into_left_body())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(enabled: bool, fail: Option<&str>, delay: Option<&str>) -> Result<Wish, String> {
        let query = Query {
            fail: fail.map(str::to_owned),
            delay: delay.map(str::to_owned),
        };
        let wish = Injection::new(enabled).wish(&query);
        wish.map_err(|error| error.to_string())
    }

    #[test]
    fn a_wish_is_read_within_its_bounds() {
        let read = wish(true, Some("0.25"), Some("60000")).unwrap();
        assert_eq!((read.fail, read.delay), (0.25, Duration::from_mins(1)));
        assert_eq!(wish(true, None, None), Ok(Wish::default()));
    }

    #[test]
    fn what_is_out_of_bounds_says_what_would_be_right() {
        for fail in ["", "1.1", "-0.1", "NaN", "half"] {
            let error = wish(true, Some(fail), None).unwrap_err();
            assert!(
                error.starts_with(&format!("fail={fail}: must be")),
                "{error}"
            );
        }
        for delay in ["", "-1", "60001", "1s"] {
            let error = wish(true, None, Some(delay)).unwrap_err();
            assert!(
                error.starts_with(&format!("delay={delay}: must be")),
                "{error}"
            );
        }
    }

    #[test]
    fn nothing_is_obeyed_unless_it_is_switched_on() {
        insta::assert_snapshot!(wish(false, Some("1"), None).unwrap_err(), @"fail=: fault injection is off; start the workload with --inject");
        assert!(
            wish(false, None, Some("5"))
                .unwrap_err()
                .starts_with("delay=:")
        );
        assert_eq!(wish(false, None, None), Ok(Wish::default()));
    }
}
