//! Every source file begins by saying what it is.
//!
//! Unit tests of the pages stand beside what they test, under its name, and need no sentence.

use super::finding::Finding;
use super::tree::{File, Tree};

/// Finds sources whose first line is not a sentence: `//!` in Rust, `//` in TypeScript, `/*` in a
/// style sheet.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let silent = tree
        .sources()
        .filter(|file| !file.path.ends_with(".test.ts") && !file.text.starts_with(opening(file)));
    silent
        .map(|file| {
            let mend = format!(
                "open with `{}`: what it is, what it is not, the standard it follows",
                opening(file)
            );
            Finding::at_line(&file.path, 1, "no opening comment", mend)
        })
        .collect()
}

/// How a sentence at the top of the file begins.
fn opening(file: &File) -> &'static str {
    if file.has_extension("rs") {
        "//! "
    } else if file.has_extension("css") {
        "/* "
    } else {
        "// "
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_without_an_opening_comment_is_found() {
        assert_eq!(Tree::places(check, "a.rs", "use b;\n"), ["a.rs:1"]);
        assert!(Tree::places(check, "a.rs", "//! What it is.\n").is_empty());
        assert_eq!(Tree::places(check, "a.tsx", "import b;\n"), ["a.tsx:1"]);
        assert!(Tree::places(check, "a.tsx", "// What it is.\n").is_empty());
        assert_eq!(Tree::places(check, "a.css", "a {}\n"), ["a.css:1"]);
        assert!(Tree::places(check, "a.test.ts", "import b;\n").is_empty());
        assert!(Tree::places(check, "a.py", "import b\n").is_empty());
    }
}
