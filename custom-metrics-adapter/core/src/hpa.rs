//! HorizontalPodAutoscalers as their controller reads them: which metrics it asks for, with which
//! request, and how many replicas follow from the values.
//!
//! One reading for everything that talks about autoscalers (`check`, `shadow` and whoever comes
//! after them), written from `pkg/controller/podautoscaler` of Kubernetes 1.36.
//!
//! | step | module |
//! |---|---|
//! | manifest → what is wanted | [`spec`] |
//! | metric → the request sent | [`read`] |
//! | values → what one metric proposes | [`pods`], [`total`] |
//! | proposals → replica count | [`decision`] |
//! | two answers to one read → what differs | [`compare`] |

pub mod compare;
pub mod decision;
pub mod milli;
pub mod pods;
pub mod read;
pub mod spec;
pub mod total;

mod shape;

pub use decision::{Bounds, Decision, decide};
pub use pods::{Pod, Standing};
pub use spec::{Hpa, HpaError, Metric, Source, Target};

/// How far usage may be from its target before anything moves, as parts of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    pub down: f64,
    pub up: f64,
}

impl Default for Tolerance {
    /// kube-controller-manager's own default, for autoscalers that name none.
    fn default() -> Self {
        Self { down: 0.1, up: 0.1 }
    }
}

impl Tolerance {
    /// Whether a usage of `ratio` times the target leaves the replica count alone.
    pub fn is_within(self, ratio: f64) -> bool {
        (1.0 - self.down) <= ratio && ratio <= (1.0 + self.up)
    }
}

/// What one metric asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proposal {
    /// Before bounds, stabilisation and scaling policies.
    pub replicas: u32,
    /// What `kubectl get hpa` shows as current: thousandths, or percent for a utilization.
    pub usage: i64,
}

/// Go's `int32(math.Ceil(x))`, saturating instead of undefined.
fn ceil(replicas: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to 0..=i32::MAX"
    )]
    let whole = replicas.ceil().clamp(0.0, f64::from(i32::MAX)) as u32;
    whole
}

/// Go's `float64(x)`.
#[expect(
    clippy::cast_precision_loss,
    reason = "the controller loses the same bits"
)]
fn float(milli: i64) -> f64 {
    milli as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_tolerance_leaves_ten_percent_either_way_alone() {
        let tolerance = Tolerance::default();
        for ratio in [0.9, 1.0, 1.1] {
            assert!(tolerance.is_within(ratio), "{ratio}");
        }
        for ratio in [0.899, 1.101, 0.0, f64::INFINITY, f64::NAN] {
            assert!(!tolerance.is_within(ratio), "{ratio}");
        }
    }

    #[test]
    fn replicas_are_rounded_up_and_never_leave_their_range() {
        for (exact, whole) in [
            (2.000_001, 3),
            (2.0, 2),
            (-3.0, 0),
            (1e300, i32::MAX.unsigned_abs()),
        ] {
            assert_eq!(ceil(exact), whole, "{exact}");
        }
    }
}
