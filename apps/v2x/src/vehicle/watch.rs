//! What the monitor tells of the vehicle: each counter as a metric, each part with its reason.
//!
//! Counters are taken out of [`Health`] by name and without `..`: one that is new and not exported
//! here does not compile.

mod metrics;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use v2x_proto::link::message::{BoardStatus, BusState};
use v2x_units::Instant;

use super::health::Health;
use crate::clock::Clock;
use crate::config::VehicleConfig;
use crate::daemon::Vitals;
use crate::daemon::heartbeat::Heart;
use crate::daemon::vitals::losses;
use crate::monitor::surroundings::Time;
use crate::monitor::{Metrics, Monitor, Part, Recently, Watched};

/// A collector of the prototype speaks every five seconds, even on a bus at rest.
const SILENT_AFTER: Duration = Duration::from_secs(15);

/// The vehicle as the monitor sees it.
struct Watch {
    clock: Clock,
    health: Arc<Health>,
    vitals: Vitals,
    link_losses: Recently,
    recording_losses: Recently,
    row_losses: Recently,
}

/// The vehicle as the monitor sees it, and whoever else asks.
pub(super) fn of(
    config: &VehicleConfig,
    clock: Clock,
    health: &Arc<Health>,
    hearts: Vec<Heart>,
) -> Arc<dyn Watched> {
    Arc::new(Watch::new(config, clock, Arc::clone(health), hearts))
}

/// Starts the monitor of a vehicle that has started.
pub(super) fn start(config: &VehicleConfig, clock: Clock, watched: Arc<dyn Watched>) -> Monitor {
    Monitor::start(config.monitor, "vehicle", clock, watched)
}

impl Watch {
    fn new(config: &VehicleConfig, clock: Clock, health: Arc<Health>, hearts: Vec<Heart>) -> Self {
        Self {
            vitals: Vitals::new(
                hearts,
                (config.out.clone(), config.recording.reserve_bytes),
                config.mqtt.is_some(),
                &health.uplink,
            ),
            clock,
            health,
            link_losses: Recently::default(),
            recording_losses: Recently::default(),
            row_losses: Recently::default(),
        }
    }

    fn now(&self) -> Instant {
        self.clock.now().instant
    }

    fn time(&self) -> Time {
        let date = self.clock.date(self.now());
        Time {
            source: date.map(|dated| dated.source),
            error: date.and_then(|dated| dated.error),
        }
    }

    fn board(&self) -> Option<BoardStatus> {
        let board = &self.health.board;
        *board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn collector(&self) -> Part {
        let health = &self.health;
        let trouble = health.collector_trouble.get();
        if !health.port_is_open.load(Ordering::Relaxed) {
            let why = trouble.unwrap_or_else(|| "its port is not open".to_owned());
            return Part::failed("collector", why);
        }
        if let Some(trouble) = trouble {
            return Part::degraded("collector", trouble);
        }
        let now = self.now();
        match (health.last_heard.age(now), health.last_frame.age(now)) {
            (None, _) => Part::degraded("collector", "its port is open; nothing came yet"),
            (Some(age), _) if age > SILENT_AFTER => {
                let reason = format!(
                    "silent for {} s: has the board power, is the cable plugged in?",
                    age.as_secs()
                );
                Part::degraded("collector", reason)
            }
            (Some(_), None) => Part::ok("collector", "it speaks; no frame of the car yet"),
            (Some(_), Some(age)) if age > SILENT_AFTER => Part::ok(
                "collector",
                format!(
                    "it speaks; no frame of the car for {} s: the car is off, or its cable",
                    age.as_secs()
                ),
            ),
            (Some(_), Some(_)) => Part::ok("collector", "frames arrive"),
        }
    }

    /// The car's bus as the board sees it; nothing of a collector that says nothing of it.
    fn bus(&self) -> Option<Part> {
        let can = self.board()?.can?;
        Some(match can.bus {
            BusState::Active => Part::ok("bus", "frames arrive at the board"),
            BusState::Silent => Part::ok("bus", "nothing arrives at the board: the car is off"),
            BusState::ErrorPassive => {
                Part::degraded("bus", "many errors: check the wires and the termination")
            }
            BusState::BusOff => Part::failed("bus", "the controller left the bus: check the wires"),
            BusState::Absent => Part::failed("bus", "the CAN controller does not answer"),
            BusState::WrongBitRate => Part::failed(
                "bus",
                "only errors arrive: the board listens at another bit rate than the car's",
            ),
        })
    }

    fn link_lost(&self) -> u64 {
        let health = &self.health;
        get(&health.bytes_lost)
            + get(&health.can_frames_lost)
            + get(&health.interface_frames_lost)
            + get(&health.link_frames_lost)
    }

    fn rows_lost(&self) -> u64 {
        get(&self.health.rows_lost) + get(&self.health.rows_dropped)
    }

    fn recorder(&self) -> Part {
        let lost = get(&self.health.frames_unrecorded);
        let lately = self.recording_losses.gained(lost);
        let given_up = match get(&self.health.recorder_level) {
            _ if lately > 0 => {
                let reason =
                    format!("{lately} frames reached no file in the last minute: see the disk");
                return Part::failed("recorder", reason);
            }
            0 => return Part::ok("recorder", format!("everything is written; {lost} lost")),
            1 => "can_data.csv",
            2 => "can_data.csv and its snapshot",
            _ => "all tables",
        };
        let reason = format!("not written, for want of disk: {given_up}; the raw log still is");
        Part::degraded("recorder", reason)
    }

    fn store(&self) -> Part {
        match self.health.store_trouble.get() {
            None => losses("store", &self.row_losses, self.rows_lost(), "rows"),
            Some(why) => Part::failed(
                "store",
                format!("not open yet, rows wait in memory for an hour at most: {why}"),
            ),
        }
    }
}

impl Watched for Watch {
    fn metrics(&self, metrics: &mut Metrics) {
        let now = self.now();
        metrics::export(&self.health, now, metrics);
        if let Some(board) = self.board() {
            metrics::export_board(&board, metrics);
        }
        self.vitals.metrics(self.time(), metrics);
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = vec![self.collector()];
        parts.extend(self.bus());
        parts.extend(self.health.air.part());
        parts.extend(self.health.air.legacy.part());
        parts.extend([
            losses("link", &self.link_losses, self.link_lost(), "frames"),
            self.recorder(),
            self.store(),
        ]);
        let waiting = "rows wait for a better one as long as time.wait_s says";
        parts.extend(self.vitals.parts(self.now(), self.time(), waiting));
        parts
    }

    fn look(&self) {
        let now = self.now();
        self.link_losses.note(now, self.link_lost());
        let unrecorded = get(&self.health.frames_unrecorded);
        self.recording_losses.note(now, unrecorded);
        self.row_losses.note(now, self.rows_lost());
        self.vitals.look(now);
    }
}

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}
