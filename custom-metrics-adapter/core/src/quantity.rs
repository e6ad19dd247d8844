//! Numbers as Kubernetes writes them.

/// A decimal quantity in thousandths, the resolution the HPA reads.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Quantity {
    milli: i64,
}

/// A float that must not become a quantity (answering-safely §6).
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NoQuantity {
    #[error("the value is NaN")]
    NotANumber,
    #[error("the value is {0}")]
    Infinite(f64),
    #[error("the value {0:e} is beyond ±9e12, which an HPA would misread")]
    OutOfRange(f64),
}

impl Quantity {
    pub fn from_f64(value: f64) -> Result<Self, NoQuantity> {
        todo!("{value}")
    }
    pub fn milli(self) -> i64 {
        self.milli
    }
}
