//! The thread of the radio: what is heard and what the car does in, payloads and things to keep
//! out. What V2V and V2G are fed with is `v2x_roles::vehicle::radio`.
//!
//! ```text
//! ingest ─► car ten times a second ─┐
//! air ────► payloads ───────────────┼─► radio ─┬─► air
//!                                   │          ├─► recorder
//!                                   │          └─► keeper
//! ```
//!
//! It never waits for the disk: what the keeper has no room for is counted. It ends when the
//! ingest has.

pub(super) mod around;
pub(super) mod books;
pub(super) mod health;
mod legacy;
pub(super) mod local;
mod log;
mod shown;
pub(super) mod wishes;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select};
use serde_json::json;
use tracing::{info, warn};
use v2x_proto::secure::Verifier;
use v2x_proto::v2g::SessionId;
use v2x_proto::v2v::{Heard, Pseudonym, V2vSettings, is_geonetworking};
use v2x_recording::RadioRow;
use v2x_roles::vehicle::radio::{
    Answer, Charging, Order, Traffic, V2gSettings, WantedByV2g, WantedByV2v, Wishes,
};
pub(super) use v2x_roles::vehicle::radio::{
    CarNow, ToldByV2g, ToldByV2v, TrafficState as V2vState,
};
use v2x_units::Instant;
use v2x_web::types::V2x;

use legacy::Legacy;
use local::Asked;

use super::health::Health;
use super::ingest::ToRecord;
use super::keeper::ToKeep;
use super::site::Shown;
use crate::air::{Air, AirHealth, Packet};
use crate::clock::Clock;
use crate::daemon::control::refusal;
use crate::daemon::payload::is_of_no_protocol_of_ours;
use crate::failure::{Blame, Context as _, Failure};
use crate::keys::{Drawn, RevocationFile, UnitKeys};

/// How often the time is told: certificates and credentials have whole seconds.
const TELL_CLOCK: Duration = Duration::from_secs(1);
/// How often the revocation list is looked at.
const LOOK_AT_REVOCATIONS: Duration = Duration::from_secs(10);
/// How often the traffic is shown to those who look.
const SHOW_EVERY: Duration = Duration::from_millis(500);
/// How often the server is told who is around, while it is connected.
const TELL_EVERY: Duration = Duration::from_secs(10);
/// The longest wait.
const GLANCE: Duration = Duration::from_millis(100);

/// The thread of the radio.
pub(super) struct Radio {
    air: Air,
    car: Receiver<CarNow>,
    /// What the driver asks for, over the daemon's socket.
    local: Receiver<Asked>,
    /// Who waits for the end of the power.
    stopping: Option<Sender<serde_json::Value>>,
    charging: Charging,
    traffic: Traffic,
    legacy: Option<Legacy>,
    revocations: RevocationFile,
    to_keep: Sender<ToKeep>,
    to_record: Sender<Vec<ToRecord>>,
    clock: Clock,
    health: Arc<Health>,
    rng: Drawn,
    /// When clock and revocations are looked at next.
    due: (Instant, Instant),
    /// What those who look see, where the dashboard is switched on.
    shown: Option<Arc<Shown>>,
    show_due: Instant,
    /// When the server is told who is around, and whether it was told that nobody is.
    tell: (Instant, bool),
    /// Whether the server hears who is around: not where a month has a budget.
    tells_around: bool,
}

/// What the radio is made of.
pub(super) struct Parts {
    pub(super) air: Air,
    pub(super) car: Receiver<CarNow>,
    pub(super) local: Receiver<Asked>,
    pub(super) wishes: Wishes,
    pub(super) keys: UnitKeys,
    pub(super) config: V2gSettings,
    /// Whether stations are believed while the time is not known.
    pub(super) without_clock: bool,
    /// Whether prototypes are spoken with.
    pub(super) legacy: bool,
    /// Whether the server hears who is around.
    pub(super) tells_around: bool,
    /// The session that was open before a restart.
    pub(super) open: Option<SessionId>,
    pub(super) to_keep: Sender<ToKeep>,
    pub(super) to_record: Sender<Vec<ToRecord>>,
    pub(super) clock: Clock,
    pub(super) health: Arc<Health>,
    pub(super) rng: Drawn,
    /// What those who look see, where the dashboard is switched on.
    pub(super) shown: Option<Arc<Shown>>,
}

impl Radio {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the unit's certificates do not hang together.
    pub(super) fn new(parts: Parts) -> Result<Self, Failure> {
        let now = parts.clock.now().instant;
        if parts.legacy {
            parts.health.air.legacy.switched_on();
        }
        let mut rng = parts.rng;
        let traffic = traffic(&parts.keys, now, &mut rng)?;
        let mut charging = Charging::new(
            parts.keys.identity,
            parts.keys.trust,
            &parts.config,
            parts.wishes,
            parts.without_clock,
        );
        if let Some(session) = parts.open {
            charging.remember(session);
        }
        Ok(Self {
            air: parts.air,
            car: parts.car,
            local: parts.local,
            stopping: None,
            charging,
            traffic,
            legacy: parts.legacy.then(|| Legacy::new(parts.config.capacity)),
            revocations: parts.keys.revocations,
            to_keep: parts.to_keep,
            to_record: parts.to_record,
            clock: parts.clock,
            health: parts.health,
            rng,
            due: (now, now),
            shown: parts.shown,
            show_due: now,
            tell: (now, false),
            tells_around: parts.tells_around,
        })
    }

    /// Runs until the ingest has ended.
    pub(super) fn run(mut self) {
        loop {
            let now = self.clock.now().instant;
            self.by_the_clock(now);
            self.act();
            self.show(now);
            self.tell(now);
            let legacy = self.legacy.as_ref().and_then(Legacy::wake_at);
            let wake_at = [self.charging.wake_at(), self.traffic.wake_at(), legacy];
            let wait = wake_at.into_iter().flatten().map(|at| at.since(now));
            let wait = wait.min().unwrap_or(GLANCE).min(GLANCE);
            select! {
                recv(self.car) -> car => match car {
                    Ok(car) => {
                        self.charging.car(&car, &mut self.rng);
                        let by_legacy = self.legacy.as_ref().is_some_and(Legacy::is_in_session);
                        let in_conversation = self.charging.is_in_conversation() || by_legacy;
                        self.traffic.car(&car, in_conversation, &mut self.rng);
                        if let Some(legacy) = &mut self.legacy {
                            let plugged = self.charging.is_plugged_without_proof();
                            legacy.car(&car, self.health.air.address(), plugged);
                            legacy.cost_limit(car.at.instant, self.charging.cost_limit());
                        }
                    }
                    Err(_) => break,
                },
                recv(self.air.heard) -> packet => match packet {
                    Ok(packet) => self.hear(&packet),
                    // The air has ended with the daemon; the car still says good-bye.
                    Err(_) => self.air.heard = never(),
                },
                recv(self.local) -> asked => match asked {
                    Ok(asked) => {
                        self.answer(asked);
                    }
                    // Nobody asks any more.
                    Err(_) => self.local = never(),
                },
                default(wait) => {}
            }
        }
        self.act();
    }

    /// Carries out what the driver asks for, and answers it: a stop when the power has ended.
    fn answer(&mut self, asked: Asked) {
        let now = self.clock.now().instant;
        let is_stop = matches!(asked.order, Order::Stop);
        match self.charging.local(now, asked.order, &mut self.rng) {
            Answer::Now(answer) => {
                // Without a proven session it may be a prototype's station that gives the power.
                let legacy = self.legacy.as_mut().filter(|_| is_stop);
                let is_asked = legacy.is_some_and(|legacy| legacy.stop(now));
                let answer = if is_asked {
                    json!({ "ok": true, "ended": legacy::ASKED })
                } else {
                    answer
                };
                // Whoever asked may have gone.
                asked.answer.try_send(answer).ok();
            }
            Answer::Later => {
                if let Some(before) = self.stopping.replace(asked.answer) {
                    before.try_send(refusal("another stop was asked for")).ok();
                }
            }
        }
    }

    /// V2V counts everything that is heard: it tells how busy the channel is.
    fn hear(&mut self, packet: &Packet) {
        let (at, from) = (packet.at, packet.from);
        let heard = Heard {
            from,
            rssi_dbm: packet.rssi_dbm,
            payload: &packet.payload,
        };
        self.traffic.heard(at, heard, &mut self.rng);
        if is_geonetworking(&packet.payload) {
            return;
        }
        self.charging
            .heard(at, from, &packet.payload, &mut self.rng);
        if let Some(legacy) = &mut self.legacy
            && is_of_no_protocol_of_ours(&packet.payload)
        {
            legacy.heard(at, from, &packet.payload);
        }
    }

    fn by_the_clock(&mut self, now: Instant) {
        let (clock_due, revocations_due) = self.due;
        if now >= clock_due {
            self.due.0 = now + TELL_CLOCK;
            let utc = self.clock.trusted_date(now).map(|dated| dated.utc);
            self.charging.clock(now, utc, &mut self.rng);
            self.traffic.clock(now, utc, &mut self.rng);
            self.follow_address(now);
            let stations = u64::try_from(self.traffic.charging_stations()).unwrap_or(u64::MAX);
            let shown = &self.health.air.charging_stations;
            shown.store(stations, Ordering::Relaxed);
            self.health.v2v.look(self.traffic.v2v());
        }
        if now >= revocations_due {
            self.due.1 = now + LOOK_AT_REVOCATIONS;
            match self.revocations.changed() {
                Ok(None) => {}
                Ok(Some(list)) => self.charging.revocations(now, &list, &mut self.rng),
                Err(failure) => warn!(?failure, "the revocation list is not read"),
            }
        }
    }

    /// Names the radio's own address while it takes no other.
    fn follow_address(&mut self, now: Instant) {
        if !self.health.air.address_stays() {
            if self.traffic.free_address(now, &mut self.rng) {
                info!("the radio takes addresses again, from the next pseudonym on");
            }
        } else if let Some(address) = self.health.air.address()
            && self.traffic.fix_address(now, address, &mut self.rng)
        {
            warn!("the radio keeps its address: the car can be followed by it");
        }
    }

    /// Does what is wanted now.
    fn act(&mut self) {
        let sender = &self.air.sender;
        let at = self.clock.now();
        let keep = |what: ToKeep| {
            if self.to_keep.try_send(what).is_err() {
                Health::count(&self.health.rows_lost);
            }
        };
        // The recorder's rows are for people who look later; one that finds no room is counted.
        let record = |row: RadioRow| {
            let batch = vec![ToRecord::Radio(Box::new(row))];
            if self.to_record.try_send(batch).is_err() {
                Health::count(&self.health.frames_unrecorded);
            }
        };
        let rng = &mut self.rng;
        let stopping = &mut self.stopping;
        let mut by_v2g = |wanted| match wanted {
            WantedByV2g::Send(to, payload) => sender.send(to, payload),
            WantedByV2g::Keep(told) => {
                log::v2g(&told);
                keep(ToKeep::V2g(at, Box::new(told)));
            }
            WantedByV2g::Record(row) => record(row),
            WantedByV2g::Answer(answer) => {
                if let Some(waiting) = stopping.take() {
                    waiting.try_send(answer).ok();
                }
            }
        };
        self.charging.poll(at, rng, &mut by_v2g);
        if let Some(legacy) = &mut self.legacy {
            legacy.poll(at, &mut by_v2g);
            let (heard, counters) = legacy.counters();
            self.health.air.legacy.note(heard, 0, &counters);
        }
        self.traffic.poll(at, rng, |wanted| match wanted {
            WantedByV2v::SetAddress(address) => sender.set_address(address),
            WantedByV2v::Send(to, payload) => sender.send(to, payload),
            WantedByV2v::Keep(told) => {
                log::v2v(&told);
                keep(ToKeep::V2v(at, Box::new(told)));
            }
            WantedByV2v::Record(row) => record(row),
            // What follows from it is said besides.
            WantedByV2v::Received(_) => {}
            WantedByV2v::Warning(given, ended) => {
                if let Some(shown) = &self.shown {
                    shown.warning(shown::warning(&given, ended));
                }
            }
        });
    }

    /// Shows the traffic to those who look.
    fn show(&mut self, now: Instant) {
        let Some(shown) = self.shown.as_ref().filter(|_| now >= self.show_due) else {
            return;
        };
        self.show_due = now + SHOW_EVERY;
        shown.traffic(now, self.around(now));
    }

    /// Tells the server who is around; that nobody is, once.
    fn tell(&mut self, now: Instant) {
        let (due, has_told_nobody) = self.tell;
        if now < due {
            return;
        }
        self.tell.0 = now + TELL_EVERY;
        if !self.tells_around || !self.health.uplink.is_connected() {
            return;
        }
        let around = self.around(now);
        let is_nobody = around.neighbours.is_empty();
        if is_nobody && has_told_nobody {
            return;
        }
        let what = ToKeep::Around(self.clock.now(), Box::new(around));
        // One that finds no room is worth nothing in ten seconds, when there is another.
        let is_told = self.to_keep.try_send(what).is_ok();
        self.tell.1 = is_nobody && is_told;
    }

    fn around(&self, now: Instant) -> V2x {
        let mut traffic = shown::traffic(
            now,
            self.traffic.own(now),
            self.traffic.v2v().map(),
            self.traffic.v2v().counters(),
            self.traffic.warnings(),
        );
        if let Some(legacy) = &self.legacy {
            let own = traffic.own;
            traffic.neighbours.extend(legacy.neighbours(now, own));
            let (heard, _) = legacy.counters();
            traffic.counters.insert("legacy".to_owned(), heard);
        }
        traffic
    }
}

/// V2V under the unit's pseudonyms, which believes whom the operator's root does.
fn traffic(keys: &UnitKeys, now: Instant, rng: &mut Drawn) -> Result<Traffic, Failure> {
    let mut verifier = Verifier::default();
    let store = &mut verifier.certificates;
    store
        .add_root(keys.root.clone())
        .and_then(|_| store.add_authority(keys.ticket_authority.clone()))
        .blame(Blame::Configuration, "certificates of V2V")?;
    let mut pseudonyms = Vec::new();
    for (key, ticket) in &keys.pseudonyms {
        let pseudonym = Pseudonym::new(ticket.clone(), key.clone());
        pseudonyms.push(pseudonym.blame(Blame::Configuration, "a pseudonym")?);
    }
    if pseudonyms.is_empty() {
        warn!("no pseudonym holds: the car is silent to other cars; enrol it for more");
    }
    let settings = V2vSettings::default();
    Ok(Traffic::new(settings, verifier, pseudonyms, now, rng))
}

/// What the air has lost and refused, for the last report.
pub(super) fn last_words(air: &AirHealth) {
    if !air.is_wanted.load(Ordering::Relaxed) {
        return;
    }
    let get = AirHealth::get;
    tracing::info!(
        heard = get(&air.heard),
        sent = get(&air.sent),
        dropped = get(&air.dropped),
        unsent = get(&air.unsent),
        too_long = get(&air.too_long),
        unconfirmed = get(&air.unconfirmed),
        foreign = get(&air.foreign),
        lost = get(&air.lost),
        "the air"
    );
}
