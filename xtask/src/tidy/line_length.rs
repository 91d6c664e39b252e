//! Lines of sources fit into 100 columns; formatters leave comments and strings to us.

use super::finding::Finding;
use super::tree::Tree;

/// The widest line, in characters. The same number stands in `rustfmt.toml`.
const WIDEST: usize = 100;

/// Finds lines above the limit; addresses and rows of tables cannot be broken and are exempt.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.sources() {
        for (number, line) in file.lines() {
            let width = line.chars().count();
            if width > WIDEST && !line.contains("://") && !is_table_row(line) {
                let seen = format!("{width} columns; the limit is {WIDEST}");
                findings.push(Finding::at_line(&file.path, number, seen, "break the line"));
            }
        }
    }
    findings
}

/// A row of a table in a comment.
fn is_table_row(line: &str) -> bool {
    let comment = line.trim_start().trim_start_matches(['/', '!']);
    line.trim_start().starts_with("//") && comment.trim_start().starts_with('|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_line_is_found_unless_it_is_an_address_or_table() {
        let long = "x".repeat(WIDEST + 1);
        assert_eq!(Tree::places(check, "a.rs", &long), ["a.rs:1"]);
        assert_eq!(Tree::places(check, "web/a.tsx", &long), ["web/a.tsx:1"]);
        assert!(Tree::places(check, "a.rs", &long[1..]).is_empty());
        assert!(Tree::places(check, "a.rs", &format!("//! | {long} |")).is_empty());
        assert!(Tree::places(check, "a.rs", &format!("// http://{long}")).is_empty());
    }
}
