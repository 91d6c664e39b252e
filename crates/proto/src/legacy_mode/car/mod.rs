//! Our car among prototypes: says where it is, and speaks with the station that charges it.
//!
//! Which station that is: `followed.rs`. What a plug and the car's own limit mean for a proven
//! session is `v2g`'s.

mod input;
mod words;

pub use input::{CarNow, LegacyCarEvent, LegacyCarInput, LegacySession, LegacyStop};

use v2x_units::{Instant, MacAddress};

use super::datagram;
use super::followed::{HeardStation, Stations};
use super::hearing::{Hearing, LegacyCounters};
use crate::deadlines::{LEGACY_ITEM_PERIOD, LEGACY_PERIOD};
use crate::legacy::radio::{Item, RadioBytes, RadioError, RadioMessage};
use crate::v2g::Output;
use crate::v2g::events::Events;
use words::Words;

/// Our car among prototypes.
#[derive(Debug)]
pub struct LegacyCar {
    mac: MacAddress,
    on: bool,
    now_known: CarNow,
    plugged: bool,
    cost_limit: Option<f64>,
    stations: Stations,
    session: Option<LegacySession>,
    stop: Option<LegacyStop>,
    item_due: Instant,
    status_due: Instant,
    sending: heapless::Deque<(MacAddress, RadioBytes), 2>,
    hearing: Hearing,
    events: Events<LegacyCarEvent>,
}

impl LegacyCar {
    /// Begins switched off and unplugged; the address is that of the car's radio.
    #[must_use]
    pub fn new(mac: MacAddress) -> Self {
        Self {
            mac,
            on: false,
            now_known: CarNow::default(),
            plugged: false,
            cost_limit: None,
            stations: Stations::default(),
            session: None,
            stop: None,
            item_due: Instant::BOOT,
            status_due: Instant::BOOT,
            sending: heapless::Deque::new(),
            hearing: Hearing::new(),
            events: Events::new(),
        }
    }

    /// Whether legacy mode is on.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.on
    }

    /// Whether a station says that it charges the car, and the session has not ended.
    #[must_use]
    pub const fn is_in_session(&self) -> bool {
        self.session.is_some()
    }

    /// What was not taken or not said, by reason.
    #[must_use]
    pub const fn counters(&self) -> LegacyCounters {
        self.hearing.counters
    }

    /// Why the last refused payload was refused, in words for a person.
    #[must_use]
    pub const fn last_error(&self) -> Option<RadioError> {
        self.hearing.last_error()
    }

    /// Events that were dropped because nobody took them.
    #[must_use]
    pub const fn events_dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: LegacyCarInput<'_>) {
        match input {
            LegacyCarInput::SwitchedOn(on) => self.switch(now, on),
            LegacyCarInput::Car(known) => self.now_known = known,
            LegacyCarInput::CostLimit(limit) => self.cost_limit = limit,
            LegacyCarInput::Plugged(plugged) => self.plug(plugged),
            LegacyCarInput::Stop => {
                if self.plugged {
                    self.ask_to_stop(now, LegacyStop::Driver);
                }
            }
            LegacyCarInput::Heard(from, bytes) if self.on => self.heard(now, from, bytes),
            LegacyCarInput::Heard(..) => {}
        }
    }

    /// Says what is to be done now.
    pub fn poll(&mut self, now: Instant) -> Output<LegacyCarEvent> {
        if self.on {
            self.keep_time(now);
        }
        if let Some(event) = self.events.pop() {
            return Output::Event(event);
        }
        match self.sending.pop_front() {
            Some((to, bytes)) => Output::Send {
                to,
                datagram: datagram(&bytes),
            },
            None => Output::WakeAt(self.on.then(|| self.next_time())),
        }
    }

    fn switch(&mut self, now: Instant, on: bool) {
        if on == self.on {
            return;
        }
        self.on = on;
        self.events.push(LegacyCarEvent::SwitchedOn(on));
        if on {
            self.item_due = now;
        } else {
            self.end_session();
            self.stations = Stations::default();
            self.sending.clear();
        }
    }

    fn plug(&mut self, plugged: bool) {
        if !plugged {
            self.end_session();
            self.stations.leave();
            self.stop = None;
        }
        self.plugged = plugged;
    }

    fn heard(&mut self, now: Instant, from: MacAddress, bytes: &[u8]) {
        let Some(heard) = self.hearing.take(now, from, bytes) else {
            return;
        };
        self.events.push(LegacyCarEvent::Heard(heard));
        if let RadioMessage::EvcsToVehicle(said) = heard.message {
            if self.stations.take(now, from, said) {
                self.hearing.count_crowded_out();
            }
            self.follow(now);
        }
    }

    /// Looks which station charges the car, and what it says of the session.
    fn follow(&mut self, now: Instant) {
        if !self.plugged {
            return;
        }
        let place = self.now_known.place.map(|(position, _)| position);
        let Some(station) = self.stations.choose(place).copied() else {
            return;
        };
        let is_new = self
            .session
            .is_none_or(|session| session.station != station.mac);
        if is_new {
            self.end_session();
            self.events.push(LegacyCarEvent::Following(station.mac));
            self.status_due = now;
        }
        self.take_session(now, &station);
    }

    /// Keeps what the station says of its session while it runs; when it has ended, the station
    /// says zeros or somebody else's.
    fn take_session(&mut self, now: Instant, station: &HeardStation) {
        let said = &station.said;
        let session = self.session.get_or_insert(LegacySession {
            station: station.mac,
            session_id: said.session_id,
            began: now,
            ended: now,
            energy: said.energy,
            cost: said.cost,
            cost_per_kwh: said.cost_per_kwh,
            stop: self.stop,
        });
        if station.charges() {
            session.session_id = said.session_id;
            session.ended = now;
            session.energy = said.energy;
            session.cost = said.cost;
            session.cost_per_kwh = said.cost_per_kwh;
            if self.cost_limit.is_some_and(|limit| said.cost >= limit) {
                self.ask_to_stop(now, LegacyStop::CostLimit);
            }
        }
    }

    fn ask_to_stop(&mut self, now: Instant, reason: LegacyStop) {
        if self.stop.is_some() || !self.on {
            return;
        }
        self.stop = Some(reason);
        if let Some(session) = &mut self.session {
            session.stop = Some(reason);
        }
        self.events.push(LegacyCarEvent::Stopping(reason));
        self.status_due = now;
    }

    fn end_session(&mut self) {
        if let Some(session) = self.session.take() {
            self.events.push(LegacyCarEvent::SessionEnded(session));
        }
    }

    fn keep_time(&mut self, now: Instant) {
        self.stations.forget_silent(now);
        if self.session.is_some() && self.stations.followed().is_none() {
            self.end_session();
            self.follow(now);
        }
        if now >= self.item_due {
            self.item_due = now + LEGACY_ITEM_PERIOD;
            let item = self.words().item(now);
            let item = item.map(|item| Item::Vehicle(item).emit());
            self.say(MacAddress::BROADCAST, item);
        }
        if self.session.is_some() && now >= self.status_due {
            self.status_due = now + LEGACY_PERIOD;
            if let Some(station) = self.stations.followed().copied() {
                let status = self.words().status(now, &station.said).emit();
                self.say(station.mac, Some(status));
            }
        }
    }

    fn next_time(&self) -> Instant {
        let mut next = self.item_due;
        if self.session.is_some() {
            next = next.min(self.status_due);
        }
        self.stations
            .next_silence()
            .map_or(next, |silence| next.min(silence))
    }

    const fn words(&self) -> Words<'_> {
        Words {
            mac: self.mac,
            known: &self.now_known,
            stops: self.stop.is_some(),
        }
    }

    fn say(&mut self, to: MacAddress, message: Option<Result<RadioBytes, RadioError>>) {
        match message {
            Some(Ok(bytes)) => {
                if self.sending.is_full() {
                    self.sending.pop_front();
                    self.hearing.count_unsaid();
                }
                self.sending
                    .push_back((to, bytes))
                    .unwrap_or_else(|_| unreachable!("room was just made"));
            }
            Some(Err(_)) | None => self.hearing.count_unsaid(),
        }
    }
}
