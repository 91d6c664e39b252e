//! Lines end where their text ends, and files end with a line's end.
//!
//! Vectors and recordings are bytes of somebody else's making and exempt.

use super::finding::Finding;
use super::tree::{File, Tree};

/// Finds blanks at the end of lines, and files whose last line has no end.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_ours(file)) {
        for (number, line) in file.lines() {
            if line.ends_with([' ', '\t']) {
                let seen = "blanks at the end of the line";
                findings.push(Finding::at_line(&file.path, number, seen, "delete them"));
            }
        }
        if !file.text.is_empty() && !file.text.ends_with('\n') {
            let seen = "no line end at the end of the file";
            findings.push(Finding::in_file(&file.path, seen, "add one"));
        }
    }
    findings
}

/// Whether we wrote the file, line by line.
fn is_ours(file: &File) -> bool {
    let data = ["csv", "log", "hex", "json", "lock"];
    let is_data = data.iter().any(|extension| file.has_extension(extension));
    let is_vector = file.path.contains("/vectors/") || file.path.contains("/corpus/");
    !is_data && !is_vector
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_end_and_a_missing_end_are_found() {
        assert_eq!(Tree::places(check, "a.md", "one \ntwo\n"), ["a.md:1"]);
        assert_eq!(Tree::places(check, "a.md", "one"), ["a.md"]);
        assert!(Tree::places(check, "a/tests/vectors/b.txt", "one ").is_empty());
    }
}
