//! The pin tables of the hardware pages are those of the wiring files.
//!
//! How a table looks is `pins`'s business.

use super::finding::Finding;
use super::tree::Tree;
use crate::pins;

/// Finds pages whose table differs, and pages or wiring files that are missing.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let read = |path: &str| tree.file(path).map(|file| file.text.clone());
    let mend = "run `cargo xtask pins`";
    match pins::pages(&read) {
        Err(reason) => vec![Finding::in_file("docs/hardware", reason, mend)],
        Ok(pages) => pages
            .into_iter()
            .filter(|(path, fresh)| read(path).as_ref() != Some(fresh))
            .map(|(path, _)| Finding::in_file(path, "its pin table is not the wiring's", mend))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::workspace_root;

    #[test]
    fn page_with_another_pin_than_the_wiring_is_found() {
        let mut tree = Tree::of_workspace(&workspace_root()).unwrap();
        assert!(check(&tree).is_empty());
        let is_wiring = |path: &str| path == "firmware/esp/wiring/esp32c3.toml";
        let wiring = tree
            .files
            .iter_mut()
            .find(|file| is_wiring(&file.path))
            .unwrap();
        wiring.text = wiring.text.replace("pin = 8", "pin = 9");
        // The LED is on every page.
        assert_eq!(check(&tree).len(), 4);
    }
}
