//! Every key of a station's file: those of its own tables here, each written once, and the names of
//! the tables that it shares with the vehicle.
//!
//! From this list come `v2x config explain`, the page `docs/configuration.md` and the names of the
//! environment variables. What a file may say is decided in [`super::toml_file`]; a test holds the
//! two together.

use super::super::keys::{KEYS, Key, Kind};

/// Beside the vehicle's 9464, so that both run on one computer.
pub(super) const MONITOR: &str = "127.0.0.1:9465";

/// Tables that mean the same in the vehicle's file.
pub(crate) const SHARED: [&str; 4] = ["store", "radio", "monitor", "mqtt"];
/// Keys of these that a station does not have: each of its slots has its own keys, and it publishes
/// every row.
const VEHICLE_ONLY: [&str; 4] = [
    "radio.keys",
    "mqtt.reporting",
    "mqtt.report_rules",
    "mqtt.budget_mb_per_month",
];
/// What topics of plain MQTT begin with, where nothing is said.
pub(in crate::config) const TOPIC_PREFIX: &str = "v2x/station";

/// All keys of a station's file, in the order of the documentation.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    let is_shared =
        |key: &&Key| SHARED.contains(&key.table) && !VEHICLE_ONLY.contains(&key.path().as_str());
    let shared = KEYS.iter().filter(is_shared);
    STATION_KEYS.iter().chain(shared)
}

/// The value that holds without one in a station's file.
pub(crate) fn default(key: &Key) -> &'static str {
    match (key.table, key.name) {
        ("monitor", "listen") => MONITOR,
        ("mqtt", "topic_prefix") => TOPIC_PREFIX,
        _ => key.default,
    }
}

const fn key(
    table: &'static str,
    name: &'static str,
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

/// As [`key`], with an option of `v2x station` that wins over it.
const fn with_option(option: &'static str, key: Key) -> Key {
    Key { option, ..key }
}

const STATION: &str = "station";
const SLOT: &str = "slot";

/// The keys of `[station]` and `[[slot]]`.
pub(crate) const STATION_KEYS: &[Key] = &[
    key(
        STATION,
        "name",
        Kind::Text,
        "ChargingStation",
        &["The station's name."],
    ),
    key(
        STATION,
        "latitude",
        Kind::Number,
        "",
        &["Degrees north of the station, -90 to 90; with `longitude`, or neither."],
    ),
    key(
        STATION,
        "longitude",
        Kind::Number,
        "",
        &["Degrees east of the station, -180 to 180."],
    ),
    key(
        STATION,
        "time_zone",
        Kind::Text,
        "UTC",
        &["IANA time zone of receipts and accounts, as `Africa/Casablanca`."],
    ),
    key(
        STATION,
        "fast_charge",
        Kind::Flag,
        "false",
        &["What the server is told of it."],
    ),
    with_option(
        "--out",
        key(
            STATION,
            "out",
            Kind::Path,
            "",
            &["Folder for the store; made if missing."],
        ),
    ),
    key(
        STATION,
        "row_interval_s",
        Kind::Number,
        "2.0",
        &["Seconds between two rows of telemetry, 0.1 to 600."],
    ),
    key(
        STATION,
        "gateway",
        Kind::Flag,
        "false",
        &["Whether each slot is a device of its own at the server (ThingsBoard's gateway API)."],
    ),
    key(
        STATION,
        "tariffs",
        Kind::Path,
        "",
        &["File of tariffs, beside this file; or `cost_per_kwh`."],
    ),
    key(
        STATION,
        "cost_per_kwh",
        Kind::Number,
        "1.50",
        &["A single price instead of tariffs; it keeps its digits."],
    ),
    key(
        STATION,
        "currency",
        Kind::Text,
        "MAD",
        &["ISO 4217 code of the currency of `cost_per_kwh`."],
    ),
    key(
        SLOT,
        "number",
        Kind::Number,
        "",
        &["The slot's number, 1 to 16; needed."],
    ),
    key(
        SLOT,
        "name",
        Kind::Text,
        "",
        &["The slot's name, also that of its device; without one made of the station's."],
    ),
    with_option(
        "--slot",
        key(
            SLOT,
            "port",
            Kind::Path,
            "",
            &["Serial port of the slot's board or meter, best from `/dev/serial/by-id/`; needed."],
        ),
    ),
    key(
        SLOT,
        "baud",
        Kind::Number,
        "",
        &["Speed of the port; without one that of its source: 115200, framed 921600, meter 9600."],
    ),
    key(
        SLOT,
        "source",
        Kind::Text,
        "board",
        &[
            "What is on the port: `text` (a board of the prototype), `framed` (one of ours),",
            "`board` (either of them), `pzem` (a meter that is asked directly).",
        ],
    ),
    key(
        SLOT,
        "address",
        Kind::Number,
        "",
        &["Modbus address of the meter, 1 to 247; only with `pzem`; needed where several are."],
    ),
    key(
        SLOT,
        "poll_interval_s",
        Kind::Number,
        "1.0",
        &["How often a meter is asked, 0.2 to 5 seconds; only with `pzem`."],
    ),
    key(
        SLOT,
        "kind",
        Kind::Text,
        "ev",
        &["`ev`, or `socket` for small devices from 0.1 A."],
    ),
    key(
        SLOT,
        "meter",
        Kind::Text,
        "100A",
        &["The meter's range: `100A` or `10A`."],
    ),
    key(
        SLOT,
        "power_max_w",
        Kind::Number,
        "",
        &["Watts that the slot can carry, 1 to 23000; more is not believed."],
    ),
    key(
        SLOT,
        "plug",
        Kind::Text,
        "Type_F_schuko_3Kwh",
        &["What the server is told of the plug."],
    ),
    key(
        SLOT,
        "tariff",
        Kind::Text,
        "",
        &["Id of the slot's tariff; without one the first."],
    ),
    key(
        SLOT,
        "sessions",
        Kind::Text,
        "computer",
        &[
            "Who keeps its sessions: `computer`, from the meter's readings, or `controller`, a",
            "slot controller whose journal is booked; only with `framed`.",
        ],
    ),
    key(
        SLOT,
        "revocations",
        Kind::Path,
        "",
        &[
            "File with the operator's newest revocation list, `revocations` of `v2x keys`; the",
            "station gives it to the slot's controller whenever it changes. Only with",
            "`sessions = \"controller\"`.",
        ],
    ),
    key(
        SLOT,
        "relay",
        Kind::Flag,
        "false",
        &["Whether the board can switch the slot; only with `framed`."],
    ),
    key(
        SLOT,
        "policy",
        Kind::Text,
        "free vend",
        &["Who may charge: `free vend`, `known cars`, `operator`."],
    ),
    key(
        SLOT,
        "start_a",
        Kind::Number,
        "",
        &["Amperes from which something charges, 0.01 to 100; by kind 0.5, or 0.1 for a socket."],
    ),
    key(
        SLOT,
        "start_s",
        Kind::Number,
        "",
        &["For how many seconds, 0 to 3600, before a session begins."],
    ),
    key(
        SLOT,
        "stop_a",
        Kind::Number,
        "",
        &["Amperes below which nothing charges; less than `start_a`."],
    ),
    key(
        SLOT,
        "stop_s",
        Kind::Number,
        "",
        &["For how many seconds, 0 to 3600, before a session is suspended."],
    ),
    key(
        SLOT,
        "minimum_wh",
        Kind::Number,
        "",
        &["Watt-hours; less is no session."],
    ),
    key(
        SLOT,
        "idle_timeout_s",
        Kind::Number,
        "",
        &["Seconds without current, 1 to 86400, after which a session ends."],
    ),
    key(
        SLOT,
        "keys",
        Kind::Path,
        "",
        &["Folder that `v2x keys enroll` made for the slot: it speaks with cars over the radio."],
    ),
    key(
        SLOT,
        "energy_limit_kwh",
        Kind::Number,
        "",
        &["Kilowatt-hours, 0.1 to 1000, at which a session over the radio ends."],
    ),
];

/// The environment variable of a key; that of a slot has the slot's number in it.
pub(crate) fn variable(key: &Key, slot: Option<u8>) -> String {
    match slot {
        Some(number) => format!("V2X_SLOT_{number}_{}", key.name.to_uppercase()),
        None if key.table == SLOT => format!("V2X_SLOT_<number>_{}", key.name.to_uppercase()),
        None => key.variable(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The names that the parser would have taken in the place of one that it does not know.
    fn expected(text: &str) -> BTreeSet<String> {
        let said = super::super::toml_file::parse(text).unwrap_err();
        let (_, names) = said.split_once("expected one of ").unwrap();
        let names = names.split('`').skip(1).step_by(2);
        names.map(str::to_owned).collect()
    }

    #[test]
    fn every_table_and_key_that_a_file_may_have_is_documented_and_no_other() {
        let tables: BTreeSet<_> = all().map(|key| key.table.to_owned()).collect();
        assert_eq!(expected("[nonsense]\n"), tables);
        for (table, text) in [
            (STATION, "[station]\nnonsense = 1\n"),
            (SLOT, "[[slot]]\nnonsense = 1\n"),
        ] {
            let of_table = all().filter(|key| key.table == table);
            let keys: BTreeSet<_> = of_table.map(|key| key.name.to_owned()).collect();
            assert_eq!(expected(text), keys, "{table}");
        }
    }
}
