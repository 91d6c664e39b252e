//! Keeps the store within its age and size, and says what was given up for that.
//!
//! What may be given up is decided in [`v2x_store::retention`]; here is when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::json;
use tracing::{info, warn};
use v2x_store::{Event, Pruned, Retention, Store};
use v2x_units::Instant;

use crate::clock::Clock;
use crate::monitor::Metrics;

/// How often the store is looked at.
const EVERY: Duration = Duration::from_secs(60);
/// How often while there may be more to give up; between two pieces rows are written.
const AT_ONCE: Duration = Duration::from_secs(1);
/// How often what was given up is said.
const SAY_EVERY: Duration = Duration::from_secs(3600);

/// What is known of the store's size.
#[derive(Debug, Default)]
pub(crate) struct StoreHealth {
    /// Bytes of the file in use.
    pub(crate) used_bytes: AtomicU64,
    /// Rows given up since the start, for age or size.
    pub(crate) pruned: AtomicU64,
}

impl StoreHealth {
    /// Told the same way by all roles.
    pub(crate) fn metrics(&self, to: &mut Metrics) {
        to.counter(
            "v2x_store_pruned_rows_total",
            "Rows of the store given up for their age or its size.",
            &self.pruned,
        );
        to.whole(
            "v2x_store_used_bytes",
            "Bytes of the store that are in use; 0 in the first minute.",
            self.used_bytes.load(Ordering::Relaxed),
        );
    }
}

/// Looks after the store's size on the thread that owns it.
pub(crate) struct Housekeeping {
    retention: Retention,
    due: Instant,
    /// What was given up and not said yet.
    unsaid: Pruned,
    say_from: Instant,
    health: Arc<StoreHealth>,
}

impl Housekeeping {
    /// Keeps a store so; looks for the first time a minute after the start.
    pub(crate) fn new(retention: Retention, clock: Clock, health: Arc<StoreHealth>) -> Self {
        let now = clock.now().instant;
        Self {
            retention,
            due: now + EVERY,
            unsaid: Pruned::default(),
            say_from: now,
            health,
        }
    }

    /// Gives up a piece if it is time.
    pub(crate) fn look(&mut self, clock: Clock, store: &mut Store) {
        let now = clock.now().instant;
        if now < self.due {
            return;
        }
        self.due = now + EVERY;
        let date = clock.trusted_date(now).map(|dated| dated.utc);
        match store.prune(&self.retention, date) {
            Ok(pruned) => {
                if pruned.may_go_on {
                    self.due = now + AT_ONCE;
                }
                (self.health.pruned).fetch_add(pruned.rows(), Ordering::Relaxed);
                self.unsaid.add(&pruned);
            }
            Err(error) => warn!(%error, "the store was not tidied"),
        }
        if let Ok(bytes) = store.used_bytes() {
            self.health.used_bytes.store(bytes, Ordering::Relaxed);
        }
        let is_news = self.unsaid.rows() > 0 || self.unsaid.is_over_budget;
        if is_news && !self.unsaid.may_go_on && now >= self.say_from {
            self.say_from = now + SAY_EVERY;
            self.say(clock, store);
        }
    }

    fn say(&mut self, clock: Clock, store: &mut Store) {
        let pruned = std::mem::take(&mut self.unsaid);
        let rows = pruned.rows();
        if pruned.is_over_budget {
            warn!("the store is beyond its budget, and nothing in it may be given up");
        }
        if rows == 0 {
            return;
        }
        info!(rows, "given up in the store: beyond its age or size");
        let now = clock.now().instant;
        let event = Event {
            at: clock.trusted_date(now).map(|dated| dated.utc),
            kind: "store_pruned".to_owned(),
            detail: json!({
                "telemetry": pruned.telemetry,
                "fixes": pruned.fixes,
                "meter_values": pruned.meter_values,
                "set_aside": pruned.set_aside,
                "events": pruned.events,
            })
            .to_string(),
            upload: None,
        };
        if let Err(error) = store.record_event(&event) {
            warn!(%error, "what was given up is not noted in the store");
        }
    }
}

#[cfg(test)]
mod tests {
    use v2x_store::TelemetryRow;
    use v2x_units::UtcTime;

    use super::*;

    #[test]
    fn what_was_given_up_for_its_age_is_counted_and_noted_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(&folder.path().join("v2x.db")).unwrap();
        let row = TelemetryRow {
            source: "vehicle".to_owned(),
            at: UtcTime::from_millis(1_756_382_400_000),
            values: "{}".to_owned(),
            upload: None,
        };
        store.record_telemetry(&[row]).unwrap();
        let setting = folder.path().join("clock");
        std::fs::write(&setting, "0 ntp").unwrap();
        let clock = Clock::start();
        let mut system = crate::clock::SystemClock::of_test(&setting);
        for _ in 0..8 {
            clock.hear_system(&mut system);
        }
        let retention = Retention {
            age: Some(Duration::from_secs(86_400)),
            bytes: None,
        };
        let health = Arc::new(StoreHealth::default());
        let mut keeping = Housekeeping::new(retention, clock, Arc::clone(&health));
        for _ in 0..2 {
            keeping.due = Instant::BOOT;
            keeping.look(clock, &mut store);
        }
        assert_eq!(health.pruned.load(Ordering::Relaxed), 1);
        assert!(health.used_bytes.load(Ordering::Relaxed) > 0);
        let events = store.events(0, 10).unwrap();
        let [told] = events.as_slice() else {
            panic!("one event, not {events:?}");
        };
        assert_eq!(told.event.kind, "store_pruned");
        assert!(told.event.detail.contains("\"telemetry\":1"));
    }
}
