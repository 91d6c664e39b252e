//! What proves nothing stays in simulations: marked fake signatures and verifiers with faults.
//!
//! Tests may name them; the product, which is everything else, may not.

use super::finding::Finding;
use super::tree::{File, Tree};

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
    let is_product = |path: &str| !ROOMS.iter().any(|room| path.starts_with(room));
    let found = tree.code_that_names(NAMES);
    let in_product = found.filter(|(file, ..)| is_product(&file.path));
    let mend = "sign and verify for real; a town of many cars is `crates/sim`'s";
    let finding = |(file, number, name): (&File, usize, &str)| {
        let seen = format!("{name}, which is for simulations");
        Finding::at_line(&file.path, number, seen, mend)
    };
    in_product.map(finding).collect()
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
