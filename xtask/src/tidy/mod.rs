//! `cargo xtask tidy`: the house rules that neither the compiler nor clippy knows.
//!
//! One rule is one file with a test that shows it firing; this file lists them, runs them over
//! the tree and prints what they found. Each finding says how to mend it. The rules read files
//! and nothing else, so that the whole run stays below two seconds.

mod banned_words;
mod blob_size;
mod dead_links;
mod decision_pages;
mod dependency_arrows;
mod file_length;
mod file_names;
mod finding;
mod generated_files;
mod layout_is_data;
mod libraries_ask_nobody;
mod line_length;
mod listen_only;
mod machine_paths;
mod module_opening;
mod one_title;
mod pin_tables;
mod recordings;
mod registry_hosts;
mod simulation_only;
mod sleeping_tests;
mod sql_in_store;
mod test_names;
mod topics_in_uplink;
mod trailing_whitespace;
mod tree;

use crate::Outcome;
use crate::process::workspace_root;
use finding::Finding;
use tree::Tree;

/// A rule looks at the whole tree and gives what it finds.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[(&str, Rule)] = &[
    ("banned_words", banned_words::check),
    ("blob_size", blob_size::check),
    ("dead_links", dead_links::check),
    ("decision_pages", decision_pages::check),
    ("dependency_arrows", dependency_arrows::check),
    ("file_length", file_length::check),
    ("file_names", file_names::check),
    ("generated_files", generated_files::check),
    ("layout_is_data", layout_is_data::check),
    ("libraries_ask_nobody", libraries_ask_nobody::check),
    ("line_length", line_length::check),
    ("listen_only", listen_only::check),
    ("machine_paths", machine_paths::check),
    ("module_opening", module_opening::check),
    ("one_title", one_title::check),
    ("pin_tables", pin_tables::check),
    ("recordings", recordings::check),
    ("registry_hosts", registry_hosts::check),
    ("simulation_only", simulation_only::check),
    ("sleeping_tests", sleeping_tests::check),
    ("sql_in_store", sql_in_store::check),
    ("test_names", test_names::check),
    ("topics_in_uplink", topics_in_uplink::check),
    ("trailing_whitespace", trailing_whitespace::check),
];

/// Runs every rule over the files that git knows or would add.
pub(crate) fn run(_arguments: &[String]) -> Outcome {
    let tree = Tree::of_workspace(&workspace_root())?;
    let mut findings = 0_usize;
    for (name, rule) in RULES {
        for finding in rule(&tree) {
            println!("{finding} [{name}]");
            findings += 1;
        }
    }
    if findings > 0 {
        return Err(format!(
            "tidy found {findings} things to mend; each line above says how"
        ));
    }
    println!("tidy: {} files, {} rules", tree.files.len(), RULES.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_file_stands_in_the_list_of_rules() {
        let tree = Tree::of_workspace(&workspace_root()).unwrap();
        let support = ["finding", "mod", "tree"];
        let files: Vec<_> = tree
            .files
            .iter()
            .filter_map(|file| {
                file.path
                    .strip_prefix("xtask/src/tidy/")?
                    .strip_suffix(".rs")
            })
            .filter(|stem| !support.contains(stem))
            .collect();
        let listed: Vec<_> = RULES.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, listed);
    }
}
