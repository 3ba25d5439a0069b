//! What is wrong with a layout, and what to write instead.

/// One mistake in a layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{because}: {fix}")]
pub struct LayoutProblem {
    /// What is wrong, with the value that was given.
    pub because: String,
    /// What to write instead.
    pub fix: String,
}

impl LayoutProblem {
    pub(super) fn new(because: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { because: because.into(), fix: fix.into() }
    }
}
