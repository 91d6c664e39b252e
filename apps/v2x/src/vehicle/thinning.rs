//! What of a row goes to the broker where not all of it does: the rules of each key, and the
//! payload that is left.
//!
//! A row is thinned when it gets its date, in the order of measurement, so that a backlog is
//! thinned as live rows are. The store keeps whole rows. What is due is decided in
//! [`v2x_roles::reporting`].

use std::time::Duration;

use serde_json::{Map, Value as Json};
use v2x_can::vss::{Datatype, Quantity};
use v2x_outbox::NewEntry;
use v2x_roles::reporting::{Change, Reporter, Rule, Rules, Value};
use v2x_store::TelemetryRow;
use v2x_units::Instant;

use super::telemetry::TIME_KEYS;

/// The key that says how many times as long intervals are than the rules say.
const STRETCH: &str = "report_stretch";

/// A key, by how much it changes unreported (`None`: a state), its shortest and longest interval in
/// seconds, and with whom it is reported.
type AddedRule = (&'static str, Option<f64>, u64, u64, Option<&'static str>);

/// The rules of keys that do not come from the mapping.
const ADDED: [AddedRule; 9] = [
    ("is_charging", None, 0, 300, None),
    ("battery_power", Some(250.0), 5, 60, None),
    // Ten metres.
    ("latitude", Some(0.0001), 5, 300, Some("position")),
    ("longitude", Some(0.0001), 5, 300, Some("position")),
    ("altitude", Some(5.0), 10, 300, None),
    ("gps_speed", Some(2.0), 5, 60, None),
    ("satellites", Some(3.0), 60, 600, None),
    ("hdop", Some(1.0), 60, 600, None),
    (STRETCH, Some(0.5), 60, 3600, None),
];

/// A rule for a key that no row has.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("no row has a key `{0}`; the keys are those of the mapping file, as soc")]
pub(crate) struct UnknownKey(String);

/// The rule of each key: one that a person has set, else the mapping's, else by the type of its
/// path.
pub(crate) fn report_rules(
    quantities: &[Quantity],
    set: &[(String, Rule)],
) -> Result<Rules, UnknownKey> {
    let mut rules = Rules::default();
    for quantity in quantities {
        if let Some(key) = &quantity.key {
            rules.set(key, rule(quantity));
        }
    }
    for (key, change, shortest, longest, together) in ADDED {
        if !rules.has(key) {
            let rule = Rule {
                change: change.map_or(Change::Any, Change::By),
                shortest: Duration::from_secs(shortest),
                longest: Duration::from_secs(longest),
                together,
            };
            rules.set(key, rule);
        }
    }
    for (key, rule) in set {
        if !rules.has(key) {
            return Err(UnknownKey(key.clone()));
        }
        rules.replace(key, rule.clone());
    }
    Ok(rules)
}

fn rule(quantity: &Quantity) -> Rule {
    let is_word = matches!(quantity.datatype, Datatype::Boolean | Datatype::String);
    match quantity.report {
        Some(report) => Rule {
            change: report.change.map_or(Change::Any, Change::By),
            shortest: report.shortest,
            longest: report.longest,
            together: None,
        },
        None if is_word => Rule {
            change: Change::Any,
            ..Rule::default()
        },
        None => Rule::default(),
    }
}

/// Thins the uploads of rows.
#[derive(Debug, Clone)]
pub(super) struct Thinning {
    reporter: Reporter,
    /// The boot whose moments the reporter compares.
    boot: String,
    /// How many times as long intervals are, where there is a budget.
    stretch: Option<f64>,
}

impl Thinning {
    /// By these rules.
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            reporter: Reporter::new(rules),
            boot: String::new(),
            stretch: None,
        }
    }

    /// From now on intervals are so many times as long.
    pub(super) fn set_stretch(&mut self, stretch: f64) {
        self.stretch = Some(stretch);
    }

    /// The next row goes whole.
    pub(super) fn forget(&mut self) {
        self.reporter.forget();
    }

    /// Takes out of a row's upload what need not be said, all of it if nothing is left. `boot` and
    /// `at` are when it was measured.
    pub(super) fn thin(&mut self, (boot, at): (&str, Instant), row: &mut TelemetryRow) {
        let Some(upload) = &row.upload else {
            return;
        };
        // Our own rows are objects; what is none goes as it is.
        let Ok(mut values) = serde_json::from_str::<Map<String, Json>>(&row.values) else {
            return;
        };
        if boot != self.boot {
            self.reporter.forget();
            boot.clone_into(&mut self.boot);
        }
        if let Some(stretch) = self.stretch {
            let rounded = (stretch * 10.0).round() / 10.0;
            values.insert(STRETCH.to_owned(), rounded.into());
        }
        let is_of_time = |key: &str| TIME_KEYS.contains(&key);
        let readings = values.iter().filter(|(key, _)| !is_of_time(key));
        let readings: Vec<_> = readings
            .map(|(key, value)| (key.clone(), reading(value)))
            .collect();
        let stretch = self.stretch.unwrap_or(1.0);
        let picked = self.reporter.pick(at, &readings, stretch);
        if picked.is_empty() {
            row.upload = None;
            return;
        }
        values.retain(|key, _| is_of_time(key) || picked.contains(key.as_str()));
        let points = u32::try_from(values.len()).unwrap_or(u32::MAX);
        let payload = Json::Object(values).to_string();
        let (class, kind, ts) = (upload.class(), upload.kind(), upload.ts());
        // It is no larger than the whole row, but for one short key.
        if let Ok(thinned) = NewEntry::new(class, kind, ts, points, payload) {
            row.upload = Some(thinned);
        }
    }
}

fn reading(value: &Json) -> Value {
    match value {
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        other => Value::Word(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
    use v2x_roles::reporting::parse_overrides;
    use v2x_roles::timekeeping::{Dated, TimeSource};
    use v2x_units::UtcTime;

    use super::*;
    use crate::vehicle::telemetry;

    fn twizy(set: &str) -> Result<Rules, UnknownKey> {
        let decoder = Decoder::from_dbc("built in", RENAULT_TWIZY_DBC).unwrap();
        let mapping = VssMapping::from_toml("built in", RENAULT_TWIZY_VSS, &decoder).unwrap();
        report_rules(mapping.quantities(), &parse_overrides(set).unwrap())
    }

    fn row(second: u64, values: &str) -> TelemetryRow {
        let date = Dated {
            utc: UtcTime::from_millis(1_795_515_300_000) + Duration::from_secs(second),
            source: TimeSource::Gnss,
            error: None,
        };
        telemetry::dated(date, values, 9)
    }

    /// What is published of a row.
    fn published(thinning: &mut Thinning, boot: &str, second: u64, values: &str) -> Option<Json> {
        let mut row = row(second, values);
        let whole = row.values.clone();
        thinning.thin(
            (boot, Instant::BOOT + Duration::from_secs(second)),
            &mut row,
        );
        assert_eq!(row.values, whole, "the store keeps all of it");
        let entry = row.upload?;
        let json: Map<String, Json> = serde_json::from_slice(entry.payload()).unwrap();
        assert_eq!(usize::try_from(entry.points()).unwrap(), json.len());
        Some(json.into())
    }

    #[test]
    fn every_key_of_the_car_has_a_rule_and_its_states_go_at_once() {
        let rules = twizy("").unwrap();
        for state in [
            "gear",
            "is_charging",
            "charging_status",
            "key_on",
            "alert_battery",
        ] {
            assert!(rules.has(state), "{state}");
            assert_eq!(rules.get(state).change, Change::Any, "{state}");
        }
        assert_eq!(rules.get("soc").change, Change::By(0.5));
        assert_eq!(rules.get("latitude").together, Some("position"));
    }

    #[test]
    fn rule_of_a_person_wins_and_one_for_no_key_is_refused() {
        let rules = twizy("soc:2:1:9,longitude:0.5:1:9").unwrap();
        assert_eq!(rules.get("soc").change, Change::By(2.0));
        assert_eq!(rules.get("longitude").together, Some("position"));
        assert_eq!(twizy("socc:2:1:9"), Err(UnknownKey("socc".to_owned())));
    }

    #[test]
    fn row_is_published_whole_at_first_and_then_what_changed_with_its_time() {
        let mut thinning = Thinning::new(twizy("").unwrap());
        let values = r#"{"soc":64.4,"gear":"Drive","motor_speed":0.0}"#;
        let first = published(&mut thinning, "a", 0, values).unwrap();
        assert_eq!(first["soc"], 64.4);
        assert_eq!(first["gear"], "Drive");
        assert_eq!(published(&mut thinning, "a", 1, values), None);
        let changed = r#"{"soc":64.5,"gear":"Reverse","motor_speed":0.0}"#;
        let second = published(&mut thinning, "a", 2, changed).unwrap();
        let expected = r#"{"gear":"Reverse","timestamp_str":"2026-11-24T10:15:02.000Z"}"#;
        assert_eq!(second.to_string(), expected);
        let other_boot = published(&mut thinning, "b", 1, changed).unwrap();
        assert_eq!(other_boot["soc"], 64.5, "its moments are no later ones");
    }

    #[test]
    fn stretched_intervals_are_told() {
        let mut thinning = Thinning::new(twizy("").unwrap());
        thinning.set_stretch(3.99);
        let first = published(&mut thinning, "a", 0, r#"{"soc":64.4}"#).unwrap();
        assert_eq!(first["report_stretch"], 4.0);
        // Ten seconds have become forty.
        assert_eq!(published(&mut thinning, "a", 39, r#"{"soc":70.0}"#), None);
        let later = published(&mut thinning, "a", 40, r#"{"soc":70.0}"#).unwrap();
        assert_eq!(later["soc"], 70.0);
    }
}
