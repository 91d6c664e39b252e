//! A slot whose controller keeps its sessions: the station follows the controller's journal.
//!
//! Not here: the controller (`v2x_boards::slot_controller`) and the link. Nothing is decided here
//! about such a slot; its records are booked as they come, and what it shows is what it said last.

use std::sync::Arc;
use std::time::Duration;

use v2x_charging::{
    Energy, EnergyLedger, Judgement, MeterLimits, MeterSample, Outage, SessionRecord, SlotState,
    TransactionId,
};
use v2x_units::Instant;

use super::{Keep, Place, PortId, Sessions, SlotNumber, SlotSetup, Station, Tell};
use v2x_charging::Plausibility;

/// What is known of a slot that is followed.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) state: Option<SlotState>,
    /// When it said so last, or the start.
    heard: Instant,
    pub(super) session: Option<(TransactionId, EnergyLedger)>,
    /// Judges what is shown; the controller judges what is billed.
    judge: Plausibility,
    pub(super) judgement: Option<Judgement>,
}

impl Followed {
    /// Where a slot is kept by its controller.
    pub(super) fn of(setup: &SlotSetup, now: Instant) -> Option<Self> {
        (setup.sessions == Sessions::Controller).then(|| Self::new(setup.limits.clone(), now))
    }

    fn new(limits: MeterLimits, now: Instant) -> Self {
        Self {
            state: None,
            heard: now,
            session: None,
            judge: Plausibility::new(limits),
            judgement: None,
        }
    }

    /// Its state: a controller that has said nothing for so long is no free slot.
    pub(super) fn state_at(&self, now: Instant, silence: Duration) -> Option<SlotState> {
        let lost = Some(SlotState::Unavailable(Outage::SourceLost));
        if self.state != lost && now.since(self.heard) >= silence {
            return Some(SlotState::Unavailable(Outage::Silent));
        }
        self.state
    }

    /// Takes a sample to show.
    pub(super) fn sample(&mut self, now: Instant, sample: &MeterSample) -> Judgement {
        let judgement = self.judge.judge(now, sample);
        self.judgement = Some(judgement);
        judgement
    }

    /// The controller cannot be heard; what it measures meanwhile is in its journal.
    pub(super) const fn lose(&mut self) {
        self.state = Some(SlotState::Unavailable(Outage::SourceLost));
    }
}

impl Station {
    /// Whose sessions are kept by the controller on a line; `None` where the station keeps them.
    #[must_use]
    pub fn followed_on(&self, port: PortId) -> Option<SlotNumber> {
        let mut places = self.places.iter();
        let place = places.find(|place| place.setup.port == port && place.followed.is_some())?;
        Some(place.setup.number)
    }

    /// Whether a slot's controller keeps its sessions.
    #[must_use]
    pub fn is_followed(&self, slot: SlotNumber) -> bool {
        let mut places = self.places.iter();
        places.any(|place| place.setup.number == slot && place.followed.is_some())
    }

    /// Takes what the controller says of its slot now; what is new about it.
    pub fn report(
        &mut self,
        now: Instant,
        slot: SlotNumber,
        state: SlotState,
        session: Option<(TransactionId, Energy)>,
    ) -> Option<Tell> {
        let place = self.place_mut(slot)?;
        let booked = place.account.as_ref().map(|open| open.newest);
        let followed = place.followed.as_mut()?;
        followed.heard = now;
        followed.session = session.map(|(transaction, plausible)| {
            // A report has no more than that; the rest is what the journal told last.
            let booked = booked.filter(|record| record.transaction == transaction);
            let booked = booked.map(|record| record.energy).unwrap_or_default();
            (
                transaction,
                EnergyLedger {
                    plausible,
                    ..booked
                },
            )
        });
        let is_new = followed.state.replace(state) != Some(state);
        is_new.then_some(Tell::State(state))
    }

    /// Takes a step of the controller's journal; `opens` says that its session is not on disk yet.
    /// Once the step is, say so with [`Station::persisted`].
    pub fn follow(
        &mut self,
        now: Instant,
        slot: SlotNumber,
        record: &SessionRecord,
        opens: bool,
    ) -> Option<Keep> {
        let place = self.place_mut(slot)?;
        place.followed.as_ref()?;
        let is_of_open =
            |open: &super::place::Account| open.newest.transaction == record.transaction;
        if !place.account.as_ref().is_some_and(is_of_open) {
            place.account = None;
        }
        let mut keep = place.keep(now, *record);
        keep.opens = opens;
        Some(keep)
    }

    /// Goes on with the session of a followed slot that is open in the store.
    pub(super) fn follow_on(place: &mut Place, now: Instant, from: &super::Resumption) {
        let (Some(followed), Some(newest)) = (&mut place.followed, from.records.last()) else {
            return;
        };
        let mut cost = super::RunningCost::new(Arc::clone(&from.tariff));
        for record in &from.records {
            cost.record(&from.tariff, now, record);
        }
        followed.session = Some((newest.transaction, newest.energy));
        place.account = Some(super::place::Account {
            tariff: Arc::clone(&from.tariff),
            cost,
            newest: *newest,
            is_on_disk: true,
        });
    }
}
