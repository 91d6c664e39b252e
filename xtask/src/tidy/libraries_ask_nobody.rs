//! Only `apps/` reads the environment: a library is told what it needs.

use super::finding::Finding;
use super::tree::{File, Tree};

/// How a program asks its surroundings.
const QUESTIONS: &[&str] = &[
    "std::env",
    "env::var",
    "env::args",
    "env::current_dir",
    "env::temp_dir",
    "option_env!",
];

/// A library for tests, which look for real programs on the path.
const TESTBENCH: &str = "crates/testbench/";

/// Finds questions to the environment in libraries and in the boards' programs.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let is_library = |path: &str| {
        let is_ours = path.starts_with("crates/") || path.starts_with("firmware/");
        is_ours && path.contains("/src/") && !path.starts_with(TESTBENCH)
    };
    let found = tree.code_that_names(QUESTIONS);
    let in_libraries = found.filter(|(file, ..)| is_library(&file.path));
    let finding = |(file, number, question): (&File, usize, &str)| {
        let seen = format!("{question} in a library");
        Finding::at_line(
            &file.path,
            number,
            seen,
            "let `apps/` read it and pass it in",
        )
    };
    in_libraries.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn library_that_reads_a_variable_is_found_and_the_binary_is_not() {
        let asks = "let level = std::env::var(\"LEVEL\");\n";
        let tree = Tree::of(&[
            ("apps/v2x/src/main.rs", asks),
            ("crates/roles/src/level.rs", asks),
            ("crates/roles/tests/level.rs", asks),
            ("crates/testbench/src/broker.rs", asks),
            ("crates/web/build.rs", asks),
        ]);
        let found: Vec<_> = check(&tree).iter().map(Finding::place).collect();
        assert_eq!(found, ["crates/roles/src/level.rs:1"]);
    }
}
