//! Whose turn it is after a failure: the user's, or the adapter's.

/// Context of an error that the user has to correct before a restart can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unusable configuration")]
pub struct Misconfigured;

impl Misconfigured {
    /// 2 for an unusable command line or configuration, as clap exits for wrong usage; else 1.
    pub fn exit_code(error: &anyhow::Error) -> u8 {
        if error.is::<Self>() { 2 } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_marked_is_a_configuration_error_and_context_does_not_hide_it() {
        let error = anyhow::anyhow!("line 3").context(Misconfigured);
        assert_eq!(format!("{error:#}"), "unusable configuration: line 3");
        assert_eq!(Misconfigured::exit_code(&error.context("start")), 2);
        assert_eq!(Misconfigured::exit_code(&anyhow::anyhow!("busy")), 1);
    }
}
