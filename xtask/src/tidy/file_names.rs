//! No drawers: a file or module is named after the one thing that it holds.

use super::finding::Finding;
use super::tree::Tree;

/// Names that say nothing, whole or as a part of a longer one.
const BANNED: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "misc", "manager", "handler", "handlers",
];

/// Finds source files and folders, and inline modules, with such a name.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mend = "name it after the one thing that it holds, or move its parts to their users";
    let mut findings = Vec::new();
    for file in &tree.files {
        if !["rs", "ts", "tsx", "py"]
            .iter()
            .any(|source| file.has_extension(source))
        {
            continue;
        }
        if let Some(word) = drawer(&file.path) {
            findings.push(Finding::in_file(
                &file.path,
                format!("`{word}` in its name"),
                mend,
            ));
        }
        for (number, line) in file.lines() {
            let name = line
                .trim_start()
                .trim_start_matches("pub ")
                .strip_prefix("mod ");
            if let Some(word) = name.and_then(drawer) {
                let seen = format!("a module with `{word}` in its name");
                findings.push(Finding::at_line(&file.path, number, seen, mend));
            }
        }
    }
    findings
}

/// The banned word in a path or module name.
fn drawer(name: &str) -> Option<&'static str> {
    name.split(|letter: char| !letter.is_alphanumeric())
        .find_map(|part| BANNED.iter().copied().find(|banned| *banned == part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawers_are_found_as_files_folders_and_modules() {
        assert_eq!(Tree::places(check, "a/src/utils/b.rs", "").len(), 1);
        assert_eq!(Tree::places(check, "a/src/event_handler.rs", "").len(), 1);
        assert_eq!(
            Tree::places(check, "a.rs", "//! A.\npub mod helpers;\n"),
            ["a.rs:2"]
        );
        assert!(Tree::places(check, "a/src/backoff.rs", "mod replay_window;\n").is_empty());
    }
}
