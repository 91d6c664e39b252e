//! No copy of a private recording: they hold places and the serial of a car.
//!
//! The recordings lie outside the repository, in `V2X_SHARED` (default: `../shared`); where they
//! are absent this rule has nothing to compare with and finds nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::tree::Tree;
use crate::process::workspace_root;

/// Finds files whose bytes are those of a recording.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let shared = std::env::var_os("V2X_SHARED")
        .map_or_else(|| workspace_root().join("../shared"), PathBuf::from);
    copies(tree, &shared.join("data"))
}

fn copies(tree: &Tree, recordings: &Path) -> Vec<Finding> {
    let mut by_size: HashMap<u64, Vec<PathBuf>> = HashMap::new();
    list(recordings, &mut by_size);
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.bytes > 0) {
        let same_size = u64::try_from(file.bytes)
            .ok()
            .and_then(|size| by_size.get(&size));
        for recording in same_size.into_iter().flatten() {
            if std::fs::read(recording).is_ok_and(|bytes| bytes == file.text.as_bytes()) {
                let mend = "delete it, and read recordings through V2X_SHARED in tests";
                findings.push(Finding::in_file(&file.path, "a copy of a recording", mend));
            }
        }
    }
    findings
}

/// Collects all files below a folder by their size; an unreadable folder holds nothing.
fn list(folder: &Path, by_size: &mut HashMap<u64, Vec<PathBuf>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => list(&entry.path(), by_size),
            Ok(meta) => by_size.entry(meta.len()).or_default().push(entry.path()),
            Err(_unreadable) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_of_a_recording_is_found_under_any_name() {
        let folder = workspace_root().join("xtask/src");
        let recorded = std::fs::read_to_string(folder.join("main.rs")).unwrap();
        let tree = Tree::of(&[("data/drive.csv", &recorded), ("data/own.csv", "1,2\n")]);
        let found: Vec<_> = copies(&tree, &folder).iter().map(Finding::place).collect();
        assert_eq!(found, ["data/drive.csv"]);
    }

    #[test]
    fn absent_recordings_are_not_a_finding() {
        let tree = Tree::of(&[("data/drive.csv", "1,2\n")]);
        assert!(copies(&tree, Path::new("nowhere")).is_empty());
    }
}
