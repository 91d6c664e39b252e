//! What proves nothing stays in simulations: marked fake signatures and verifiers with faults.
//!
//! Tests may name them; the product, which is everything else, may not.

use super::finding::Finding;
use super::tree::Tree;

/// What only simulations may make.
const NAMES: &[&str] = &[
    "SigningKey::fake",
    "for_simulation",
    "forgetful_for_simulation",
];
/// Where they are made, and where they are used.
const ROOMS: &[&str] = &["crates/proto/src/secure/signed/", "crates/sim/", "xtask/"];

/// Finds them elsewhere.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_product = |path: &str| !ROOMS.iter().any(|room| path.starts_with(room));
    for file in tree.rust().filter(|file| is_product(&file.path)) {
        for (number, line) in file.code_lines() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(name) = NAMES.iter().find(|name| code.contains(*name)) {
                let seen = format!("{name}, which is for simulations");
                let mend = "sign and verify for real; a town of many cars is `crates/sim`'s";
                findings.push(Finding::at_line(&file.path, number, seen, mend));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fake_signature_in_a_daemon_is_found_and_one_in_the_simulator_is_not() {
        let fake = "let verifier = Verifier::for_simulation();\n";
        let tree = Tree::of(&[
            ("apps/v2x/src/vehicle/radio/mod.rs", fake),
            ("crates/sim/src/world/operator.rs", fake),
        ]);
        let found: Vec<_> = check(&tree).iter().map(Finding::place).collect();
        assert_eq!(found, ["apps/v2x/src/vehicle/radio/mod.rs:1"]);
    }
}
