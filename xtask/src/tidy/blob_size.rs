//! No large files: a repository is cloned by people on slow links.
//!
//! How long a source file may be is `file_length`.

use super::finding::Finding;
use super::tree::Tree;

/// The largest file, in bytes: enough for a minute of recorded bus, too little for a binary.
const LARGEST: usize = 500_000;

/// Finds files above the limit.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let large = tree.files.iter().filter(|file| file.bytes > LARGEST);
    large
        .map(|file| {
            Finding::in_file(
                &file.path,
                format!(
                    "{} kB; the largest file is {} kB",
                    file.bytes / 1000,
                    LARGEST / 1000
                ),
                "shorten it, or generate it from something small",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_above_half_a_megabyte_is_found() {
        let large = "x".repeat(LARGEST + 1);
        assert_eq!(Tree::places(check, "a.bin", &large), ["a.bin"]);
        assert!(Tree::places(check, "a.bin", &large[1..]).is_empty());
    }
}
