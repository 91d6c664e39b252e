//! Every decision is one page with the same three headings and a number of its own.
//!
//! What was decided is in `docs/decisions/`; how a page looks otherwise is nobody's rule.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::tree::Tree;

const FOLDER: &str = "docs/decisions/";
const HEADINGS: [&str; 3] = ["## Context", "## Choice", "## What we gave up"];

/// Finds decisions without their headings, without a number, or with another one's number.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken = BTreeMap::new();
    for file in &tree.files {
        let Some(name) = file
            .path
            .strip_prefix(FOLDER)
            .filter(|name| *name != "README.md")
        else {
            continue;
        };
        let number = name.split('-').next().unwrap_or_default();
        if number.len() != 4 || !number.bytes().all(|digit| digit.is_ascii_digit()) {
            let mend = "name it `NNNN-what-was-decided.md`";
            findings.push(Finding::in_file(&file.path, "no number in its name", mend));
        } else if let Some(other) = taken.insert(number, name) {
            let seen = format!("has the number of {other}");
            findings.push(Finding::in_file(
                &file.path,
                seen,
                "take the next free number",
            ));
        }
        for heading in HEADINGS {
            if !file.lines().any(|(_, line)| line == heading) {
                let seen = format!("no `{heading}`");
                findings.push(Finding::in_file(&file.path, seen, "add that part"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decision_without_a_heading_or_number_is_found() {
        let page = "# T\n\n## Context\n\n## Choice\n\n## What we gave up\n";
        assert!(Tree::places(check, "docs/decisions/0001-t.md", page).is_empty());
        assert_eq!(Tree::places(check, "docs/decisions/t.md", page).len(), 1);
        assert_eq!(
            Tree::places(check, "docs/decisions/0001-t.md", "# T\n").len(),
            3
        );
    }

    #[test]
    fn two_decisions_with_one_number_are_found() {
        let page = "# T\n\n## Context\n\n## Choice\n\n## What we gave up\n";
        let tree = Tree::of(&[
            ("docs/decisions/0001-a.md", page),
            ("docs/decisions/0001-b.md", page),
        ]);
        assert_eq!(check(&tree).len(), 1);
    }
}
