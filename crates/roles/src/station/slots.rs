//! The slots of a station together: samples find their slot, steps find their way to the disk.
//!
//! Not here: what a step is (`charging`) and what it costs ([`super::books`]). Each slot has at
//! most one record under way, so nothing here queues.

mod closings;
mod followed;
mod offers;
mod place;
mod unrouted;

use std::sync::Arc;

use v2x_charging::{
    Authorisation, Effect, Input, Interruption, MeterSample, Refused, RelayReport, SessionRecord,
    Slot, SlotState, Standing, TransactionIds,
};
use v2x_tariff::Tariff;
use v2x_units::{BootId, Instant, UtcTime};

use super::books::{RunningCost, Tariffs};
use super::recent::{Judged, Recent};
use super::view::{SessionView, SlotView};
use super::{PortId, Sessions, SlotNumber, SlotSetup, StationSetup};
use closings::Closings;
use followed::Followed;
use place::{Account, Place};
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
            let tariff = tariffs.get(&setup.tariff)?;
            Some(Place::new(setup, Arc::clone(tariff), ids, now))
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

    /// Takes up what held at a slot before a restart; call it after [`Station::resume`]. A slot
    /// whose controller keeps the sessions has that of its own.
    pub fn stand(&mut self, slot: SlotNumber, standing: Standing) {
        if let Some(place) = self.place_mut(slot).filter(|it| it.followed.is_none()) {
            place.slot.stand(standing);
            place.is_due = true;
        }
    }

    /// What is to be kept of each slot over a restart, beside its sessions.
    pub fn standings(&self) -> impl Iterator<Item = (SlotNumber, Standing)> {
        let own = self.places.iter().filter(|place| place.followed.is_none());
        own.map(|place| (place.setup.number, place.slot.standing()))
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
            if self.closings.is_waiting(place.setup.number) {
                place.slot.relay_waits(now);
            }
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
