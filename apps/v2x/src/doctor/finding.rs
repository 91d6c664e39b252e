//! One thing that was found: of what part, how bad, and what to do.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// As it should be.
    Fine,
    /// The daemon works, and something is worth knowing.
    Warning,
    /// The daemon cannot do its work.
    Problem,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) part: String,
    pub(crate) severity: Severity,
    /// What was seen.
    pub(crate) what: String,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(crate) todo: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    pub(crate) fn fine(part: &str, what: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            severity: Severity::Fine,
            what: what.into(),
            todo: None,
        }
    }

    /// Something that is worth knowing.
    pub(crate) fn warning(part: &str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            todo: Some(todo.into()),
            ..Self::fine(part, what)
        }
    }

    /// Something that is wrong.
    pub(crate) fn problem(part: &str, what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self {
            severity: Severity::Problem,
            todo: Some(todo.into()),
            ..Self::fine(part, what)
        }
    }
}
