//! No file that one fears to open: 400 lines of code, tests and comments not counted.
//!
//! How long a function may be is clippy's `too_many_lines`, set in `clippy.toml`.

use super::finding::Finding;
use super::tree::{File, Tree};

/// The most lines of code in one file.
const LONGEST: usize = 400;

/// Finds sources above the limit and names the item where a cut would fall.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.sources() {
        let code = file.code_lines().filter(|(_, line)| is_code(line)).count();
        if code > LONGEST {
            let seen = format!("{code} lines of code; the limit is {LONGEST}");
            let mend = format!("give a part a file of its own, perhaps from {}", cut(file));
            findings.push(Finding::in_file(&file.path, seen, mend));
        }
    }
    findings
}

/// Neither blank nor a comment.
fn is_code(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("//")
}

/// The top-level item that begins nearest to the middle.
fn cut(file: &File) -> String {
    let middle = file.code_lines().count() / 2;
    file.code_lines()
        .filter(|(_, line)| {
            [
                "pub", "impl", "fn ", "struct ", "enum ", "trait ", "export", "function",
            ]
            .iter()
            .any(|start| line.starts_with(start))
        })
        .min_by_key(|(number, _)| number.abs_diff(middle))
        .map_or_else(
            || "the middle".to_owned(),
            |(number, line)| format!("line {number}, `{}`", line.trim_end_matches(" {")),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_above_the_limit_is_found_with_the_place_to_cut() {
        let half = "    1;\n".repeat(LONGEST / 2);
        let long = format!("fn one() {{\n{half}}}\nfn two() {{\n{half}}}\n");
        let found = check(&Tree::of(&[("a.rs", &long)]));
        assert!(
            found[0].to_string().contains("line 203, `fn two()`"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn pages_and_style_sheets_are_counted_as_well() {
        let long = "a {}\n".repeat(LONGEST + 1);
        assert_eq!(Tree::places(check, "web/a.css", &long), ["web/a.css"]);
        assert_eq!(Tree::places(check, "web/a.tsx", &long), ["web/a.tsx"]);
        assert!(Tree::places(check, "web/a.json", &long).is_empty());
    }

    #[test]
    fn tests_comments_and_blank_lines_are_not_counted() {
        let rest = "// Why.\n\n".repeat(LONGEST);
        let tests = "    1;\n".repeat(LONGEST + 1);
        let file = format!("{rest}mod tests {{\n{tests}}}\n");
        assert!(Tree::places(check, "a.rs", &file).is_empty());
    }
}
