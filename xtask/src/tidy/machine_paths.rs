//! No path of one machine: the tree works wherever it is cloned.

use super::finding::Finding;
use super::tree::Tree;

/// The start of such a path, cut in two so that this file does not trip over itself.
const STARTS: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
];

/// Finds absolute paths into somebody's own folders.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mend = "write it from the root of the repository, or with `~`";
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            for path in STARTS {
                if line
                    .match_indices(path)
                    .any(|(at, _)| begins_a_path(&line[..at]))
                {
                    let seen = format!("a path that begins with {path}");
                    findings.push(Finding::at_line(&file.path, number, seen, mend));
                }
            }
        }
    }
    findings
}

/// Whether a path can begin after this text: not in the middle of an address or a longer path.
fn begins_a_path(before: &str) -> bool {
    !before.ends_with(|letter: char| letter.is_alphanumeric() || "._-~}*".contains(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_of_one_machine_is_found() {
        let path = concat!("open `/ho", "me/somebody/log`\n");
        assert_eq!(Tree::places(check, "a.md", path), ["a.md:1"]);
        let address = concat!("https://example.org/wo", "rk/a\n");
        assert!(Tree::places(check, "a.md", address).is_empty());
    }
}
