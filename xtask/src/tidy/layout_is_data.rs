//! The car's bus is described in its DBC: no source of the product knows one of its identifiers.
//!
//! Tests and examples may: they compare with frames of a real car.

use super::finding::Finding;
use super::tree::{File, Tree};

const DBC: &str = "interfaces/dbc/renault_twizy.dbc";

/// Finds identifiers of the car's messages, in hexadecimal as everybody writes them.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let identifiers = tree
        .file(DBC)
        .map_or_else(Vec::new, |dbc| identifiers(&dbc.text));
    let found = tree.code_that_names(&identifiers);
    let in_product = found.filter(|(file, ..)| is_product(&file.path));
    let mend = "ask for the signal by its name, or the quantity by its VSS path";
    let finding = |(file, number, identifier): (&File, usize, &str)| {
        let seen = format!("{identifier}, a message of the car");
        Finding::at_line(&file.path, number, seen, mend)
    };
    in_product.map(finding).collect()
}

fn is_product(path: &str) -> bool {
    path.starts_with("crates/") || path.starts_with("apps/")
}

/// The messages' identifiers, as `0x5D7`.
fn identifiers(dbc: &str) -> Vec<String> {
    dbc.lines()
        .filter_map(|line| {
            line.strip_prefix("BO_ ")?
                .split(' ')
                .next()?
                .parse::<u32>()
                .ok()
        })
        .map(|identifier| format!("0x{identifier:03X}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifier_of_the_car_outside_its_dbc_is_found() {
        let dbc = "BO_ 1495 DSP_Odometer: 7 DSP\n";
        let known = "if frame.id().raw() == 0x5D7 {}\n";
        let tree = Tree::of(&[
            (DBC, dbc),
            ("crates/roles/src/speed.rs", known),
            ("crates/roles/tests/speed.rs", known),
            (
                "crates/roles/src/other.rs",
                "0x5D8; // 0x5D7 is the display's.\n",
            ),
        ]);
        let found: Vec<_> = check(&tree).iter().map(Finding::place).collect();
        assert_eq!(found, ["crates/roles/src/speed.rs:1"]);
    }
}
