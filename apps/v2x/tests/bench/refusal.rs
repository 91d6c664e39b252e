//! Command lines that must fail: how they are run, and what every failure has in common.

use std::fs;

use tempfile::TempDir;

use super::program::{Ran, run_to_failure, v2x};

pub(crate) const FAILED_WHILE_RUNNING: i32 = 1;
pub(crate) const USAGE: i32 = 2;
pub(crate) const CONFIGURATION: i32 = 3;
pub(crate) const INPUT: i32 = 4;

/// Stands for a token in the tests; whoever prints it gives the token away.
pub(crate) const SECRET: &str = "s3cret";

/// A folder with files to be wrong about.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }
}

/// Runs a command line that must fail with this code, and requires each of these words.
pub(crate) fn refuse(arguments: &[&str], code: i32, words: &[&str]) {
    let ran = run_to_failure(v2x().args(arguments));
    judge(&ran, code, words);
}

pub(crate) fn judge(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, Some(code), "{ran:?}");
    assert_eq!(ran.out, "", "a failure belongs on standard error");
    assert!(ran.err.starts_with("error: "), "{}", ran.err);
    for word in words {
        assert!(ran.err.contains(word), "no `{word}` in: {}", ran.err);
    }
    assert!(!ran.err.contains(SECRET), "the secret is printed");
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}
