//! The thread that understands: what the collector delivers to frames and fixes, frames to state,
//! and once per interval one merged row.
//!
//! How bytes become frames and fixes is in `source/listener.rs`. This thread never writes and never
//! waits for a writer: what a full queue cannot take is counted.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError};
use v2x_can::Outcome;
use v2x_recording::{MergedRow, RadioRow};
use v2x_roles::vehicle::{FixQuality, Observation, VehicleState, merged};
use v2x_units::{CanFrame, GnssFix, Instant, Meters, Stamp};

use super::dating::MeasuredFix;
use super::health::Health;
use super::keeper::ToKeep;
use super::radio::CarNow;
use super::remote::Live;
use super::source::{BoardTime, Capture, Delivery, Heard, Listener};
use super::telemetry;
use super::timekeeping;
use crate::clock::Clock;

/// How often the radio hears of a car of which nothing new is heard.
const TELL_RADIO_EVERY: Duration = Duration::from_millis(40);
/// What is heard of the car is told to the radio at once, but not more often than this: V2V looks
/// no more often either.
const TELL_RADIO_PACE: Duration = Duration::from_millis(10);
/// How often the journal looks at the car.
const OBSERVE_EVERY: Duration = Duration::from_secs(1);

/// What the recorder writes, in the order in which it happened.
#[derive(Debug)]
pub(super) enum ToRecord {
    /// A frame of the bus, with the good fix of that moment.
    Frame {
        at: Stamp,
        /// When the board captured it, on its own clock.
        #[expect(
            dead_code,
            reason = "what maps the board's time to UTC is still to come"
        )]
        board: Option<BoardTime>,
        frame: CanFrame,
        fix: Option<GnssFix>,
    },
    /// A fix that the receiver reported, and whether it was good.
    Fix {
        at: Stamp,
        fix: GnssFix,
        quality: FixQuality,
    },
    /// A merged row.
    Row(Box<MergedRow>),
    /// Something that the radio brought.
    Radio(Box<RadioRow>),
}

/// The parts of the understanding thread.
pub(super) struct Ingest {
    pub(super) deliveries: Receiver<Delivery>,
    pub(super) to_record: Sender<Vec<ToRecord>>,
    pub(super) to_keep: Sender<ToKeep>,
    /// Where the radio hears of the car, if there is one.
    pub(super) to_radio: Option<Sender<CarNow>>,
    pub(super) state: VehicleState,
    /// How far the sea lies above the ellipsoid here, as the receiver last said (GGA).
    pub(super) geoid_separation: Option<Meters>,
    /// What is changed from afar while this runs.
    pub(super) live: Arc<Live>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
}

/// What changes from row to row.
struct Rows {
    next: Instant,
    next_observation: Instant,
    next_for_radio: Instant,
    /// Before this the radio hears nothing more.
    radio_pace: Instant,
    /// The stamp of the last row; a row without anything newer would be the same row again.
    last: Option<Stamp>,
    /// Whether the car's identity was passed on.
    vin_is_told: bool,
    /// The newest moment on the clock of the board.
    board: Option<BoardTime>,
}

impl Ingest {
    /// Runs until the collector has ended and everything it sent is passed on.
    pub(super) fn run(mut self) {
        let mut listener = Listener::new(Arc::clone(&self.health));
        let mut rows = Rows {
            next: self.clock.now().instant + self.live.row_interval(),
            next_observation: self.clock.now().instant + OBSERVE_EVERY,
            next_for_radio: self.clock.now().instant,
            radio_pace: self.clock.now().instant,
            last: None,
            vin_is_told: false,
            board: None,
        };
        loop {
            // The interval may have become shorter.
            let interval = self.live.row_interval();
            rows.next = rows.next.min(self.clock.now().instant + interval);
            let mut due = rows.next.min(rows.next_observation);
            if self.to_radio.is_some() {
                due = due.min(rows.next_for_radio);
            }
            let until_due = due.since(self.clock.now().instant);
            match self.deliveries.recv_timeout(until_due) {
                Ok(delivery) => {
                    self.health.last_heard.set(self.clock.now().instant);
                    let mut batch = Vec::new();
                    listener.hear(delivery, |heard| {
                        rows.board = heard.board.or(rows.board);
                        batch.extend(self.take(heard));
                    });
                    self.record(batch);
                    rows.next_for_radio = rows.next_for_radio.min(rows.radio_pace);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = self.clock.now().instant;
            if now >= rows.next {
                self.make_row(&mut rows, now);
                rows.next = (rows.next + interval).max(now);
            } else if self.live.row_is_wanted() {
                self.make_row(&mut rows, now);
            }
            if now >= rows.next_observation {
                self.observe();
                rows.next_observation = (rows.next_observation + OBSERVE_EVERY).max(now);
            }
            if now >= rows.next_for_radio {
                self.tell_radio();
                rows.next_for_radio = now + TELL_RADIO_EVERY;
                rows.radio_pace = now + TELL_RADIO_PACE;
            }
        }
        let now = self.clock.now().instant;
        self.make_row(&mut rows, now);
    }

    /// Tells the radio how the car is; it takes the next one if it is behind.
    fn tell_radio(&self) {
        if let Some(radio) = &self.to_radio
            && let Err(TrySendError::Full(_)) = radio.try_send(CarNow {
                geoid_separation: self.geoid_separation,
                ..CarNow::of(&self.state, self.clock.now())
            })
        {
            Health::count(&self.health.air.behind);
        }
    }

    /// Puts what was heard into the state; gives what the recorder writes of it.
    fn take(&mut self, heard: Heard) -> Option<ToRecord> {
        match heard.what {
            Capture::Frame(frame) => Some(self.frame(heard.at, heard.board, frame)),
            Capture::Fix(fix, geoid_separation) => {
                self.geoid_separation = geoid_separation;
                self.fix(heard.at, heard.board, fix)
            }
        }
    }

    fn frame(&mut self, at: Stamp, board: Option<BoardTime>, frame: CanFrame) -> ToRecord {
        Health::count(&self.health.frames);
        self.health.last_frame.set(at.instant);
        if self.state.frame(at, &frame) == Outcome::UnknownId {
            Health::count(&self.health.unknown_ids);
        }
        let fix = self.state.current_fix(at.instant).map(|(_, fix)| fix);
        ToRecord::Frame {
            at,
            board,
            frame,
            fix,
        }
    }

    /// Judges a fix; a repeated one says nothing new and is not recorded again.
    fn fix(&mut self, at: Stamp, board: Option<BoardTime>, fix: GnssFix) -> Option<ToRecord> {
        let quality = self.state.fix(at, &fix);
        if quality == FixQuality::Repeated {
            return None;
        }
        if quality == FixQuality::Good {
            Health::count(&self.health.fixes);
            self.health.last_fix.set(at.instant);
            let heard = fix.utc.and_then(|utc| self.clock.hear_fix(at.instant, utc));
            if let Some(change) = heard {
                self.keep(timekeeping::told(&change));
            }
        }
        self.keep(ToKeep::Fix(MeasuredFix {
            at,
            board,
            fix,
            quality,
        }));
        Some(ToRecord::Fix { at, fix, quality })
    }

    fn make_row(&self, rows: &mut Rows, now: Instant) {
        let Some(snapshot) = self.state.snapshot(now) else {
            return;
        };
        // Rows are told apart by their millisecond, the resolution of ThingsBoard's `ts`.
        if rows.last.is_some_and(|last| {
            last.instant.as_micros() / 1000 >= snapshot.at.instant.as_micros() / 1000
        }) {
            return;
        }
        rows.last = Some(snapshot.at);
        self.live.row_is_made();
        Health::count(&self.health.rows);
        if !rows.vin_is_told
            && let Some(serial) = self.state.vin()
        {
            rows.vin_is_told = true;
            self.keep(ToKeep::Vin(serial));
        }
        let row = merged::row(&snapshot);
        self.keep(ToKeep::Row(telemetry::row(&snapshot, &row, rows.board)));
        self.record(vec![ToRecord::Row(Box::new(row))]);
    }

    /// Shows the journal the car as it is now, also when nothing is known of it.
    fn observe(&self) {
        let at = self.clock.now();
        let snapshot = self.state.snapshot(at.instant);
        let seen = snapshot.map_or_else(
            || Observation::unknown(at),
            |snapshot| Observation::of_snapshot(at, &snapshot, &merged::row(&snapshot)),
        );
        self.keep(ToKeep::Observation(Box::new(seen)));
    }

    fn record(&self, batch: Vec<ToRecord>) {
        if batch.is_empty() {
            return;
        }
        if let Err(TrySendError::Full(lost)) = self.to_record.try_send(batch) {
            let count = u64::try_from(lost.len()).unwrap_or(u64::MAX);
            self.health
                .frames_unrecorded
                .fetch_add(count, Ordering::Relaxed);
        }
    }

    fn keep(&self, what: ToKeep) {
        if let Err(TrySendError::Full(_)) = self.to_keep.try_send(what) {
            Health::count(&self.health.rows_lost);
        }
    }
}
