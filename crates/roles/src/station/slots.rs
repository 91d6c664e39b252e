//! The slots of a station together: samples find their slot, steps find their way to the disk.
//!
//! Not here: what a step is (`charging`) and what it costs ([`super::books`]). Each slot has at
//! most one record under way, so nothing here queues.

mod closings;
mod followed;
mod offers;
mod unrouted;

use std::sync::Arc;

use v2x_charging::{
    Authorisation, Effect, EnergyLedger, Input, Interruption, MeterSample, Output, Refused,
    RelayReport, SessionRecord, Slot, SlotState, TransactionId, TransactionIds,
};
use v2x_tariff::Tariff;
use v2x_units::{BootId, Instant, UtcTime};

use super::books::{RunningCost, Tariffs};
use super::recent::{Judged, Recent};
use super::view::{SessionView, SlotView};
use super::{PortId, Sessions, SlotNumber, SlotSetup, StationSetup};
use closings::Closings;
use followed::Followed;
pub use unrouted::Unrouted;

/// What the operator can want of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// End the session.
    Stop,
    /// Interrupt the session.
    Pause,
    /// Let the session go on, or the slot be used again after a stop.
    Resume,
    /// Release the slot for one session.
    Release,
    /// Release the slot for a car that has proven its credential, by the credential's digest.
    ReleaseFor([u8; 8]),
    /// Take the release back.
    Withdraw,
    /// Take the slot out of service, or put it back.
    InService(bool),
    /// The fault has been looked at.
    ClearFault,
}

/// What the station wants done.
#[derive(Debug, Clone)]
pub enum Do {
    /// Put this on disk, then call [`Station::persisted`].
    Keep(Box<Keep>),
    /// Move a relay.
    Relay {
        /// Whose.
        slot: SlotNumber,
        /// Whether current may flow.
        closed: bool,
    },
    /// Something that others may want to hear; it is on disk already.
    Tell(SlotNumber, Tell),
    /// Nothing more now; poll again at this time or after an input.
    WakeAt(Option<Instant>),
}

/// Something that happened at a slot.
#[derive(Debug, Clone, PartialEq)]
pub enum Tell {
    /// A session has started.
    Started(SessionRecord),
    /// An open session goes on after a restart.
    Resumed(SessionRecord),
    /// A session has ended.
    Ended(SessionRecord),
    /// The slot is in another state.
    State(SlotState),
}

/// A step of a session on its way to the disk.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The slot.
    pub slot: SlotNumber,
    /// Whether the step opens the session.
    pub opens: bool,
    /// The record.
    pub record: SessionRecord,
    /// The samples that led to it and those since the step before.
    pub values: Vec<Judged>,
    /// The tariff of the session.
    pub tariff: Arc<Tariff>,
}

/// An open session as the disk has it.
#[derive(Debug, Clone)]
pub struct Resumption {
    /// Its records in the order of `seq`; the last one is open.
    pub records: Vec<SessionRecord>,
    /// The tariff under which it was opened.
    pub tariff: Arc<Tariff>,
    /// What is known of the time since the last record.
    pub interruption: Interruption,
}

/// A slot with its session's books.
#[derive(Debug)]
struct Place {
    setup: SlotSetup,
    slot: Slot,
    /// What its controller says, where that keeps the sessions; then `slot` rests.
    followed: Option<Followed>,
    /// The line that it was heard on last.
    port: PortId,
    tariff: Arc<Tariff>,
    recent: Recent,
    /// The newest measurement and what its board says of a vehicle.
    measured: Option<(MeterSample, Option<bool>)>,
    account: Option<Account>,
    /// Something came in since the slot was last polled.
    is_due: bool,
    wake_at: Option<Instant>,
}

/// The books of an open session.
#[derive(Debug)]
struct Account {
    tariff: Arc<Tariff>,
    cost: RunningCost,
    newest: SessionRecord,
    is_on_disk: bool,
}

/// All slots of a station.
#[derive(Debug)]
pub struct Station {
    places: Vec<Place>,
    tariffs: Tariffs,
    /// What the wall clock said, and when.
    utc: Option<(Instant, UtcTime)>,
    closings: Closings,
}

impl Station {
    /// A station without open sessions. `draw` gives random numbers, one for each slot.
    ///
    /// `None` when a slot's tariff is not among the tariffs.
    pub fn new(
        setup: &StationSetup,
        tariffs: Tariffs,
        boot: BootId,
        mut draw: impl FnMut() -> u64,
        now: Instant,
    ) -> Option<Self> {
        let place = |setup: &SlotSetup| {
            let ids = TransactionIds::new(boot, draw());
            let (config, limits) = (setup.config.clone(), setup.limits.clone());
            Some(Place {
                slot: Slot::new(config, limits, ids, now),
                followed: Followed::of(setup, now),
                port: setup.port,
                tariff: Arc::clone(tariffs.get(&setup.tariff)?),
                recent: Recent::default(),
                measured: None,
                account: None,
                is_due: true,
                wake_at: None,
                setup: setup.clone(),
            })
        };
        let places = setup.slots.iter().map(place).collect::<Option<_>>()?;
        Some(Self {
            places,
            tariffs,
            utc: None,
            closings: Closings::default(),
        })
    }

    /// Goes on with the open session of a slot after a restart. `ids` are new for slot and boot.
    pub fn resume(
        &mut self,
        slot: SlotNumber,
        ids: TransactionIds,
        now: Instant,
        from: Resumption,
    ) {
        let (Some(place), Some(newest)) = (self.place_mut(slot), from.records.last()) else {
            return;
        };
        if place.followed.is_some() {
            Self::follow_on(place, now, &from);
            return;
        }
        let mut cost = RunningCost::new(Arc::clone(&from.tariff));
        for record in &from.records {
            cost.record(&from.tariff, now, record);
        }
        let (config, limits) = (place.setup.config.clone(), place.setup.limits.clone());
        place.slot = Slot::resume(config, limits, ids, now, newest, from.interruption);
        place.account = Some(Account {
            tariff: from.tariff,
            cost,
            newest: *newest,
            is_on_disk: true,
        });
        place.is_due = true;
    }

    /// Takes a reading that came on a line: it goes to the slot that it names, or else to the one
    /// that the line belongs to.
    ///
    /// # Errors
    /// Says which slot it names in vain.
    pub fn sample(
        &mut self,
        now: Instant,
        port: PortId,
        named: Option<SlotNumber>,
        sample: &MeterSample,
        vehicle_connected: Option<bool>,
    ) -> Result<SlotNumber, Unrouted> {
        let utc = self.utc.map(|(told, utc)| utc + now.since(told));
        let belongs = |place: &&mut Place| match named {
            Some(slot) => place.setup.number == slot,
            None => place.setup.port == port,
        };
        let place = self.places.iter_mut().find(belongs);
        let place = place.ok_or(Unrouted { named })?;
        place.port = port;
        place.sample(now, utc, sample, vehicle_connected);
        Ok(place.setup.number)
    }

    /// Takes what the plug detector of a line's slot sees.
    pub fn plug(&mut self, now: Instant, port: PortId, plugged: bool) {
        for place in &mut self.places {
            if place.setup.port == port {
                place.take(now, Input::Plugged(plugged));
            }
        }
    }

    /// Takes what became of the last order to the relay of a line's slot.
    pub fn relay(&mut self, now: Instant, port: PortId, report: RelayReport) {
        for place in &mut self.places {
            if place.setup.port == port {
                place.take(now, Input::Relay(report));
            }
        }
    }

    /// A line is gone: every slot that was heard on it last is without a source.
    pub fn port_lost(&mut self, now: Instant, port: PortId) {
        for place in &mut self.places {
            if place.port == port {
                place.take(now, Input::SourceLost);
            }
        }
    }

    /// Tells what the wall clock says; `None` when it is known to be wrong.
    pub fn clock(&mut self, now: Instant, utc: Option<UtcTime>) {
        self.utc = utc.map(|utc| (now, utc));
        for place in &mut self.places {
            place.take(now, Input::Clock(utc));
        }
    }

    /// Does what the operator wants; `None` for a slot that the station does not have.
    pub fn order(
        &mut self,
        now: Instant,
        slot: SlotNumber,
        order: Order,
    ) -> Option<Result<Effect, Refused>> {
        let input = match order {
            Order::Stop => Input::Stop,
            Order::Pause => Input::Pause,
            Order::Resume => Input::Resume,
            Order::Release => Input::Authorise(Authorisation::Operator),
            Order::ReleaseFor(car) => Input::Authorise(Authorisation::Car(car)),
            Order::Withdraw => Input::Deauthorise,
            Order::InService(in_service) => Input::InService(in_service),
            Order::ClearFault => Input::ClearFault,
        };
        let place = self.place_mut(slot)?;
        place.is_due = true;
        Some(place.slot.handle(now, input))
    }

    /// Chooses the tariff for the next sessions of a slot; `false` when slot or tariff are not
    /// there. An open session keeps its own.
    pub fn choose_tariff(&mut self, slot: SlotNumber, id: &str) -> bool {
        let tariff = self.tariffs.get(id).cloned();
        match (self.place_mut(slot), tariff) {
            (Some(place), Some(tariff)) => {
                place.tariff = tariff;
                true
            }
            _ => false,
        }
    }

    /// The tariffs to choose from.
    #[must_use]
    pub const fn tariffs(&self) -> &Tariffs {
        &self.tariffs
    }

    /// The next thing to do; call again until it is [`Do::WakeAt`].
    pub fn poll(&mut self, now: Instant) -> Do {
        for place in &mut self.places {
            while let Some(wanted) = place.poll(now) {
                if !self.closings.keeps(&wanted) {
                    return wanted;
                }
            }
        }
        let places = self.places.iter().filter_map(|place| place.wake_at);
        let closings = self.closings.poll(now);
        closings.unwrap_or_else(|at| Do::WakeAt(places.chain(at).min()))
    }

    /// Says that a step is on disk.
    pub fn persisted(&mut self, slot: SlotNumber, record: &SessionRecord) {
        if let Some(place) = self.place_mut(slot) {
            place.slot.persisted(record.transaction, record.seq);
            place.is_due = true;
            let ended = record.ended.is_some();
            if let Some(account) = place
                .account
                .as_mut()
                .filter(|account| account.newest.transaction == record.transaction)
            {
                account.is_on_disk = true;
                if ended {
                    place.account = None;
                }
            }
        }
    }

    /// Takes the samples to keep of sessions that are on disk.
    pub fn take_values(&mut self) -> Vec<(SessionRecord, Vec<Judged>)> {
        let values = |place: &mut Place| {
            let account = place.account.as_ref().filter(|open| open.is_on_disk)?;
            let taken = place.recent.take(false);
            (!taken.is_empty()).then_some((account.newest, taken))
        };
        self.places.iter_mut().filter_map(values).collect()
    }

    /// What each slot shows at `now`.
    pub fn views(&self, now: Instant) -> impl Iterator<Item = SlotView<'_>> {
        self.places.iter().map(move |place| place.view(now))
    }

    fn place_mut(&mut self, slot: SlotNumber) -> Option<&mut Place> {
        self.places
            .iter_mut()
            .find(|place| place.setup.number == slot)
    }
}

impl Place {
    /// Takes an input that a slot never refuses.
    fn take(&mut self, now: Instant, input: Input) {
        if let Some(followed) = &mut self.followed {
            if input == Input::SourceLost {
                followed.lose();
            }
            return;
        }
        self.is_due = true;
        // Only an operator's wish can be refused.
        self.slot.handle(now, input).map(drop).unwrap_or_default();
    }

    fn sample(
        &mut self,
        now: Instant,
        utc: Option<UtcTime>,
        sample: &MeterSample,
        vehicle_connected: Option<bool>,
    ) {
        let judgement = match &mut self.followed {
            Some(followed) => followed.sample(now, sample),
            None => {
                self.take(now, Input::Sample(*sample));
                let Some(judgement) = self.slot.last_judgement() else {
                    return;
                };
                judgement
            }
        };
        if judgement.verdict.is_measurement() {
            self.measured = Some((*sample, vehicle_connected));
        }
        let judged = Judged {
            utc,
            sample: *sample,
            judgement,
        };
        let in_session = self.session().is_some();
        self.recent.push(judged, in_session);
    }

    /// The open transaction and its energy so far.
    fn session(&self) -> Option<(TransactionId, EnergyLedger)> {
        match &self.followed {
            Some(followed) => followed.session,
            None => self.slot.session(),
        }
    }

    fn poll(&mut self, now: Instant) -> Option<Do> {
        if self.followed.is_some() {
            return None;
        }
        if !self.is_due && self.wake_at.is_none_or(|at| at > now) {
            return None;
        }
        self.is_due = true;
        let slot = self.setup.number;
        Some(match self.slot.poll(now) {
            Output::WakeAt(at) => {
                (self.is_due, self.wake_at) = (false, at);
                return None;
            }
            Output::Persist(record) => Do::Keep(Box::new(self.keep(now, record))),
            Output::OpenRelay => Do::Relay {
                slot,
                closed: false,
            },
            Output::CloseRelay => Do::Relay { slot, closed: true },
            Output::Started(record) => Do::Tell(slot, Tell::Started(record)),
            Output::Resumed(record) => Do::Tell(slot, Tell::Resumed(record)),
            Output::Ended(record) => Do::Tell(slot, Tell::Ended(record)),
            Output::State(state) => Do::Tell(slot, Tell::State(state)),
        })
    }

    fn keep(&mut self, now: Instant, record: SessionRecord) -> Keep {
        let changes_state = self
            .account
            .as_ref()
            .is_none_or(|open| open.newest.state != record.state);
        let opens = record.seq == 0;
        let account = self.account.get_or_insert_with(|| Account {
            tariff: Arc::clone(&self.tariff),
            cost: RunningCost::new(Arc::clone(&self.tariff)),
            newest: record,
            is_on_disk: false,
        });
        account.cost.record(&account.tariff, now, &record);
        account.newest = record;
        Keep {
            slot: self.setup.number,
            opens,
            record,
            values: self.recent.take(changes_state || record.ended.is_some()),
            tariff: Arc::clone(&account.tariff),
        }
    }

    fn view(&self, now: Instant) -> SlotView<'_> {
        let config = &self.setup.config;
        let fresh = |sample: &MeterSample| now.since(sample.at) < config.silence;
        let measured = self.measured.filter(|(sample, _)| fresh(sample));
        let session = self.session().map(|(transaction, energy)| {
            let account = self.account.as_ref();
            SessionView {
                transaction,
                started: account.and_then(|open| open.newest.started),
                tariff: account.map(|open| Arc::clone(&open.tariff)),
                energy,
                cost: account.and_then(|open| open.cost.so_far(&open.tariff, now, &energy)),
            }
        });
        let draws = |sample: &MeterSample| Some(sample.current? >= config.current.start);
        SlotView {
            setup: &self.setup,
            tariff: &self.tariff,
            state: match &self.followed {
                Some(followed) => followed.state_at(now, config.silence),
                None => self.slot.state(),
            },
            // Of a slot that rests here nothing is known: its controller has it.
            relay: self.slot.relay().filter(|_| self.followed.is_none()),
            measured: measured.map(|(sample, _)| sample),
            vehicle_connected: measured.and_then(|(sample, said)| said.or(draws(&sample))),
            session,
            unattributed: (self.followed.is_none()).then(|| self.slot.unattributed()),
            judgement: match &self.followed {
                Some(followed) => followed.judgement,
                None => self.slot.last_judgement(),
            },
        }
    }
}
