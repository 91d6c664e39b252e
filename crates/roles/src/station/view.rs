//! What a slot shows to others: only what is measured and fresh, nothing in place of the rest.

use std::sync::Arc;

use v2x_charging::{EnergyLedger, Judgement, MeterSample, RelayPlace, SlotState, TransactionId};
use v2x_tariff::{Money, Tariff};
use v2x_units::UtcTime;

use super::SlotSetup;

/// An open session as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// Its transaction.
    pub transaction: TransactionId,
    /// When it started, once known.
    pub started: Option<UtcTime>,
    /// The tariff under which it was opened; `None` before its first step.
    pub tariff: Option<Arc<Tariff>>,
    /// Its energy so far.
    pub energy: EnergyLedger,
    /// Its cost so far; `None` when it is not known.
    pub cost: Option<Money>,
}

/// A slot as it is now.
#[derive(Debug, Clone)]
pub struct SlotView<'a> {
    /// What the slot is.
    pub setup: &'a SlotSetup,
    /// The tariff of its next session.
    pub tariff: &'a Tariff,
    /// Its state; `None` before the first step.
    pub state: Option<SlotState>,
    /// Where the relay is; `None` without one, and where the slot's controller moves it.
    pub relay: Option<RelayPlace>,
    /// The newest measurement; `None` when it is older than the slot's silence.
    pub measured: Option<MeterSample>,
    /// Whether a vehicle is connected, as the board says it or the current shows it.
    pub vehicle_connected: Option<bool>,
    /// The open session.
    pub session: Option<SessionView>,
    /// Energy since the start of the program that belongs to no session; `None` where the slot's
    /// controller keeps it.
    pub unattributed: Option<EnergyLedger>,
    /// What was said about the newest sample.
    pub judgement: Option<Judgement>,
}
