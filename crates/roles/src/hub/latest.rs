//! The newest value of each key: an older one that comes late never takes its place.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value as Json;
use v2x_units::UtcTime;

use super::Row;

/// A value from further in the future is kept, but not shown: it would stand still until then.
pub const FUTURE_MAX: Duration = Duration::from_secs(24 * 3600);

/// A value from further ahead than clocks differ gives way to the next one of about now: its clock
/// was wrong, and what it said is not the newest.
pub const AHEAD_MAX: Duration = Duration::from_secs(60);

/// A row is of about now when it is at most so old; an older one is of a backlog.
const LATE_MAX: Duration = Duration::from_secs(600);

/// The most keys of one device: a station of 16 slots has some 800.
pub const KEYS_MAX: usize = 2000;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Taken {
    /// Whether any value is newer than what was there.
    pub is_newer: bool,
    /// New keys that were passed over: the device has [`KEYS_MAX`] already.
    pub passed_over: usize,
}

/// A value with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    /// When it was measured.
    pub ts: UtcTime,
    /// The value.
    pub value: Json,
}

/// The newest values of one device.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Latest(BTreeMap<String, Stamped>);

impl Latest {
    /// Takes values that were kept.
    #[must_use]
    pub const fn of(values: BTreeMap<String, Stamped>) -> Self {
        Self(values)
    }

    /// Takes a row that arrived at `now`. Of two values of the same time the later arrival holds.
    pub fn take(&mut self, row: &Row, now: UtcTime) -> Taken {
        let is_ahead = |ts: UtcTime, by: Duration| {
            let limit = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            ts.micros_since(now) > limit
        };
        let mut taken = Taken::default();
        if is_ahead(row.ts, FUTURE_MAX) {
            return taken;
        }
        let is_of_about_now = !is_ahead(row.ts, AHEAD_MAX) && {
            let limit = i64::try_from(LATE_MAX.as_micros()).unwrap_or(i64::MAX);
            now.micros_since(row.ts) <= limit
        };
        let is_of_wrong_clock = |before: UtcTime| is_of_about_now && is_ahead(before, AHEAD_MAX);
        for (key, value) in &row.values {
            let stamped = || Stamped {
                ts: row.ts,
                value: value.clone(),
            };
            let is_full = self.0.len() >= KEYS_MAX;
            match self.0.get_mut(key) {
                Some(before) if before.ts > row.ts && !is_of_wrong_clock(before.ts) => {}
                Some(before) => {
                    *before = stamped();
                    taken.is_newer = true;
                }
                None if is_full => taken.passed_over += 1,
                None => {
                    self.0.insert(key.clone(), stamped());
                    taken.is_newer = true;
                }
            }
        }
        taken
    }

    /// All values by their keys.
    #[must_use]
    pub const fn values(&self) -> &BTreeMap<String, Stamped> {
        &self.0
    }

    /// One value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Stamped> {
        self.0.get(key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: UtcTime = UtcTime::from_millis(1_795_515_300_000);

    fn row(seconds: i64, values: &Json) -> Row {
        Row {
            ts: UtcTime::from_millis(NOW.as_millis() + seconds * 1000),
            values: values.as_object().unwrap().clone(),
        }
    }

    fn value<'a>(latest: &'a Latest, key: &str) -> &'a Json {
        &latest.get(key).unwrap().value
    }

    #[test]
    fn value_that_comes_late_does_not_replace_a_newer_one_but_fills_a_gap() {
        let mut latest = Latest::default();
        let is_newer = |latest: &mut Latest, row: &Row| latest.take(row, NOW).is_newer;
        assert!(is_newer(&mut latest, &row(0, &json!({ "soc": 60.0 }))));
        let late = row(-3600, &json!({ "soc": 80.0, "odometer": 5.0 }));
        assert!(is_newer(&mut latest, &late));
        assert_eq!(value(&latest, "soc"), 60.0);
        assert_eq!(value(&latest, "odometer"), 5.0);
        assert!(!is_newer(&mut latest, &row(-7200, &json!({ "soc": 90.0 }))));
        assert!(is_newer(&mut latest, &row(0, &json!({ "soc": 59.0 }))));
        assert_eq!(value(&latest, "soc"), 59.0);
    }

    #[test]
    fn value_from_the_future_does_not_freeze_what_is_shown() {
        let mut latest = Latest::default();
        let future = latest.take(&row(90_000, &json!({ "soc": 1.0 })), NOW);
        assert_eq!(future, Taken::default());
        assert!(latest.take(&row(0, &json!({ "soc": 60.0 })), NOW).is_newer);
        assert_eq!(value(&latest, "soc"), 60.0);
    }

    #[test]
    fn value_of_a_clock_that_was_ahead_gives_way_to_the_next_right_one() {
        let mut latest = Latest::default();
        let hours = 5 * 3600;
        assert!(
            latest
                .take(&row(hours, &json!({ "soc": 10 })), NOW)
                .is_newer
        );
        let still_wrong = row(hours + 1, &json!({ "soc": 11 }));
        assert!(latest.take(&still_wrong, NOW).is_newer, "there is no other");
        let backlog = row(-3600, &json!({ "soc": 99 }));
        assert!(!latest.take(&backlog, NOW).is_newer, "an hour old");
        assert!(latest.take(&row(-1, &json!({ "soc": 60 })), NOW).is_newer);
        assert_eq!(value(&latest, "soc"), 60);
        // Clocks of computers differ by a little, and the newer word holds.
        assert!(latest.take(&row(50, &json!({ "soc": 59 })), NOW).is_newer);
        assert!(!latest.take(&row(0, &json!({ "soc": 58 })), NOW).is_newer);
    }

    #[test]
    fn keys_of_a_device_have_a_bound_and_when_full_known_ones_go_on() {
        let mut latest = Latest::default();
        let many = (0..KEYS_MAX + 3).map(|number| (format!("key {number:05}"), json!(number)));
        let many = row(0, &Json::Object(many.collect()));
        assert_eq!(latest.take(&many, NOW).passed_over, 3);
        assert_eq!(latest.values().len(), KEYS_MAX);
        let next = latest.take(&row(1, &json!({ "key 00000": "new", "other": 1 })), NOW);
        assert_eq!((next.is_newer, next.passed_over), (true, 1));
        assert_eq!(value(&latest, "key 00000"), "new");
    }
}
