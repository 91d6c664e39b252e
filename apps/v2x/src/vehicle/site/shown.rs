//! What the vehicle's threads leave for those who look: one assignment each, nothing that waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use v2x_units::{Instant, UtcTime};
use v2x_web::Live;
use v2x_web::types::{LiveEvent, Reading, V2x, Warning};

use super::{ID, alarms};
use crate::clock::Clock;
use crate::site::{Acknowledged, NewestValues, ms, object};
use crate::vehicle::journal::KeptAlarm;

/// The traffic is no longer shown when the radio's thread has not told it for so long, in ms.
const TRAFFIC_FOR_MS: u64 = 5_000;

/// What is shown.
pub(in crate::vehicle) struct Shown {
    clock: Clock,
    live: Arc<Live>,
    newest: NewestValues,
    traffic: Mutex<Option<(Instant, V2x)>>,
    /// Which alarms somebody has seen.
    seen: Arc<Acknowledged>,
}

impl Shown {
    pub(super) fn new(clock: Clock, seen: Arc<Acknowledged>) -> Self {
        Self {
            clock,
            seen,
            live: Arc::new(Live::new()),
            newest: NewestValues::default(),
            traffic: Mutex::default(),
        }
    }

    pub(super) const fn seen(&self) -> &Arc<Acknowledged> {
        &self.seen
    }

    pub(super) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Shows a row: as it has its date, or would have it by the clock as it is.
    pub(in crate::vehicle) fn row(&self, at: UtcTime, values: &str) {
        let row = object(values);
        self.newest.take(ms(at), &row);
        let values = row.into_iter().filter(|(_, value)| !value.is_null());
        self.live.publish(&LiveEvent::Values {
            device: ID.to_owned(),
            ts: ms(at),
            values: values.collect(),
        });
    }

    /// Shows the traffic as it is now.
    pub(in crate::vehicle) fn traffic(&self, now: Instant, traffic: V2x) {
        *self.traffic.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, traffic));
    }

    /// Shows a warning that began or ended.
    pub(in crate::vehicle) fn warning(&self, warning: Warning) {
        let device = ID.to_owned();
        self.live.publish(&LiveEvent::Warning { device, warning });
    }

    /// Shows an alarm that began or ended.
    pub(in crate::vehicle) fn alarm(&self, kept: &KeptAlarm) {
        let alarm = alarms::shown(kept, &self.seen);
        self.live.publish(&LiveEvent::Alarm(alarm));
    }

    /// The newest values.
    pub(super) fn values(&self) -> BTreeMap<String, Reading> {
        self.newest.now()
    }

    /// The traffic, each with its age now; nothing when the radio has fallen silent.
    pub(super) fn traffic_now(&self) -> V2x {
        let now = self.clock.now().instant;
        let kept = self.traffic.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((at, traffic)) = kept.as_ref() else {
            return V2x::default();
        };
        let older = u64::try_from(now.since(*at).as_millis()).unwrap_or(u64::MAX);
        let mut traffic = traffic.clone();
        if older > TRAFFIC_FOR_MS {
            let counters = traffic.counters;
            return V2x {
                counters,
                ..V2x::default()
            };
        }
        for neighbour in &mut traffic.neighbours {
            neighbour.age_ms = neighbour.age_ms.saturating_add(older);
        }
        traffic
    }
}
