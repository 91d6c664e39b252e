//! When rows of telemetry, alarms and attributes are made, and of what time they are.
//!
//! What stands in them is [`super::telemetry`]'s. A row has the time of its newest measurement, so
//! that a dashboard shows when something was measured and not when it was sent.

use std::time::Duration;

use v2x_outbox::{Class, NewEntry, PayloadKind};
use v2x_roles::station::{SlotView, Station, StationSetup};
use v2x_store::TelemetryRow;
use v2x_units::{Instant, UtcTime};
use v2x_uplink::thingsboard::Values;

use super::telemetry;
use crate::clock::Clock;
use crate::config::station::StationConfig;

/// The sources of these rows in the store.
pub(super) const STATION: &str = "station";
const SLOTS: &str = "station.slots";

/// A meter that was not heard yet is no alarm before a slot's silence would be one.
pub(super) const ALARMS_AFTER: Duration = Duration::from_secs(10);

/// When the next rows are due, and what was said last.
pub(super) struct Rows {
    interval: Duration,
    is_gateway: bool,
    /// Whether prototypes are spoken with.
    is_legacy: bool,
    /// The text of the tariffs that hold.
    tariffs: String,
    due: Instant,
    alarms_from: Instant,
    /// The alarm of each slot as it was told; empty before the first time, so that an alarm of the
    /// run before is taken back.
    alarms: Vec<String>,
    /// The time of the last row.
    last: Option<UtcTime>,
}

/// What one moment gives.
#[derive(Default)]
pub(super) struct Made {
    pub(super) rows: Vec<TelemetryRow>,
    pub(super) alarms: Vec<NewEntry>,
    /// No clock was right: there is no row without its time.
    pub(super) is_undated: bool,
}

impl Rows {
    pub(super) fn new(config: &StationConfig, is_legacy: bool, now: Instant) -> Self {
        let interval = config.row_interval;
        let tariffs = config.tariffs.first();
        Self {
            interval,
            is_gateway: config.gateway,
            is_legacy,
            tariffs: tariffs
                .map(|(_, document)| document.clone())
                .unwrap_or_default(),
            due: now + interval,
            alarms_from: now + ALARMS_AFTER,
            alarms: vec![String::new(); config.setup.slots.len()],
            last: None,
        }
    }

    /// Other tariffs hold from now on.
    pub(super) fn set_tariffs(&mut self, toml: &str) {
        toml.clone_into(&mut self.tariffs);
    }

    /// When the next rows are due.
    pub(super) const fn due(&self) -> Instant {
        self.due
    }

    /// Makes the rows of this moment.
    pub(super) fn make(&mut self, setup: &StationSetup, station: &Station, clock: &Clock) -> Made {
        let now = clock.now().instant;
        self.due = (self.due + self.interval).max(now);
        let Some(utc) = Clock::wall() else {
            return Made {
                is_undated: true,
                ..Made::default()
            };
        };
        let views: Vec<_> = station.views(now).collect();
        let measured_at = |view: &SlotView<'_>| {
            let sample = view.measured?;
            Some(utc - now.since(sample.at))
        };
        let newest = views.iter().filter_map(measured_at).max();
        let newest = newest.filter(|newest| self.last.is_none_or(|last| *newest > last));
        let at = newest.unwrap_or(utc);
        self.last = Some(at);
        let values = telemetry::prototype_row(setup, &views, at);
        let mut rows = vec![row(STATION, PayloadKind::Telemetry, at, values)];
        if self.is_gateway {
            let payload = telemetry::slot_rows(&views, utc, measured_at);
            let kind = PayloadKind::GatewayTelemetry;
            let points = payload.points;
            let upload = NewEntry::new(Class::Telemetry, kind, at, points, payload.json.clone());
            rows.push(TelemetryRow {
                source: SLOTS.to_owned(),
                at,
                values: payload.json,
                upload: upload.ok(),
            });
        }
        Made {
            rows,
            alarms: self.alarms(&views, now, utc),
            is_undated: false,
        }
    }

    /// The alarms that began or ended.
    fn alarms(&mut self, views: &[SlotView<'_>], now: Instant, utc: UtcTime) -> Vec<NewEntry> {
        if now < self.alarms_from {
            return Vec::new();
        }
        let mut entries = Vec::new();
        for (view, told) in views.iter().zip(&mut self.alarms) {
            let alarm = telemetry::alarm(view).unwrap_or_else(|| "none".to_owned());
            if *told != alarm {
                entries.extend(telemetry::alarm_entry(view.setup.number, &alarm, utc));
                *told = alarm;
            }
        }
        entries
    }

    /// What the station and its slots are.
    pub(super) fn attributes(
        &self,
        setup: &StationSetup,
        station: &Station,
        clock: &Clock,
    ) -> Vec<NewEntry> {
        let now = clock.now();
        let views: Vec<_> = station.views(now.instant).collect();
        // Attributes have no time of their own: any will do for the queue.
        let at = Clock::wall().unwrap_or(now.utc);
        let slots = || telemetry::slot_attributes(setup, &views, at);
        let of_slots = self.is_gateway.then(slots).flatten();
        let of_station = telemetry::attributes(setup, &views, self.is_legacy, at);
        let tariffs = telemetry::tariffs(&self.tariffs, at);
        let all = of_station.into_iter().chain(of_slots);
        all.chain(tariffs).collect()
    }
}

fn row(source: &str, kind: PayloadKind, at: UtcTime, values: Values) -> TelemetryRow {
    let points = values.points();
    let values = values.into_json();
    // A row of 16 slots has 4 kB; one that no server would take stays local.
    let upload = NewEntry::new(Class::Telemetry, kind, at, points, values.clone());
    TelemetryRow {
        source: source.to_owned(),
        at,
        values,
        upload: upload.ok(),
    }
}
