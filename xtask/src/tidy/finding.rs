//! What a rule finds: where, what was seen, and how to mend it.
//!
//! How findings are counted and printed is `mod.rs`.

use std::fmt;

/// One thing to mend.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    line: Option<usize>,
    seen: String,
    mend: String,
}

impl Finding {
    /// A finding about a whole file.
    pub(crate) fn in_file(path: &str, seen: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            seen: seen.into(),
            mend: mend.into(),
        }
    }

    /// A finding at a line, counted from 1.
    pub(crate) fn at_line(
        path: &str,
        line: usize,
        seen: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            line: Some(line),
            ..Self::in_file(path, seen, mend)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}; {}", self.seen, self.mend)
    }
}

/// The parts of findings that the rules' tests compare.
#[cfg(test)]
impl Finding {
    /// `path:line`, or the path alone.
    pub(crate) fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.path),
            None => self.path.clone(),
        }
    }
}
