//! Every key of a hub's own tables, each written once; those of `[monitor]`, `[dashboard]` and
//! `[mqtt]` are the vehicle's.
//!
//! From this list come `v2x config explain`, the page `docs/configuration.md` and the names of the
//! environment variables. What a file may say is decided in [`super::toml_file`]; a test holds the
//! two together.

use super::super::keys::{KEYS, Key, Kind};

/// Beside the vehicle's 9464 and the station's 9465, so that all run on one computer.
pub(super) const MONITOR: &str = "127.0.0.1:9466";
/// A hub without pages is of little use: they are there where nothing is said.
pub(super) const DASHBOARD: &str = "127.0.0.1:8080";

/// Tables that mean the same in the vehicle's file; `mqtt` is the way to an outside broker.
pub(crate) const SHARED: [&str; 3] = ["monitor", "dashboard", "mqtt"];
/// Keys of these that a hub does not have: its name and its accounts are its own, and it hears and
/// publishes nothing.
const NOT_OURS: [&str; 9] = [
    "dashboard.name",
    "dashboard.users",
    "mqtt.messages_limit",
    "mqtt.points_limit",
    "mqtt.form",
    "mqtt.topic_prefix",
    "mqtt.reporting",
    "mqtt.report_rules",
    "mqtt.budget_mb_per_month",
];

/// All keys of a hub's file, in the order of the documentation.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    let is_shared =
        |key: &&Key| SHARED.contains(&key.table) && !NOT_OURS.contains(&key.path().as_str());
    HUB_KEYS.iter().chain(KEYS.iter().filter(is_shared))
}

/// The value that holds without one in a hub's file.
pub(crate) fn default(key: &Key) -> &'static str {
    match (key.table, key.name) {
        ("monitor", "listen") => MONITOR,
        ("dashboard", "listen") => DASHBOARD,
        _ => key.default,
    }
}

const fn key(
    (table, name): (&'static str, &'static str),
    kind: Kind,
    default: &'static str,
    meaning: &'static [&'static str],
) -> Key {
    Key {
        table,
        name,
        kind,
        default,
        option: "",
        meaning,
    }
}

/// As [`key`], with an option of `v2x hub` that wins over it.
const fn with_option(option: &'static str, key: Key) -> Key {
    Key { option, ..key }
}

/// The keys of `[hub]` and `[endpoint]`, and what `[dashboard]` has of a hub alone.
pub(crate) const HUB_KEYS: &[Key] = &[
    key(
        ("hub", "name"),
        Kind::Text,
        "Hub",
        &["The hub's name, for people."],
    ),
    with_option(
        "--out",
        key(
            ("hub", "out"),
            Kind::Path,
            "",
            &["Folder for the store and the hub's certificate; made if missing."],
        ),
    ),
    key(
        ("hub", "inactive_after_s"),
        Kind::Number,
        "600",
        &["Seconds of silence, 5 to 86400, after which a device counts as offline."],
    ),
    key(
        ("hub", "stale_after_s"),
        Kind::Number,
        "60",
        &["Seconds, 1 to 86400, after which pages show a value as old."],
    ),
    key(
        ("hub", "keep_messages_days"),
        Kind::Number,
        "90",
        &[
            "Days for which every message is kept, 1 to 36500; 0: for ever. Trips, charges,",
            "sessions, alarms and the audit log always stay.",
        ],
    ),
    key(
        ("hub", "keep_minutes_days"),
        Kind::Number,
        "730",
        &["The same of minutes; hours always stay."],
    ),
    key(
        ("hub", "provisioning"),
        Kind::Flag,
        "false",
        &["Whether devices may ask to be let in; an admin lets each in, or not."],
    ),
    key(
        ("hub", "provision_key"),
        Kind::Text,
        "",
        &["The provisioning key that they have to name; without one any will do."],
    ),
    key(
        ("hub", "provision_secret_file"),
        Kind::Path,
        "",
        &["File that holds the secret of that key."],
    ),
    key(
        ("dashboard", "tls"),
        Kind::Flag,
        "false",
        &[
            "Whether the dashboard is served encrypted where `tls_cert` and `tls_key` name none:",
            "by the certificate of `[endpoint]`, or the hub's own.",
        ],
    ),
    key(
        ("endpoint", "listen"),
        Kind::Address,
        "127.0.0.1:1883",
        &[
            "Where devices connect in the clear, or `off`. On another address than loopback,",
            "tokens cross the network in the clear.",
        ],
    ),
    key(
        ("endpoint", "listen_tls"),
        Kind::Address,
        "0.0.0.0:8883",
        &["Where devices connect encrypted, or `off`."],
    ),
    key(
        ("endpoint", "certificate"),
        Kind::Path,
        "",
        &[
            "The certificate, in PEM, with those between it and its authority; with `key`, or",
            "neither: then the hub makes one, and `hub-ca.pem` in its folder is what devices trust",
            "it by.",
        ],
    ),
    key(
        ("endpoint", "key"),
        Kind::Path,
        "",
        &["The certificate's private key, in PEM."],
    ),
    key(
        ("endpoint", "connections"),
        Kind::Number,
        "5000",
        &["Connections at once, 1 to 100000; others wait to be accepted."],
    ),
    key(
        ("endpoint", "messages_limit"),
        Kind::Text,
        "none",
        &[
            "Messages that one device may send, as ThingsBoard writes it: `20:1,600:60` is 20 in a",
            "second and 600 in a minute. A connection that sends more is closed without a PUBACK.",
        ],
    ),
    key(
        ("endpoint", "points_limit"),
        Kind::Text,
        "none",
        &["The same of data points: a key of one moment is one."],
    ),
];
