//! No address of a package registry: who builds elsewhere has mirrors of their own.
//!
//! `Cargo.lock` and `deny.toml` are exempt: cargo itself writes and reads the address there.

use super::finding::Finding;
use super::tree::Tree;

/// A host, cut in two so that this file does not trip over itself.
const HOSTS: &[&str] = &[
    concat!("index.cra", "tes.io"),
    concat!("static.cra", "tes.io"),
    concat!("crates.io", "-index"),
    concat!("files.python", "hosted.org"),
    concat!("py", "pi.org"),
    concat!("registry.np", "mjs.org"),
    concat!("registry.ya", "rnpkg.com"),
    concat!("deb.deb", "ian.org"),
    concat!("security.deb", "ian.org"),
];

/// Finds addresses of registries.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if file.path.ends_with("Cargo.lock") || file.path == "deny.toml" {
            continue;
        }
        for (number, line) in file.lines() {
            for host in HOSTS.iter().filter(|host| line.contains(**host)) {
                let mend = "name the package, and let the tool's own settings find it";
                findings.push(Finding::at_line(&file.path, number, *host, mend));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_of_a_registry_is_found() {
        let line = concat!("pip install -i https://py", "pi.org/simple cantools\n");
        assert_eq!(Tree::places(check, "script/test", line), ["script/test:1"]);
        assert!(Tree::places(check, "fuzz/Cargo.lock", line).is_empty());
    }
}
