//! The rooms' dependencies point one way, and those that run on a board stay without `std`.
//!
//! The picture of the arrows is in `ARCHITECTURE.md`; this table is the same picture for machines.

use super::finding::Finding;
use super::tree::{File, Tree};

/// One room and the rooms it may use. Tests may use any (`[dev-dependencies]`).
struct Room {
    name: &'static str,
    may_use: &'static [&'static str],
    /// Whether it also runs on a board: `no_std`, and nothing that wants an operating system.
    on_boards: bool,
}

const ROOMS: &[Room] = &[
    board("units", &[]),
    board("proto", &["units"]),
    board("charging", &["units"]),
    board("boards", &["units", "proto", "charging"]),
    host("can", &["units"]),
    host("recording", &["units"]),
    host("tariff", &["units", "charging"]),
    host(
        "roles",
        &["units", "proto", "can", "charging", "recording", "tariff"],
    ),
    host("outbox", &["units", "roles"]),
    host("store", &["units", "roles", "charging", "outbox"]),
    host("uplink", &["units", "roles", "outbox"]),
    host("web", &["units"]),
    // Real parts for tests: only `[dev-dependencies]` reach it.
    host("testbench", &[]),
    host(
        "sim",
        &[
            "units",
            "proto",
            "can",
            "charging",
            "boards",
            "recording",
            "roles",
            "outbox",
            "tariff",
        ],
    ),
];

const fn board(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        may_use,
        on_boards: true,
    }
}

const fn host(name: &'static str, may_use: &'static [&'static str]) -> Room {
    Room {
        name,
        may_use,
        on_boards: false,
    }
}

/// What a room on a board cannot have, besides `std`.
const NEEDS_AN_OPERATING_SYSTEM: &[&str] = &["tokio", "rumqttc", "rusqlite", "rustix", "clap"];

/// Finds arrows that are not in the table, rooms that are not, and `std` on boards.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(name) = room_of(&file.path) else {
            continue;
        };
        let Some(room) = ROOMS.iter().find(|room| room.name == name) else {
            let mend = "add it to the table in xtask/src/tidy/dependency_arrows.rs";
            findings.push(Finding::in_file(&file.path, "a room without arrows", mend));
            continue;
        };
        match dependencies(file) {
            Ok(found) => {
                findings.extend(found.iter().filter_map(|used| room.objection(file, used)));
            }
            Err(error) => findings.push(Finding::in_file(&file.path, error, "mend the TOML")),
        }
        if room.on_boards
            && let Some(root) = tree.file(&format!("crates/{name}/src/lib.rs"))
            && !root.text.contains("no_std")
        {
            let mend = "add `#![no_std]`: this room also runs on a board";
            findings.push(Finding::in_file(&root.path, "it uses std", mend));
        }
    }
    findings
}

impl Room {
    /// What is wrong with this room using that crate.
    fn objection(&self, file: &File, used: &str) -> Option<Finding> {
        if self.on_boards && NEEDS_AN_OPERATING_SYSTEM.contains(&used) {
            let mend = "hand the result in instead: this room also runs on a board";
            return Some(Finding::in_file(
                &file.path,
                format!("it depends on {used}"),
                mend,
            ));
        }
        let ours = used.strip_prefix("v2x-")?;
        if self.may_use.contains(&ours) {
            return None;
        }
        let seen = format!("`{}` depends on `{ours}`", self.name);
        let allowed = if self.may_use.is_empty() {
            "nothing".to_owned()
        } else {
            self.may_use.join(", ")
        };
        let mend = format!("it may use {allowed}; turn the arrow round, or wire both in apps/");
        Some(Finding::in_file(&file.path, seen, mend))
    }
}

/// The room whose manifest this is.
fn room_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!name.contains('/')).then_some(name)
}

/// The crates that the manifest's `[dependencies]` name, for every target.
fn dependencies(file: &File) -> Result<Vec<String>, String> {
    let manifest: toml::Table = file.text.parse().map_err(|error| format!("{error}"))?;
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let per_target = targets.into_iter().flat_map(|targets| targets.values());
    let tables = per_target
        .filter_map(toml::Value::as_table)
        .chain(std::iter::once(&manifest))
        .filter_map(|owner| owner.get("dependencies")?.as_table());
    Ok(tables.flat_map(|table| table.keys().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrow_against_the_direction_is_found() {
        let manifest = "[dependencies]\nv2x-roles.workspace = true\n";
        let found = check(&Tree::of(&[("crates/can/Cargo.toml", manifest)]));
        assert!(
            found[0].to_string().contains("`can` depends on `roles`"),
            "{}",
            found[0]
        );
    }

    #[test]
    fn dependency_of_tests_may_point_anywhere() {
        let manifest = "[dev-dependencies]\nv2x-roles.workspace = true\n";
        assert!(Tree::places(check, "crates/can/Cargo.toml", manifest).is_empty());
    }

    #[test]
    fn runtime_or_std_in_a_room_on_boards_is_found() {
        let manifest = "[target.'cfg(unix)'.dependencies]\ntokio.workspace = true\n";
        let tree = Tree::of(&[
            ("crates/proto/Cargo.toml", manifest),
            ("crates/proto/src/lib.rs", "//! Protocols.\n"),
        ]);
        assert_eq!(check(&tree).len(), 2);
    }

    #[test]
    fn new_room_without_arrows_is_found() {
        assert_eq!(Tree::places(check, "crates/attic/Cargo.toml", "").len(), 1);
    }
}
