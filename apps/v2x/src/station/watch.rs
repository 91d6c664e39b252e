//! What the monitor tells of the station: each counter as a metric, each part with its reason.
//!
//! Counters are taken out of [`Health`] by name and without `..`: one that is new and not exported
//! here does not compile.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use v2x_roles::station::SlotView;
use v2x_roles::timekeeping::{SystemTime, TimeSource};

use super::health::Health;
use super::telemetry;
use crate::clock::{Clock, SystemClock};
use crate::config::station::StationConfig;
use crate::daemon::Vitals;
use crate::daemon::heartbeat::Heart;
use crate::daemon::vitals::losses;
use crate::monitor::surroundings::Time;
use crate::monitor::{Metrics, Monitor, Part, Recently, Watched};

/// What should stay free on the disk, in bytes: a year of sessions of a busy station.
const RESERVE: u64 = 200_000_000;
/// Joules in a watt-hour: energy is exported in the base unit.
const JOULES: f64 = 3600.0;
/// The clock is read at each so many looks: every half minute.
const CLOCK_EVERY: u64 = 6;

/// The lines and slots as they were lately, left by their threads.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Why each line is not open; `None` when it is.
    lines: Mutex<BTreeMap<PathBuf, Option<String>>>,
    slots: Mutex<Vec<SlotNow>>,
}

/// A slot as it was lately.
#[derive(Debug, Clone, PartialEq)]
struct SlotNow {
    number: String,
    state: String,
    /// Why it cannot be used.
    outage: Option<String>,
    volts: Option<f64>,
    amperes: Option<f64>,
    watts: Option<f64>,
    meter_joules: Option<f64>,
    session_joules: Option<f64>,
}

impl Shown {
    /// A line was opened, or could not be used for this reason.
    pub(super) fn line(&self, path: &Path, trouble: Option<String>) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.insert(path.to_owned(), trouble);
    }

    /// The slots as they are now.
    pub(super) fn slots<'a>(&self, views: impl Iterator<Item = SlotView<'a>>) {
        let slots = views.map(|view| SlotNow::of(&view)).collect();
        *self.slots.lock().unwrap_or_else(PoisonError::into_inner) = slots;
    }

    fn slots_now(&self) -> Vec<SlotNow> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.clone()
    }

    fn lines_now(&self) -> BTreeMap<PathBuf, Option<String>> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone()
    }
}

impl SlotNow {
    fn of(view: &SlotView<'_>) -> Self {
        let measured = view.measured.as_ref();
        let state = view.state.map(|state| state.to_string());
        let session = view.session.as_ref();
        Self {
            number: view.setup.number.to_string(),
            state: state.unwrap_or_else(|| "starting".to_owned()),
            outage: view.state.and_then(telemetry::reason),
            volts: measured.and_then(|sample| Some(sample.voltage?.get())),
            amperes: measured.and_then(|sample| Some(sample.current?.get())),
            watts: measured.and_then(|sample| Some(sample.power?.get())),
            meter_joules: measured.and_then(|sample| Some(sample.energy?.get() * JOULES)),
            session_joules: session
                .map(|session| session.energy.plausible.kilowatt_hours() * 1000.0 * JOULES),
        }
    }

    fn part(&self) -> Part {
        let name = format!("slot {}", self.number);
        match &self.outage {
            Some(outage) => Part::failed(name, format!("{}: {outage}", self.state)),
            None => Part::ok(name, self.state.clone()),
        }
    }

    fn metrics(&self, metrics: &mut Metrics) {
        let slot = ("slot", self.number.as_str());
        metrics.info(
            "v2x_slot_state",
            "The state of a slot, in the words of OCPP 1.6.",
            &[slot, ("state", &self.state)],
        );
        for (name, help, value) in [
            (
                "v2x_slot_voltage_volts",
                "RMS voltage of a slot.",
                self.volts,
            ),
            (
                "v2x_slot_current_amperes",
                "RMS current of a slot.",
                self.amperes,
            ),
            (
                "v2x_slot_power_watts",
                "Active power of a slot.",
                self.watts,
            ),
            (
                "v2x_slot_session_joules",
                "Plausible energy of the open session.",
                self.session_joules,
            ),
        ] {
            if let Some(value) = value {
                metrics.labelled_gauge(name, help, &[slot], value);
            }
        }
        if let Some(joules) = self.meter_joules {
            metrics.labelled_total(
                "v2x_slot_meter_joules_total",
                "The energy counter of a slot's meter.",
                &[slot],
                joules,
            );
        }
    }
}

/// The station as the monitor sees it.
struct Watch {
    clock: Clock,
    system: Mutex<SystemWitness>,
    health: Arc<Health>,
    vitals: Vitals,
    lines: Vec<PathBuf>,
    losses: Recently,
}

/// The system clock as it was read last.
struct SystemWitness {
    clock: SystemClock,
    looks: u64,
    read: Option<SystemTime>,
}

/// The station as the monitor sees it, and whoever else asks.
pub(super) fn of(
    config: &StationConfig,
    clock: Clock,
    health: &Arc<Health>,
    hearts: Vec<Heart>,
) -> Arc<dyn Watched> {
    Arc::new(Watch::new(config, clock, Arc::clone(health), hearts))
}

/// Starts the monitor of a station that has started.
pub(super) fn start(config: &StationConfig, clock: Clock, watched: Arc<dyn Watched>) -> Monitor {
    Monitor::start(config.monitor, "station", clock, watched)
}

impl Watch {
    fn new(config: &StationConfig, clock: Clock, health: Arc<Health>, hearts: Vec<Heart>) -> Self {
        Self {
            vitals: Vitals::new(
                hearts,
                (config.out.clone(), RESERVE),
                config.mqtt.is_some(),
                &health.uplink,
            ),
            clock,
            system: Mutex::new(SystemWitness {
                clock: SystemClock::new(),
                looks: 0,
                read: None,
            }),
            health,
            lines: config.lines.iter().map(|line| line.path.clone()).collect(),
            losses: Recently::default(),
        }
    }

    fn time(&self) -> Time {
        let system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        let source = match (Clock::wall(), system.read) {
            (None, _) => None,
            (Some(_), Some(read)) if read.is_synchronised => Some(TimeSource::Ntp),
            (Some(_), _) => Some(TimeSource::SystemUnsynchronised),
        };
        let error = None;
        Time { source, error }
    }

    fn lost(&self) -> u64 {
        let health = &self.health;
        get(&health.readings_lost) + get(&health.rows_dropped) + get(&health.steps_left_out)
    }

    fn line_parts(&self) -> Vec<Part> {
        let known = self.health.shown.lines_now();
        let part = |path: &PathBuf| {
            let name = format!("line {}", path.display());
            match known.get(path) {
                Some(None) => Part::ok(name, "open"),
                Some(Some(trouble)) => Part::failed(name, trouble.clone()),
                None => Part::degraded(name, "not opened yet"),
            }
        };
        self.lines.iter().map(part).collect()
    }
}

impl Watched for Watch {
    fn metrics(&self, metrics: &mut Metrics) {
        export(&self.health, metrics);
        let known = self.health.shown.lines_now();
        for path in &self.lines {
            metrics.labelled_gauge(
                "v2x_line_open",
                "Whether a serial line is open.",
                &[("line", &path.display().to_string())],
                f64::from(u8::from(matches!(known.get(path), Some(None)))),
            );
        }
        for slot in self.health.shown.slots_now() {
            slot.metrics(metrics);
        }
        self.vitals.metrics(self.time(), metrics);
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = self.line_parts();
        let slots = self.health.shown.slots_now();
        parts.extend(slots.iter().map(SlotNow::part));
        parts.extend(self.health.air.part());
        parts.extend(self.health.air.legacy.part());
        parts.push(losses(
            "store",
            &self.losses,
            self.lost(),
            "readings or rows",
        ));
        let now = self.clock.now().instant;
        let waiting = "sessions go on, and get their dates when it is right";
        parts.extend(self.vitals.parts(now, self.time(), waiting));
        parts
    }

    fn look(&self) {
        let now = self.clock.now().instant;
        self.losses.note(now, self.lost());
        self.vitals.look(now);
        let mut system = self.system.lock().unwrap_or_else(PoisonError::into_inner);
        if system.looks.is_multiple_of(CLOCK_EVERY) {
            system.read = Some(system.clock.read());
        }
        system.looks += 1;
    }
}

/// Every counter of the station.
fn export(health: &Health, to: &mut Metrics) {
    let Health {
        readings,
        unrouted,
        meter_failed,
        damaged,
        other_text,
        readings_lost,
        rows,
        rows_undated,
        rows_dropped,
        steps_left_out,
        shown: _, // Slots and lines are told one by one.
        store,
        air,
        uplink: _, // Told as every role tells it.
    } = health;
    store.metrics(to);
    air.metrics(to);
    for (name, help, counter) in [
        (
            "v2x_meter_readings_total",
            "Readings that found their slot.",
            readings,
        ),
        (
            "v2x_meter_unrouted_readings_total",
            "Readings that named a slot which the station does not have.",
            unrouted,
        ),
        (
            "v2x_meter_failures_total",
            "Times that a board or a line had no reading.",
            meter_failed,
        ),
        (
            "v2x_line_damaged_total",
            "Lines or frames that were damaged on the way.",
            damaged,
        ),
        (
            "v2x_line_other_text_total",
            "Texts that are no reading: debug output, banners, lines for people.",
            other_text,
        ),
        (
            "v2x_meter_lost_readings_total",
            "Readings dropped because the keeper was behind, and frames lost on the link.",
            readings_lost,
        ),
        ("v2x_rows_total", "Rows of telemetry made.", rows),
        (
            "v2x_rows_undated_total",
            "Rows not made because no clock was right.",
            rows_undated,
        ),
        (
            "v2x_rows_dropped_total",
            "Rows given up because the disk refused for too long.",
            rows_dropped,
        ),
        (
            "v2x_session_steps_left_out_total",
            "Steps of sessions that the store will never take; they stand in the log.",
            steps_left_out,
        ),
    ] {
        to.counter(name, help, counter);
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
