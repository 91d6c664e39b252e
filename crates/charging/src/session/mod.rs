//! The session of a slot: a state machine in OCPP terms that persists each step before it counts.
//!
//! Not here: judging samples ([`crate::meter`]), money (`v2x-tariff`), the disk and the wire.
//! States: OCPP 1.6 section 7.7, without Reserved.
//!
//! | file | what it holds |
//! |---|---|
//! | [`config`] | what a slot is: thresholds, relay, policy, times |
//! | [`input`] | what a slot takes in |
//! | [`output`] | what it wants done |
//! | [`state`] | the states, and why a slot is out of use or a session ended |
//! | [`record`] | what must be on disk about a session |
//! | [`transaction`] | ids that are unique for ever |
//! | `current` | whether a load draws current |
//! | `step` | which step is due, and taking it |
//! | `resume` | going on after a restart |
//! | `standing` | what outlives a restart beside the sessions |
//!
//! # Transitions
//!
//! For a slot with a relay and a plug detector that the operator releases. An empty cell changes
//! nothing; what the machine refuses with an error is marked `-`. "Load" is current at the start
//! threshold for long enough, "no load" current below the stop threshold for long enough. A test
//! compares every cell with the machine.
//!
//! Without a session:
//!
//! | input \ from | Available | Preparing | Finishing | Unavailable | Faulted |
//! |---|---|---|---|---|---|
//! | load | Faulted | Charging | Faulted | Faulted | |
//! | no load | | | | Available | |
//! | plug | Preparing | | | | |
//! | unplug | | Available | Available | | |
//! | release | Preparing | | Preparing | | |
//! | withdraw | | | | | |
//! | stop | - | Finishing | | - | - |
//! | pause | - | - | - | - | - |
//! | resume | | | | | |
//! | idle time-out | | | | Available | |
//! | silence | Unavailable | Unavailable | Unavailable | | |
//! | relay fails | Faulted | Faulted | Faulted | Faulted | |
//! | clear fault | - | - | - | - | Available |
//!
//! With a session:
//!
//! | input \ from | Charging | SuspendedEV | SuspendedEVSE |
//! |---|---|---|---|
//! | load | | Charging | Faulted |
//! | no load | SuspendedEV | | |
//! | plug | | | |
//! | unplug | Available | Available | Available |
//! | release | | | |
//! | withdraw | Finishing | Finishing | Finishing |
//! | stop | Finishing | Finishing | Finishing |
//! | pause | SuspendedEVSE | SuspendedEVSE | |
//! | resume | | | SuspendedEV |
//! | idle time-out | SuspendedEV | Finishing | Finishing |
//! | silence | Unavailable | Unavailable | Unavailable |
//! | relay fails | Faulted | Faulted | Faulted |
//! | clear fault | - | - | - |
//!
//! Unavailable returns to where the slot was. An open session stays open in it, and ends when the
//! outage lasts too long. A slot without a relay takes the same steps, except that nothing there
//! is SuspendedEVSE or Faulted, load starts a session whoever may use the slot, and "stop" ends
//! the books only: what flows on is shown as unattributed.
//!
//! "Relay fails" is a board that acknowledges an order with a contact elsewhere. A board that did
//! not acknowledge at all and does so later takes its fault back; everything else waits for
//! somebody to look at it.
//!
//! # One step at a time
//!
//! While a record waits for the disk no further step is taken; samples go on being counted, and
//! inputs are kept as wishes that the next step sees. So nothing is queued and nothing can
//! overflow. Opening the relay never waits; closing it does.

pub mod config;
mod current;
pub mod input;
pub mod output;
pub mod record;
mod resume;
pub mod standing;
pub mod state;
mod step;
pub mod transaction;

#[cfg(test)]
mod tests;

use core::time::Duration;

use v2x_units::{Instant, UtcTime};

pub use config::{Authorisation, CurrentThresholds, Policy, SlotConfig};
pub use input::{Effect, Input, Refused, RelayReport};
pub use output::Output;
pub use record::SessionRecord;
pub use resume::{Interruption, Restart};
pub use standing::Standing;
pub use state::{EndReason, Fault, Outage, RelayFailure, SlotState};
pub use transaction::{TransactionId, TransactionIdError, TransactionIds};

use crate::EnergyLedger;
use crate::meter::{Baseline, Judgement, MeterLimits, MeterSample, Plausibility};
use current::CurrentDetector;

/// Where the slot is, apart from outages and faults, which pass and come back to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Available,
    Preparing,
    Charging,
    SuspendedEv,
    SuspendedEvse,
    Finishing,
}

/// An open session.
#[derive(Debug, Clone)]
struct Session {
    transaction: TransactionId,
    next_seq: u32,
    /// When this process took it up.
    since: Instant,
    /// How long it had lasted then.
    before: Duration,
    started: Option<UtcTime>,
    energy: EnergyLedger,
    checkpoint_at: Instant,
}

/// What operator, driver and plug detector want, kept until a step can see it.
#[derive(Debug, Clone)]
struct Wishes {
    authorisation: Authorisation,
    authorised_at: Instant,
    plugged: Option<bool>,
    /// The session is to end.
    end: Option<EndReason>,
    /// No session starts until somebody releases the slot or the vehicle leaves.
    held: bool,
    paused: bool,
    out_of_service: bool,
    source_lost: bool,
}

/// Where the relay was told to be, and what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayPlace {
    /// Whether it was told to be closed.
    pub closed: bool,
    /// Whether its board has said that it is there.
    pub confirmed: bool,
    told_at: Instant,
}

/// What has been seen of the meter.
#[derive(Debug, Clone)]
struct Watch {
    plausibility: Plausibility,
    current: CurrentDetector,
    last_judgement: Option<Judgement>,
    heard_at: Option<Instant>,
    measured_at: Option<Instant>,
}

/// Announcements, which wait until the record of their step is on disk.
#[derive(Debug, Clone, Default)]
struct Announcements {
    event: Option<Output>,
    state: Option<SlotState>,
}

/// The machine of one slot.
#[derive(Debug, Clone)]
pub struct Slot {
    config: SlotConfig,
    ids: TransactionIds,
    now: Instant,
    clock: Option<(Instant, UtcTime)>,
    watch: Watch,
    wishes: Wishes,
    phase: Phase,
    phase_since: Instant,
    fault: Option<Fault>,
    session: Option<Session>,
    /// What flows before it is certain that a session starts.
    pending: EnergyLedger,
    unattributed: EnergyLedger,
    /// `None` before the relay was told anything.
    relay: Option<RelayPlace>,
    relay_failure: Option<RelayFailure>,
    in_flight: Option<(SessionRecord, bool)>,
    announcements: Announcements,
    /// The state of the last step.
    state: Option<SlotState>,
}

impl Slot {
    /// A slot without an open session. `ids` must be new for each slot and boot.
    #[must_use]
    pub fn new(config: SlotConfig, limits: MeterLimits, ids: TransactionIds, now: Instant) -> Self {
        Self {
            watch: Watch {
                plausibility: Plausibility::new(limits),
                current: CurrentDetector::new(config.current),
                last_judgement: None,
                heard_at: None,
                measured_at: None,
            },
            wishes: Wishes {
                authorisation: Authorisation::None,
                authorised_at: now,
                plugged: None,
                end: None,
                held: false,
                paused: false,
                out_of_service: false,
                source_lost: false,
            },
            config,
            ids,
            now,
            clock: None,
            phase: Phase::Available,
            phase_since: now,
            fault: None,
            session: None,
            pending: EnergyLedger::default(),
            unattributed: EnergyLedger::default(),
            relay: None,
            relay_failure: None,
            in_flight: None,
            announcements: Announcements::default(),
            state: None,
        }
    }

    /// Takes what has happened at `now`. Call [`Slot::poll`] afterwards until it waits.
    ///
    /// # Errors
    /// Says why an operator's wish changes nothing here.
    pub fn handle(&mut self, now: Instant, input: Input) -> Result<Effect, Refused> {
        self.now = self.now.max(now);
        match input {
            Input::Sample(sample) => self.measure(&sample),
            Input::Plugged(plugged) => self.plug(plugged),
            Input::Authorise(by) => {
                self.wishes.authorisation = by;
                self.wishes.authorised_at = self.now;
                self.wishes.held = false;
            }
            Input::Deauthorise => {
                self.wishes.authorisation = Authorisation::None;
                if self.session.is_some() && self.config.policy != Policy::FreeVend {
                    self.wishes.end.get_or_insert(EndReason::DeAuthorized);
                    self.wishes.held = !self.config.has_relay;
                }
            }
            Input::Stop => return self.stop(),
            Input::Pause => return self.pause(),
            Input::Resume => {
                self.wishes.held = false;
                self.wishes.paused = false;
            }
            Input::InService(in_service) => self.wishes.out_of_service = !in_service,
            Input::ClearFault => {
                self.fault.take().ok_or(Refused::NotFaulted)?;
                self.watch.current.forget();
            }
            Input::Relay(report) => self.hear_relay(report),
            Input::SourceLost => self.wishes.source_lost = true,
            Input::Clock(utc) => self.clock = utc.map(|utc| (self.now, utc)),
        }
        Ok(Effect::Full)
    }

    /// The next thing to do at `now`; call again until it is [`Output::WakeAt`].
    pub fn poll(&mut self, now: Instant) -> Output {
        self.now = self.now.max(now);
        self.advance();
        let close = self.relay_wanted();
        if self.config.has_relay && !close && self.relay.is_none_or(|relay| relay.closed) {
            self.order_relay(false);
            self.watch.current.forget();
            return Output::OpenRelay;
        }
        if let Some((record, sent)) = &mut self.in_flight {
            if *sent {
                return Output::WakeAt(None);
            }
            *sent = true;
            return Output::Persist(*record);
        }
        if let Some(event) = self.announcements.event.take() {
            return event;
        }
        if let Some(state) = self.announcements.state.take() {
            return Output::State(state);
        }
        if close && self.relay.is_none_or(|relay| !relay.closed) {
            self.order_relay(true);
            return Output::CloseRelay;
        }
        Output::WakeAt(self.deadline())
    }

    /// Says that the record of a transaction with this `seq` is on disk. Others are ignored.
    pub fn persisted(&mut self, transaction: TransactionId, seq: u32) {
        self.in_flight
            .take_if(|(record, _)| record.transaction == transaction && record.seq == seq);
    }

    /// The state after the last step; it may still wait for the disk.
    #[must_use]
    pub const fn state(&self) -> Option<SlotState> {
        self.state
    }

    /// The open transaction and its energy so far.
    #[must_use]
    pub fn session(&self) -> Option<(TransactionId, EnergyLedger)> {
        self.session
            .as_ref()
            .map(|session| (session.transaction, session.energy))
    }

    /// Energy since the start of the process that belongs to no session: shown, never billed.
    #[must_use]
    pub const fn unattributed(&self) -> EnergyLedger {
        self.unattributed
    }

    /// The relay waits for its turn: whoever the slot is released for has all of the connect
    /// time-out from now on.
    pub fn relay_waits(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.wishes.authorised_at = self.now;
    }

    /// Where the relay is; `None` without one, and before it was told anything.
    #[must_use]
    pub const fn relay(&self) -> Option<RelayPlace> {
        self.relay
    }

    /// What the judge said about the last sample.
    #[must_use]
    pub const fn last_judgement(&self) -> Option<Judgement> {
        self.watch.last_judgement
    }

    /// Judges a sample and books its energy.
    fn measure(&mut self, sample: &MeterSample) {
        let judgement = self.watch.plausibility.judge(self.now, sample);
        self.wishes.source_lost = false;
        self.watch.heard_at = Some(self.now);
        self.watch.last_judgement = Some(judgement);
        if judgement.verdict.is_measurement() {
            self.watch.measured_at = Some(self.now);
            if let Some(current) = sample.current {
                self.watch.current.update(sample.at, current);
            }
        }
        match (&mut self.session, self.phase) {
            (Some(session), _) => session.energy.post(&judgement),
            // The sample that first shows a load also brings what flowed since the one before.
            (None, Phase::Available | Phase::Preparing)
                if self.watch.current.rising_since().is_some() =>
            {
                self.pending.post(&judgement);
            }
            (None, _) => self.unattributed.post(&judgement),
        }
    }

    const fn order_relay(&mut self, closed: bool) {
        self.relay = Some(RelayPlace {
            closed,
            confirmed: false,
            told_at: self.now,
        });
    }

    /// Notes what became of the relay's order. A board that answers after all clears the fault of
    /// its silence.
    fn hear_relay(&mut self, report: RelayReport) {
        let Some(relay) = &mut self.relay else {
            return;
        };
        match report {
            RelayReport::Obeyed { closed } if closed == relay.closed => {
                relay.confirmed = true;
                self.relay_failure = None;
                let silence = Fault::Relay(RelayFailure::Unanswered);
                if self.fault.take_if(|fault| *fault == silence).is_some() {
                    self.watch.current.forget();
                }
            }
            // The answer to an order that another one has overtaken.
            RelayReport::Obeyed { .. } => {}
            RelayReport::Failed(failure) => {
                relay.confirmed = false;
                self.relay_failure = Some(failure);
            }
        }
    }

    /// Notes the plug; a vehicle that leaves ends the session and takes a hold with it.
    fn plug(&mut self, plugged: bool) {
        let left = self.wishes.plugged == Some(true) && !plugged;
        self.wishes.plugged = Some(plugged);
        if left {
            self.wishes.held = false;
            if self.session.is_none() {
                self.wishes.authorisation = Authorisation::None;
            } else {
                self.wishes.end.get_or_insert(EndReason::EvDisconnected);
            }
        }
    }

    fn stop(&mut self) -> Result<Effect, Refused> {
        let preparing = matches!(self.phase, Phase::Preparing | Phase::Finishing);
        if self.session.is_some() {
            self.wishes.end.get_or_insert(EndReason::Remote);
        } else if !preparing || self.fault.is_some() {
            return Err(Refused::NoSession);
        }
        self.wishes.held = true;
        Ok(if self.config.has_relay {
            Effect::Full
        } else {
            Effect::BooksOnly
        })
    }

    fn pause(&mut self) -> Result<Effect, Refused> {
        if !self.config.has_relay {
            return Err(Refused::NoRelay);
        }
        if self.session.is_none() {
            return Err(Refused::NoSession);
        }
        self.wishes.paused = true;
        Ok(Effect::Full)
    }

    /// The wall clock's time, carried forward from when it was last told.
    fn utc(&self) -> Option<UtcTime> {
        self.clock
            .map(|(told_at, utc)| utc + self.now.since(told_at))
    }

    fn baseline(&self) -> Option<Baseline> {
        self.watch.plausibility.baseline()
    }
}
