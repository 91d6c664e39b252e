//! Only `crates/uplink` knows topic names; tests may subscribe to them.

use super::finding::Finding;
use super::tree::Tree;

/// What stands in topics and in nothing else, cut so that this file does not trip over itself: how
/// those of ThingsBoard begin, the long and the short ones, and a path of VSS with slashes, which
/// only plain MQTT has.
const TOPICS: &[&str] = &[
    concat!("v1/dev", "ices"),
    concat!("v1/gate", "way"),
    concat!("\"v2", "/"),
    concat!("/provi", "sion/"),
    concat!("Vehi", "cle/"),
    concat!("{pre", "fix}/"),
];

/// How the paths of the HTTP API begin, which end like topics.
const API: &str = "/api/v1/";

/// Finds topic names in sources outside the uplink.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree
        .rust()
        .filter(|file| !file.path.starts_with("crates/uplink/"))
    {
        for (number, line) in file.code_lines() {
            // A path of the HTTP API is none.
            let line = line.replace(API, "");
            if TOPICS.iter().any(|topic| line.contains(topic)) {
                let mend = "use the names that `uplink` exports";
                findings.push(Finding::at_line(&file.path, number, "a topic name", mend));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_outside_the_uplink_is_found() {
        let topic = concat!("publish(\"v1/dev", "ices/me/telemetry\");\n");
        assert_eq!(
            Tree::places(check, "apps/v2x/src/a.rs", topic),
            ["apps/v2x/src/a.rs:1"]
        );
        assert!(Tree::places(check, "crates/uplink/src/a.rs", topic).is_empty());
        assert!(Tree::places(check, "apps/v2x/tests/a.rs", topic).is_empty());
    }

    #[test]
    fn topic_of_plain_mqtt_and_a_short_one_are_found_as_well() {
        for topic in [
            concat!("let topic = format!(\"{pre", "fix}/alerts\");\n"),
            concat!("publish(\"car/Vehi", "cle/Speed\");\n"),
            concat!("publish(\"v2", "/t\");\n"),
        ] {
            let found = Tree::places(check, "apps/v2x/src/a.rs", topic);
            assert_eq!(found, ["apps/v2x/src/a.rs:1"], "{topic}");
        }
        let path = "let path = \"/api/v1/devices/{id}\";\n";
        assert!(Tree::places(check, "apps/v2x/src/a.rs", path).is_empty());
        let path = "let path = \"Vehicle.Speed\";\nlet prefix = \"v2x/vehicle\";\n";
        assert!(Tree::places(check, "apps/v2x/src/a.rs", path).is_empty());
    }
}
