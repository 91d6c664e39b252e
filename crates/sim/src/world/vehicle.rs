//! A vehicle's computer in virtual time: the product's link, decoder, state, trips, charges,
//! alarms and outbox, between the boards' lines and a broker that is not always there.
//!
//! Not here: any decision, nor its radio (`car_radio.rs`). Threads and files are `apps/v2x`'s; this
//! is the same parts in a row.

use std::sync::Arc;

use core::time::Duration;

use v2x_can::{Decoder, RENAULT_TWIZY_DBC, RENAULT_TWIZY_VSS, VssMapping};
use v2x_outbox::memory::Memory;
use v2x_outbox::{Budget, Class, EntryId, Lane, NewEntry, Outbox, PayloadKind};
use v2x_proto::link::{Event, LinkDecoder, Message};
use v2x_roles::timekeeping::BoardClock;
use v2x_roles::vehicle::{
    Alarm, Battery, Change, Charge, ChargeTracker, EpisodeId, Observation, Trip, TripDetector,
    VehicleState, merged,
};
use v2x_units::{BootId, Instant, Stamp, UtcTime};

use super::Defect;
use super::broker::Broker;
use super::car_radio::CarRadio;
use crate::chance::Chance;

/// How often the car is looked at.
const OBSERVE_EVERY: Duration = Duration::from_secs(1);
/// Entries offered at once.
const WINDOW: usize = 50;

/// What the computers know of a car's bus.
pub(super) struct Layout {
    decoder: Arc<Decoder>,
    mapping: Arc<VssMapping>,
}

impl Layout {
    pub(super) fn renault_twizy() -> Self {
        let decoder = Decoder::from_dbc("renault_twizy.dbc", RENAULT_TWIZY_DBC)
            .expect("a test reads the DBC of this repository");
        let mapping = VssMapping::from_toml("renault_twizy.toml", RENAULT_TWIZY_VSS, &decoder)
            .expect("a test reads the mapping of this repository");
        Self {
            decoder: Arc::new(decoder),
            mapping: Arc::new(mapping),
        }
    }
}

/// What a vehicle's computer has to say.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Told {
    TripEnded(Trip),
    ChargeEnded(Charge),
    AlarmRaised(Alarm),
}

/// What the computer took the car for when it last looked at it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Taken {
    /// km/h.
    pub(super) speed: Option<f64>,
    /// %.
    pub(super) percent: Option<f64>,
}

/// The computer of one car.
pub(super) struct VehicleComputer {
    link: LinkDecoder,
    /// The collector's clock beside the computer's.
    board: BoardClock,
    /// When the newest frame was captured.
    newest: Instant,
    pub(super) radio: CarRadio,
    /// Whether a fix has told the time.
    has_time: bool,
    state: VehicleState,
    trips: TripDetector,
    charges: ChargeTracker,
    battery: Battery,
    outbox: Outbox,
    disk: Memory,
    next: Instant,
    utc_at_boot: UtcTime,
    chance: Chance,
    number: usize,
    rows: u64,
    /// Rows whose commit the disk confirmed.
    pub(super) committed: Vec<(EntryId, String)>,
    /// Rows that a failing disk refused: counted, as the product does.
    pub(super) refused: u64,
    pub(super) frames: u64,
    pub(super) lost_frames: u64,
    pub(super) told: Vec<(Instant, Told)>,
    pub(super) taken: Taken,
}

impl VehicleComputer {
    pub(super) fn new(
        number: usize,
        layout: &Layout,
        utc_at_boot: UtcTime,
        radio: CarRadio,
        chance: Chance,
    ) -> Self {
        let (decoder, mapping) = (Arc::clone(&layout.decoder), Arc::clone(&layout.mapping));
        Self {
            link: LinkDecoder::new(),
            board: BoardClock::default(),
            newest: Instant::BOOT,
            radio,
            has_time: false,
            state: VehicleState::new(decoder, mapping),
            trips: TripDetector::default(),
            charges: ChargeTracker::default(),
            battery: Battery::default(),
            outbox: Outbox::new(Budget::default()),
            disk: Memory::default(),
            next: Instant::BOOT + OBSERVE_EVERY,
            utc_at_boot,
            chance,
            number,
            rows: 0,
            committed: Vec::new(),
            refused: 0,
            frames: 0,
            lost_frames: 0,
            told: Vec::new(),
            taken: Taken::default(),
        }
    }

    fn stamp(&self, at: Instant) -> Stamp {
        Stamp {
            instant: at,
            utc: self.utc_at_boot + at.since(Instant::BOOT),
        }
    }

    /// The disk does not answer for the next so many calls.
    pub(super) fn fail_disk(&mut self, calls: u32) {
        self.disk.inject(0, calls);
    }

    /// The queue and the link begin anew; state, trips and charges go on, as if nothing of them was
    /// lost.
    pub(super) fn restart(&mut self, now: Instant) {
        self.radio.restart(now);
        self.outbox = Outbox::new(Budget::default());
        self.link = LinkDecoder::new();
        self.board = BoardClock::default();
    }

    /// Entries that are on disk and not acknowledged.
    pub(super) fn waiting(&self) -> Vec<EntryId> {
        use v2x_outbox::Storage as _;
        let of = |class| self.disk.pending(class, 0, usize::MAX).unwrap_or_default();
        let all = Class::ALL.into_iter().flat_map(of);
        all.map(|entry| entry.id).collect()
    }

    /// Takes what the collector said at this moment.
    fn hear(&mut self, at: Instant, mut bytes: &[u8]) {
        self.look(at);
        let utc_at_boot = self.utc_at_boot;
        let stamp = |instant: Instant| Stamp {
            instant,
            utc: utc_at_boot + instant.since(Instant::BOOT),
        };
        while let Some(event) = self.link.next(&mut bytes) {
            let frame = match event {
                Event::Frame(frame) => frame,
                Event::Notice(v2x_proto::link::Notice::CanLost { frames }) => {
                    self.lost_frames += u64::from(frames);
                    continue;
                }
                Event::Notice(_) => continue,
            };
            match frame.message {
                Message::CanBatch(batch) => {
                    if let Some((newest, _)) = batch.frames(frame.at).last() {
                        self.board.arrived(frame.boot, newest, at);
                    }
                    for (captured, can) in batch.frames(frame.at) {
                        self.frames += 1;
                        let captured = captured_at(&self.board, at, (frame.boot, captured));
                        self.newest = self.newest.max(captured);
                        self.state.frame(stamp(self.newest), &can);
                    }
                }
                Message::GnssReport(report) => {
                    self.has_time |= report.fix.valid;
                    let captured = captured_at(&self.board, at, (frame.boot, frame.at));
                    self.state.fix(stamp(captured), &report.fix);
                }
                _ => {}
            }
        }
    }

    /// Takes what the boards said in a tick that ends now, and does what is due; gives what goes to
    /// the radio board.
    pub(super) fn turn(&mut self, now: Instant, collector: &[u8], radio: &[u8]) -> Vec<u8> {
        self.hear(now, collector);
        if !radio.is_empty() {
            self.radio.hear(now, radio);
        }
        let at = self.stamp(now);
        let utc = self.has_time.then_some(at.utc);
        self.radio.turn(at, &self.state, utc)
    }

    /// Looks at the car once a second.
    fn look(&mut self, now: Instant) {
        while self.next <= now {
            let at = self.stamp(self.next);
            self.next = self.next + OBSERVE_EVERY;
            self.observe(at);
        }
    }

    fn observe(&mut self, at: Stamp) {
        let snapshot = self.state.snapshot(at.instant);
        let seen = snapshot.as_ref().map_or_else(
            || Observation::unknown(at),
            |snapshot| Observation::of_snapshot(at, snapshot, &merged::row(snapshot)),
        );
        let has_row = snapshot.is_some();
        let value = |key| snapshot.as_ref().and_then(|it| it.by_key(key));
        self.taken = Taken {
            speed: value("motor_speed"),
            percent: value("soc"),
        };
        let chance = &mut self.chance;
        let mut draw = || {
            use rand_core::Rng as _;
            EpisodeId::new(chance.next_u64())
        };
        for change in self.trips.observe(&seen, &mut draw) {
            if let Change::Ended(trip) = change {
                self.told.push((at.instant, Told::TripEnded(trip)));
            }
        }
        for change in self.charges.observe(&seen, &mut draw) {
            if let Change::Ended(charge) = change {
                self.told.push((at.instant, Told::ChargeEnded(charge)));
            }
        }
        for change in self.battery.observe(&seen) {
            if change.is_raised {
                self.told
                    .push((at.instant, Told::AlarmRaised(change.alarm)));
            }
        }
        if has_row {
            self.keep(at);
        }
    }

    /// A row onto the disk; what it holds does not matter to the queue, only which it is.
    fn keep(&mut self, at: Stamp) {
        use v2x_outbox::Storage as _;
        self.rows += 1;
        let payload = format!("{} {}", self.number, self.rows);
        let entry = NewEntry::new(
            Class::Telemetry,
            PayloadKind::Telemetry,
            at.utc,
            1,
            payload.clone(),
        );
        let Ok(entry) = entry else { return };
        match self.disk.push(&[entry]) {
            Ok(ids) => self
                .committed
                .extend(ids.into_iter().map(|id| (id, payload.clone()))),
            Err(_) => self.refused += 1,
        }
    }

    /// Offers the broker what waits, and hears what it acknowledges.
    pub(super) fn deliver(&mut self, broker: &mut Broker, defect: Option<Defect>) {
        let Ok(batch) = self.outbox.next_batch(&self.disk, Lane::All, WINDOW) else {
            return;
        };
        let mut acknowledged = Vec::new();
        let mut unanswered = Vec::new();
        for entry in batch {
            let forgets = defect == Some(Defect::ForgetsOnDisconnect);
            if broker.takes(self.number, &entry.payload) || forgets {
                acknowledged.push(entry.id);
            } else {
                unanswered.push(entry.id);
            }
        }
        // What the disk could not remove is removed with the next acknowledgement.
        let _later = self.outbox.acknowledge(&mut self.disk, acknowledged);
        self.outbox.release(unanswered);
    }
}

/// When a board captured something that arrived now, as the daemon dates it.
fn captured_at(board: &BoardClock, arrival: Instant, (boot, at): (BootId, Instant)) -> Instant {
    let on_host = board.on_host(boot, at);
    on_host.map_or(arrival, |(captured, _)| captured.min(arrival))
}
