//! Only `crates/store` writes SQL; tests may ask a finished database what is in it.

use super::finding::Finding;
use super::tree::{File, Tree};

/// How a statement begins inside a string, cut so that this file does not trip over itself.
const STATEMENTS: &[&str] = &[
    concat!("SEL", "ECT "),
    concat!("INSERT I", "NTO "),
    concat!("INSERT O", "R "),
    concat!("UPDATE O", "R "),
    concat!("DELETE F", "ROM "),
    concat!("CREATE T", "ABLE "),
    concat!("CREATE I", "NDEX "),
    concat!("ALTER T", "ABLE "),
    concat!("PRA", "GMA "),
];

/// Finds statements in sources outside the store.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let found = tree.code_that_names(STATEMENTS);
    let elsewhere = found.filter(|(file, ..)| !file.path.starts_with("crates/store/"));
    let mend = "ask a question of `store`: one file per question, in crates/store";
    let finding = |(file, number, statement): (&File, usize, &str)| {
        let seen = format!("SQL (`{}`)", statement.trim_end());
        Finding::at_line(&file.path, number, seen, mend)
    };
    elsewhere.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statement_outside_the_store_is_found() {
        let query = concat!("db.query(\"SEL", "ECT soc FROM telemetry\");\n");
        assert_eq!(
            Tree::places(check, "apps/v2x/src/a.rs", query),
            ["apps/v2x/src/a.rs:1"]
        );
        assert!(Tree::places(check, "crates/store/src/a.rs", query).is_empty());
        assert!(Tree::places(check, "apps/v2x/tests/a.rs", query).is_empty());
    }
}
