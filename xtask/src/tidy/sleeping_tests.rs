//! A test waits for a condition, never for a time: sleeping tests are slow or fail by chance.
//!
//! Outside tests clippy's `disallowed_methods` says the same about `std::thread::sleep`.

use super::finding::Finding;
use super::tree::Tree;

/// The call, cut in two so that this file does not trip over itself.
const CALL: &str = concat!("sleep", "(");

/// How many lines above the call its `#[expect(…, reason = …)]` may stand.
const REASON_WITHIN: usize = 12;

/// Finds sleeps in tests that have no `#[expect]` with its reason shortly before.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        let mut reason_at = None;
        for (number, line) in file.test_lines() {
            if line.contains("expect(clippy::disallowed_methods") || line.contains("#[expect(") {
                reason_at = Some(number);
            }
            let excused = reason_at.is_some_and(|at| number - at <= REASON_WITHIN);
            if line.contains(CALL) && !line.contains("fn ") && !excused {
                let mend = "wait for the condition with a deadline, or pass the time in";
                findings.push(Finding::at_line(
                    &file.path,
                    number,
                    "a test that sleeps",
                    mend,
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleeping_test_without_a_reason_is_found() {
        let call = concat!("std::thread::sl", "eep(pause);\n");
        assert_eq!(
            Tree::places(check, "a/tests/b.rs", call),
            ["a/tests/b.rs:1"]
        );
        let excused = format!("#[expect(clippy::disallowed_methods, reason = \"r\")]\n{call}");
        assert!(Tree::places(check, "a/tests/b.rs", &excused).is_empty());
        assert!(Tree::places(check, "a/src/b.rs", call).is_empty());
    }
}
