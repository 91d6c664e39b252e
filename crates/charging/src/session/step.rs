//! Which step of a slot is due, and taking it.
//!
//! Not here: inputs and outputs ([`super`], whose table this file is the code of). A step is due
//! when what is wished and measured says so, whatever came last; so a step that had to wait for
//! the disk is found again, and a restart needs no history.

use core::time::Duration;

use v2x_units::Instant;

use super::state::{EndReason, Fault, Outage, SlotState};
use super::{Authorisation, Output, Phase, Policy, Session, SessionRecord, Slot};
use crate::EnergyLedger;

/// How long a relay takes to open, with the second by which the meter's reading lags.
const RELAY_SETTLES: Duration = Duration::from_secs(3);

/// One step of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Go to a phase without touching the session.
    Enter(Phase),
    /// Start a session and charge.
    Start,
    /// End the session.
    End(EndReason),
    /// Stop using the slot.
    Fault(Fault),
    /// An outage or a fault began, changed or passed.
    Show,
    /// Persist the session as it is.
    Checkpoint,
}

impl Slot {
    /// Takes the step that is due, unless one still waits for the disk or to be announced.
    pub(super) fn advance(&mut self) {
        self.expire_release();
        let waits = self.in_flight.is_some()
            || self.announcements.event.is_some()
            || self.announcements.state.is_some();
        if !waits && let Some(step) = self.due() {
            self.take(step);
        }
    }

    /// Drops a release that nobody has used.
    fn expire_release(&mut self) {
        let released_for = self.now.since(self.wishes.authorised_at);
        if self.session.is_none() && released_for >= self.config.connect_timeout {
            self.wishes.authorisation = Authorisation::None;
        }
    }

    /// Why the slot cannot be used now.
    fn outage(&self) -> Option<Outage> {
        let silent = |since: Instant| self.now.since(since) >= self.config.silence;
        if self.wishes.source_lost {
            return Some(Outage::SourceLost);
        }
        match (self.watch.measured_at, self.watch.heard_at) {
            (None, None) => Some(Outage::NotHeardYet),
            (Some(measured), _) if !silent(measured) => (self.wishes.out_of_service
                && self.session.is_none())
            .then_some(Outage::OutOfService),
            (_, Some(heard)) if !silent(heard) => Some(Outage::NoMeasurement),
            _ => Some(Outage::Silent),
        }
    }

    /// The state that phase, outage and fault make together.
    fn shown(&self) -> SlotState {
        if let Some(fault) = self.fault {
            return SlotState::Faulted(fault);
        }
        if let Some(outage) = self.outage() {
            return SlotState::Unavailable(outage);
        }
        match self.phase {
            Phase::Available => SlotState::Available,
            Phase::Preparing => SlotState::Preparing,
            Phase::Charging => SlotState::Charging,
            Phase::SuspendedEv => SlotState::SuspendedEv,
            Phase::SuspendedEvse => SlotState::SuspendedEvse,
            Phase::Finishing => SlotState::Finishing,
        }
    }

    /// Whether somebody has released the slot as its policy asks.
    fn is_released(&self) -> bool {
        match (self.config.policy, self.wishes.authorisation) {
            (Policy::FreeVend, _)
            | (Policy::KnownCars, Authorisation::Car(_))
            | (Policy::OperatorRelease, Authorisation::Operator) => true,
            (Policy::KnownCars | Policy::OperatorRelease, _) => false,
        }
    }

    /// Whether the relay should be closed. Without a session the meter must be heard for that.
    pub(super) fn relay_wanted(&self) -> bool {
        let watched = self.session.is_some() || self.outage().is_none();
        // A socket that knows that nobody is plugged in has no voltage.
        let is_empty = self.session.is_none() && self.wishes.plugged == Some(false);
        let interrupted = self.wishes.held || self.wishes.paused || self.wishes.end.is_some();
        self.config.has_relay
            && self.is_released()
            && !(is_empty && self.config.policy == Policy::FreeVend)
            && !interrupted
            && self.fault.is_none()
            && watched
    }

    /// The step that is due now.
    fn due(&self) -> Option<Step> {
        let session_end = self.session.as_ref().and_then(|_| self.end_due());
        if let Some(fault) = self.fault_due() {
            return Some(Step::Fault(fault));
        }
        if let Some(reason) = session_end {
            return Some(Step::End(reason));
        }
        if self.fault.is_none()
            && self.outage().is_none()
            && let Some(step) = self.phase_step()
        {
            return Some(step);
        }
        if self.state != Some(self.shown()) {
            return Some(Step::Show);
        }
        let checkpoint = |session: &Session| self.now >= session.checkpoint_at;
        self.session
            .as_ref()
            .is_some_and(checkpoint)
            .then_some(Step::Checkpoint)
    }

    /// Why the open session must end now.
    fn end_due(&self) -> Option<EndReason> {
        match self.fault {
            Some(Fault::RelayStuck) => return Some(EndReason::RelayStuck),
            Some(Fault::Relay(_)) => return Some(EndReason::RelayFailed),
            None => {}
        }
        if self.wishes.end.is_some() {
            return self.wishes.end;
        }
        let lost = self
            .watch
            .measured_at
            .is_some_and(|at| self.now.since(at) >= self.config.lost_after);
        if lost {
            return Some(EndReason::MeterLost);
        }
        let idle = match self.phase {
            Phase::SuspendedEv => self.watch.current.has_ceased(),
            Phase::SuspendedEvse => true,
            _ => false,
        };
        let timeout = self.now.since(self.phase_since) >= self.config.idle_timeout;
        (idle && timeout && self.outage().is_none()).then_some(EndReason::Timeout)
    }

    /// Whether current flows that an open relay should have cut, or its board fails an order.
    fn fault_due(&self) -> Option<Fault> {
        let relay = self.relay.filter(|_| self.fault.is_none())?;
        let current = &self.watch.current;
        let stuck = !relay.closed && current.flows_after(relay.told_at + RELAY_SETTLES);
        let failed = self.relay_failure.map(Fault::Relay);
        stuck.then_some(Fault::RelayStuck).or(failed)
    }

    /// The step within the phases, when the meter is heard and nothing is broken.
    fn phase_step(&self) -> Option<Step> {
        let current = &self.watch.current;
        let plugged = self.wishes.plugged == Some(true);
        // Only on a slot with a relay does a release mean that the slot waits for somebody.
        let released = self.config.has_relay
            && self.wishes.authorisation != Authorisation::None
            && self.is_released();
        let relay_open = self.config.has_relay && !self.relay_wanted();
        let rising = current.rising_since().is_some() && !relay_open;
        match self.phase {
            Phase::Available if rising || plugged || released => {
                Some(Step::Enter(Phase::Preparing))
            }
            Phase::Preparing if self.wishes.held => Some(Step::Enter(Phase::Finishing)),
            Phase::Preparing
                if current.flows()
                    && !relay_open
                    && self.pending.plausible >= self.config.minimum_energy =>
            {
                Some(Step::Start)
            }
            Phase::Preparing if !rising && !plugged && !released && current.is_calm() => {
                Some(Step::Enter(Phase::Available))
            }
            Phase::Charging | Phase::SuspendedEv if self.wishes.paused => {
                Some(Step::Enter(Phase::SuspendedEvse))
            }
            Phase::SuspendedEvse if !self.wishes.paused => Some(Step::Enter(Phase::SuspendedEv)),
            Phase::Charging if current.has_ceased() => Some(Step::Enter(Phase::SuspendedEv)),
            Phase::SuspendedEv if current.flows() => Some(Step::Enter(Phase::Charging)),
            Phase::Finishing => self.after_finishing(plugged, released, rising),
            _ => None,
        }
    }

    /// Where a slot goes whose session has ended.
    fn after_finishing(&self, plugged: bool, released: bool, rising: bool) -> Option<Step> {
        // Without a relay a hold means only that the same load must not start another session.
        let held = self.wishes.held && self.config.has_relay;
        if !plugged && !held && self.watch.current.is_calm() {
            return Some(Step::Enter(Phase::Available));
        }
        // After a restart or a lost meter the load may never have ceased: it is a new session.
        let again = rising || (plugged && released);
        (again && !self.wishes.held).then_some(Step::Enter(Phase::Preparing))
    }

    /// Takes one step, and keeps what it announces until its record is on disk.
    fn take(&mut self, step: Step) {
        match step {
            Step::Enter(phase) => self.enter(phase),
            Step::Start => self.start(),
            Step::Fault(fault) => self.fault = Some(fault),
            Step::End(_) | Step::Show | Step::Checkpoint => {}
        }
        let reason = match step {
            Step::End(reason) => Some(reason),
            _ => None,
        };
        if reason.is_some() {
            self.enter(Phase::Finishing);
        }
        let state = self.shown();
        if let Some(record) = self.record(state, reason) {
            self.in_flight = Some((record, false));
            self.announcements.event = match step {
                Step::Start => Some(Output::Started(record)),
                Step::End(_) => Some(Output::Ended(record)),
                _ => None,
            };
        }
        if reason.is_some() {
            self.session = None;
            self.wishes.authorisation = Authorisation::None;
            self.wishes.paused = false;
            self.wishes.end = None;
        }
        if self.state != Some(state) {
            self.state = Some(state);
            self.announcements.state = Some(state);
        }
    }

    fn enter(&mut self, phase: Phase) {
        if matches!(phase, Phase::Available | Phase::Finishing) {
            let pending = core::mem::take(&mut self.pending);
            self.unattributed.append(&pending);
        }
        if phase == Phase::Available {
            self.wishes.held = false;
        }
        self.phase = phase;
        self.phase_since = self.now;
    }

    fn start(&mut self) {
        let energy: EnergyLedger = core::mem::take(&mut self.pending);
        self.session = Some(Session {
            transaction: self.ids.draw(),
            next_seq: 0,
            since: self.now,
            before: Duration::ZERO,
            started: self.utc(),
            energy,
            checkpoint_at: self.now,
        });
        self.enter(Phase::Charging);
    }

    /// The record of the open session as it is now.
    fn record(&mut self, state: SlotState, ended: Option<EndReason>) -> Option<SessionRecord> {
        let (utc, baseline) = (self.utc(), self.baseline());
        let session = self.session.as_mut()?;
        let elapsed = session.before + self.now.since(session.since);
        // A session that began before the clock was known is dated back, once.
        session.started = session.started.or(utc.map(|utc| utc - elapsed));
        session.checkpoint_at = self.now + self.config.checkpoint_every;
        let seq = session.next_seq;
        session.next_seq = seq.saturating_add(1);
        Some(SessionRecord {
            transaction: session.transaction,
            seq,
            boot: self.ids.boot(),
            at: self.now,
            utc,
            started: session.started,
            elapsed,
            state,
            energy: session.energy,
            baseline,
            authorisation: self.wishes.authorisation,
            plugged: self.wishes.plugged,
            ended,
        })
    }

    /// When time alone may make a step due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let measured = self.watch.measured_at;
        let session = self.session.as_ref();
        [
            measured.map(|at| at + self.config.silence),
            self.watch.heard_at.map(|at| at + self.config.silence),
            measured.map(|at| at + self.config.lost_after),
            session.map(|_| self.phase_since + self.config.idle_timeout),
            session.map(|session| session.checkpoint_at),
            (self.wishes.authorisation != Authorisation::None)
                .then(|| self.wishes.authorised_at + self.config.connect_timeout),
        ]
        .into_iter()
        .flatten()
        .filter(|&deadline| deadline > self.now)
        .min()
    }
}
