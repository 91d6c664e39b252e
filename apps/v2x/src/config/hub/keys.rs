//! Every key of a hub's own tables, each written once; those of `[mqtt]` are the vehicle's.
//!
//! From this list come `v2x config explain`, the page `docs/configuration.md` and the names of the
//! environment variables. What a file may say is decided in [`super::toml_file`]; a test holds the
//! two together.

use super::super::keys::{KEYS, Key, Kind};

/// Tables that mean the same in the vehicle's file: the way to an outside broker.
pub(crate) const SHARED: [&str; 1] = ["mqtt"];
/// Keys of these that a hub does not have: it hears and publishes nothing.
const NOT_OURS: [&str; 7] = [
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

/// The keys of `[hub]` and `[endpoint]`.
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
        ("hub", "dashboard"),
        Kind::Address,
        "127.0.0.1:8080",
        &["Where the dashboard and its API are served, or `off`."],
    ),
    key(
        ("hub", "dashboard_tls"),
        Kind::Flag,
        "false",
        &["Whether it is served encrypted, by the certificate of `[endpoint]`."],
    ),
    key(
        ("hub", "tiles_url"),
        Kind::Text,
        "",
        &[
            "Where browsers get map tiles, as `https://tiles.example/{z}/{x}/{y}.png`: whoever",
            "serves them learns which places are looked at. Without it the map has no tiles, and",
            "no page asks anything of anybody but this computer.",
        ],
    ),
    key(
        ("hub", "tiles_attribution"),
        Kind::Text,
        "",
        &["Whom the map names for its tiles, as their licence asks for."],
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
