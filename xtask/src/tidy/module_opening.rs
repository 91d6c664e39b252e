//! Every source file begins by saying what it is.

use super::finding::Finding;
use super::tree::Tree;

/// Finds Rust files whose first line is not a `//!` sentence.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree.rust().filter(|file| !file.text.starts_with("//! "));
    silent
        .map(|file| {
            let mend = "open with `//!`: what it is, what it is not, the standard it follows";
            Finding::at_line(&file.path, 1, "no opening comment", mend)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_without_an_opening_comment_is_found() {
        assert_eq!(Tree::places(check, "a.rs", "use b;\n"), ["a.rs:1"]);
        assert!(Tree::places(check, "a.rs", "//! What it is.\n").is_empty());
        assert!(Tree::places(check, "a.py", "import b\n").is_empty());
    }
}
