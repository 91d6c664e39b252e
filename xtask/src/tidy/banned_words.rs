//! Words that do not stay in the tree, each with what to write instead.
//!
//! Names of files have a rule of their own: `file_names`.

use super::finding::Finding;
use super::tree::Tree;

/// The word, cut in two so that this file does not trip over itself, and what to do instead.
const WORDS: &[(&str, &str)] = &[
    (concat!("#[ign", "ore"), "mend the test or delete it"),
    (concat!("todo", "!("), "write it, or leave the function out"),
    (
        concat!("unimpl", "emented!("),
        "write it, or leave the function out",
    ),
    (concat!("allow(dead", "_code)"), "delete what nobody calls"),
    (concat!("allow(unu", "sed"), "delete what nobody uses"),
    (
        concat!("Err(_) =>", " {}"),
        "count the error, report it or hand it on",
    ),
    (
        concat!("// ===", "="),
        "a section row says that the file wants to be two files",
    ),
];

/// Notes to oneself, allowed only with the number of an issue: `(#12)`.
const NOTES: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Finds banned words in the sources, and notes without an issue in every text.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            for note in NOTES.iter().filter(|note| has_word(line, note)) {
                if !line.contains(&format!("{note}(#")) {
                    let mend = format!("name its issue, `{note}(#12)`, or do it now");
                    findings.push(Finding::at_line(&file.path, number, *note, mend));
                }
            }
            if !file.has_extension("rs") {
                continue;
            }
            for (word, mend) in WORDS.iter().filter(|(word, _)| line.contains(word)) {
                findings.push(Finding::at_line(&file.path, number, *word, *mend));
            }
        }
    }
    findings
}

/// Whether the line has the word on its own, not inside a longer one.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn note_without_an_issue_number_is_found() {
        let note = concat!("# a\n\nTO", "DO later\n");
        assert_eq!(Tree::places(check, "docs/a.md", note), ["docs/a.md:3"]);
        let numbered = concat!("TO", "DO(#12) later\n");
        assert!(Tree::places(check, "docs/a.md", numbered).is_empty());
        let longer = concat!("`mktemp -d /tmp/demo.XX", "XXXX`\n");
        assert!(Tree::places(check, "docs/a.md", longer).is_empty());
    }

    #[test]
    fn each_banned_word_is_found_in_rust() {
        for (word, _) in WORDS {
            let line = format!("{word}\n");
            assert_eq!(Tree::places(check, "a.rs", &line), ["a.rs:1"]);
            assert!(Tree::places(check, "a.md", &line).is_empty());
        }
    }
}
