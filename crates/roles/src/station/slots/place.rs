//! One slot of a station: its session machine or its controller's word, and its books.
//!
//! Not here: what slots have to do with each other ([`super::Station`]).

use std::sync::Arc;

use v2x_charging::{
    EnergyLedger, Input, MeterSample, Output, SessionRecord, Slot, TransactionId, TransactionIds,
};
use v2x_tariff::Tariff;
use v2x_units::{Instant, UtcTime};

use super::{
    Do, Followed, Judged, Keep, PortId, Recent, RunningCost, SessionView, SlotSetup, SlotView, Tell,
};

/// A slot with its session's books.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) setup: SlotSetup,
    pub(super) slot: Slot,
    /// What its controller says, where that keeps the sessions; then `slot` rests.
    pub(super) followed: Option<Followed>,
    /// The line that it was heard on last.
    pub(super) port: PortId,
    pub(super) tariff: Arc<Tariff>,
    pub(super) recent: Recent,
    /// The newest measurement and what its board says of a vehicle.
    pub(super) measured: Option<(MeterSample, Option<bool>)>,
    pub(super) account: Option<Account>,
    /// Something came in since the slot was last polled.
    pub(super) is_due: bool,
    pub(super) wake_at: Option<Instant>,
}

/// The books of an open session.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) tariff: Arc<Tariff>,
    pub(super) cost: RunningCost,
    pub(super) newest: SessionRecord,
    pub(super) is_on_disk: bool,
}

impl Place {
    /// A slot without a session.
    pub(super) fn new(
        setup: &SlotSetup,
        tariff: Arc<Tariff>,
        ids: TransactionIds,
        now: Instant,
    ) -> Self {
        let (config, limits) = (setup.config.clone(), setup.limits.clone());
        Self {
            slot: Slot::new(config, limits, ids, now),
            followed: Followed::of(setup, now),
            port: setup.port,
            tariff,
            recent: Recent::default(),
            measured: None,
            account: None,
            is_due: true,
            wake_at: None,
            setup: setup.clone(),
        }
    }

    /// Takes an input that a slot never refuses.
    pub(super) fn take(&mut self, now: Instant, input: Input) {
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

    pub(super) fn sample(
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
    pub(super) fn session(&self) -> Option<(TransactionId, EnergyLedger)> {
        match &self.followed {
            Some(followed) => followed.session,
            None => self.slot.session(),
        }
    }

    pub(super) fn poll(&mut self, now: Instant) -> Option<Do> {
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

    pub(super) fn keep(&mut self, now: Instant, record: SessionRecord) -> Keep {
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

    pub(super) fn view(&self, now: Instant) -> SlotView<'_> {
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
        let draws = |sample: &MeterSample| config.current.draws(sample.current?);
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
