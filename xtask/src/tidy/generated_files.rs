//! Generated files are what their generator writes today.
//!
//! The generator of the invented recording is `samples`; nothing else is generated yet.

use super::finding::Finding;
use super::tree::Tree;
use crate::samples;

/// Finds generated files that are missing or differ from a fresh run.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, fresh) in samples::files() {
        let committed = tree.file(path).map(|file| file.text.as_str());
        if committed != Some(fresh.as_str()) {
            let seen = if committed.is_some() {
                "differs from its generator"
            } else {
                "missing"
            };
            findings.push(Finding::in_file(path, seen, "run `cargo xtask samples`"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_file_edited_by_hand_is_found() {
        let (path, fresh) = samples::files().swap_remove(0);
        let others = samples::files().len() - 1;
        assert_eq!(Tree::places(check, path, &fresh).len(), others);
        let edited = fresh.replacen('0', "1", 1);
        assert_eq!(Tree::places(check, path, &edited).len(), others + 1);
    }
}
