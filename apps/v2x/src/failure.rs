//! A failure a person can act on: what went wrong, what to do, and the exit code that scripts read.
//!
//! Libraries return their own typed errors; this is where they become a sentence and a hint.

use std::fmt::Display;
use std::io::Write as _;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

/// Who can mend it, as an exit code. The same table stands in `v2x --help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    /// 1: something failed while running (a device, a disk, a network).
    Runtime,
    /// 2: the command line; clap uses the same code.
    Usage,
    /// 3: a configuration file or setting.
    Configuration,
    /// 4: an input file that cannot be read or is not what it should be.
    Input,
}

impl Blame {
    const fn code(self) -> u8 {
        match self {
            Self::Runtime => 1,
            Self::Usage => 2,
            Self::Configuration => 3,
            Self::Input => 4,
        }
    }
}

/// One failure with its hint.
#[derive(Debug)]
pub(crate) struct Failure {
    blame: Blame,
    what: String,
    hint: Option<String>,
}

impl Failure {
    /// States what failed; `what` names the thing and what was seen.
    pub(crate) fn new(blame: Blame, what: impl Display) -> Self {
        Self {
            blame,
            what: what.to_string(),
            hint: None,
        }
    }

    /// A file that the person named cannot be read; `what` says which.
    pub(crate) fn unreadable(blame: Blame, what: impl Display, error: &io::Error) -> Self {
        let hint = match error.kind() {
            ErrorKind::NotFound => {
                "check the path; a relative one begins in the folder where v2x was started"
            }
            ErrorKind::PermissionDenied => "check who may read it, with ls -l",
            ErrorKind::IsADirectory => "that is a folder; name a file in it",
            ErrorKind::InvalidData => "it must be a text file in UTF-8",
            _ => "check the device that holds it",
        };
        Self::new(blame, format_args!("{what}: {error}")).hint(hint)
    }

    /// Adds what the person can do about it.
    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// What failed.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What the person can do about it, if that is known.
    pub(crate) fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Prints the failure to standard error and gives its exit code.
    pub(crate) fn report(&self) -> ExitCode {
        let mut to = std::io::stderr().lock();
        // Whose terminal has been closed has nobody to tell.
        writeln!(to, "error: {}", self.what).ok();
        if let Some(hint) = &self.hint {
            writeln!(to, "hint: {hint}").ok();
        }
        ExitCode::from(self.blame.code())
    }
}

/// Reads a text file that the person named; `kind` says what it should be.
pub(crate) fn read_text(blame: Blame, kind: &str, path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| {
        Failure::unreadable(blame, format_args!("{kind} {}", path.display()), &error)
    })
}

/// Turns an error into a failure with a sentence of context before it.
pub(crate) trait Context<T> {
    /// Says who can mend it and what was being done.
    fn blame(self, blame: Blame, doing: impl Display) -> Result<T, Failure>;
}

impl<T, E: Display> Context<T> for Result<T, E> {
    fn blame(self, blame: Blame, doing: impl Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(blame, format_args!("{doing}: {error}")))
    }
}
