//! How a case can end.

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The target answers as the case states.
    Pass,
    /// It does not.
    Fail,
    /// It does not, and the case is no MUST.
    Warn,
    /// The case was not run, and says nothing about the target.
    Skip,
    /// It fails, as it is known to.
    XFail,
    /// It passes, though it is listed among the known failures: the list is wrong.
    XPass,
    /// The case could not be tried to its end.
    Error,
}

impl Outcome {
    /// All outcomes, in the order of the reports.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::Warn,
        Self::Skip,
        Self::XFail,
        Self::XPass,
        Self::Error,
    ];

    /// As the reports have it, such as `PASS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Warn => "WARN",
            Self::Skip => "SKIP",
            Self::XFail => "XFAIL",
            Self::XPass => "XPASS",
            Self::Error => "ERROR",
        }
    }

    /// Whether the run as a whole fails with it.
    pub fn is_broken(self) -> bool {
        matches!(self, Self::Fail | Self::XPass | Self::Error)
    }
}
