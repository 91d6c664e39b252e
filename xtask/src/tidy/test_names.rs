//! A test's name is a sentence: subject, condition, outcome.

use super::finding::Finding;
use super::tree::Tree;

/// The fewest words of such a sentence.
const FEWEST_WORDS: usize = 4;

/// Finds tests whose name begins with the word "test" or is no sentence.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mend = "say subject, condition and outcome: `replayed_message_is_refused`";
    let mut findings = Vec::new();
    for file in tree.rust() {
        let mut is_test = false;
        for (number, line) in file
            .lines()
            .map(|(number, line)| (number, line.trim_start()))
        {
            if is_test_attribute(line) {
                is_test = true;
            } else if let Some(name) = function_name(line)
                && std::mem::take(&mut is_test)
            {
                if name.starts_with("test_") {
                    let seen = format!("`{name}` begins with test_");
                    findings.push(Finding::at_line(&file.path, number, seen, mend));
                } else if name.split('_').count() < FEWEST_WORDS {
                    let seen = format!("`{name}` has fewer than {FEWEST_WORDS} words");
                    findings.push(Finding::at_line(&file.path, number, seen, mend));
                }
            }
        }
    }
    findings
}

/// `#[test]` itself, or that of a runtime such as tokio.
fn is_test_attribute(line: &str) -> bool {
    let name = line.strip_prefix("#[").unwrap_or_default();
    name.starts_with("test]") || name.contains("::test]") || name.contains("::test(")
}

/// The name of the function that the line declares.
fn function_name(line: &str) -> Option<&str> {
    let declared = line.trim_start_matches("pub ").trim_start_matches("async ");
    declared.strip_prefix("fn ")?.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> String {
        format!("#[test]\nfn {name}() {{}}\n")
    }

    #[test]
    fn name_that_is_no_sentence_is_found() {
        assert_eq!(
            Tree::places(check, "a.rs", &named("round_trip")),
            ["a.rs:2"]
        );
        assert_eq!(
            Tree::places(check, "a.rs", &named("test_that_it_works_well")).len(),
            1
        );
        assert!(Tree::places(check, "a.rs", &named("short_frame_is_refused")).is_empty());
        assert!(Tree::places(check, "a.rs", "fn round_trip() {}\n").is_empty());
    }
}
