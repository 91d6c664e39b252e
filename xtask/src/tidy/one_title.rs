//! A document has one title, and it comes first.

use super::finding::Finding;
use super::tree::{File, Tree};

/// Finds Markdown files that do not begin with a title or have a second one.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension("md")) {
        if !file.text.starts_with("# ") {
            let mend = "begin with `# ` and the document's title";
            findings.push(Finding::at_line(&file.path, 1, "no title", mend));
        }
        for number in titles(file).into_iter().skip(1) {
            let mend = "make it `## `, or a document of its own";
            findings.push(Finding::at_line(&file.path, number, "a second title", mend));
        }
    }
    findings
}

/// The lines with a title, those inside fences left out: there `# ` is a shell's comment.
fn titles(file: &File) -> Vec<usize> {
    let mut fenced = false;
    let mut titles = Vec::new();
    for (number, line) in file.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with("# ") {
            titles.push(number);
        }
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_with_two_titles_or_none_is_found() {
        assert_eq!(Tree::places(check, "a.md", "# A\n\n# B\n"), ["a.md:3"]);
        assert_eq!(Tree::places(check, "a.md", "text\n"), ["a.md:1"]);
        assert!(Tree::places(check, "a.md", "# A\n\n```sh\n# comment\n```\n").is_empty());
    }
}
