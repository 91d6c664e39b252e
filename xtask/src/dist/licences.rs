//! The licences of all libraries in the program, with their texts, as their authors ask for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::process::{capture, cargo};

/// How files with the text of a licence begin.
const NAMES: [&str; 5] = ["license", "licence", "copying", "notice", "copyright"];

/// One text for all libraries; those that share a text stand before it together.
pub(super) fn text(triple: &str) -> Result<String, String> {
    let metadata = [
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        triple,
    ];
    let metadata = capture(&mut cargo(&metadata))?;
    let metadata: Value = serde_json::from_str(&metadata)
        .map_err(|error| format!("cargo metadata is no JSON: {error}"))?;
    let used = used(&metadata);
    let mut by_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut list = String::new();
    for package in array(&metadata["packages"]) {
        // Our own have no source.
        if package["source"].is_null() || !used.contains(word(&package["id"])) {
            continue;
        }
        let name = format!("{} {}", word(&package["name"]), word(&package["version"]));
        list.push_str(&format!("{name}: {}\n", word(&package["license"])));
        let manifest = Path::new(word(&package["manifest_path"]));
        for text in texts(manifest.parent().unwrap_or(manifest)) {
            by_text.entry(text).or_default().insert(name.clone());
        }
    }
    let mut all = format!("The program holds these libraries:\n\n{list}");
    for (text, names) in by_text {
        let names: Vec<_> = names.into_iter().collect();
        all.push_str(&format!(
            "\n{}\n{}\n\n{text}\n",
            "-".repeat(72),
            names.join(", ")
        ));
    }
    Ok(all)
}

/// The ids of everything that is linked into `v2x`, without what only its tests use.
fn used(metadata: &Value) -> BTreeSet<&str> {
    let nodes = array(&metadata["resolve"]["nodes"]);
    let node = |id: &str| nodes.iter().find(|node| node["id"] == id);
    let packages = array(&metadata["packages"]).iter();
    let program = packages.filter(|package| package["name"] == "v2x");
    let mut waiting: Vec<&str> = program.map(|package| word(&package["id"])).collect();
    let mut used = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !used.insert(id) {
            continue;
        }
        let Some(node) = node(id) else {
            continue;
        };
        for dependency in array(&node["deps"]) {
            let kinds = array(&dependency["dep_kinds"]).iter();
            // Without a word it is a normal one.
            if kinds.clone().any(|kind| kind["kind"].is_null()) {
                waiting.push(word(&dependency["pkg"]));
            }
        }
    }
    used
}

/// The texts beside a manifest.
fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_licence = |path: &Path| {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_lowercase();
        NAMES.iter().any(|begin| name.starts_with(begin))
    };
    let paths = entries
        .map(|entry| entry.path())
        .filter(|path| is_licence(path));
    let mut texts: Vec<_> = paths
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    texts.sort();
    texts
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_linked_counts_as_used() {
        let metadata = serde_json::json!({
            "packages": [
                { "name": "v2x", "id": "v2x" },
                { "name": "serde", "id": "serde" },
                { "name": "tempfile", "id": "tempfile" },
            ],
            "resolve": { "nodes": [
                { "id": "v2x", "deps": [
                    { "pkg": "serde", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "tempfile", "dep_kinds": [{ "kind": "dev" }] },
                ] },
                { "id": "serde", "deps": [] },
            ] },
        });
        let used: Vec<_> = used(&metadata).into_iter().collect();
        assert_eq!(used, ["serde", "v2x"]);
    }
}
