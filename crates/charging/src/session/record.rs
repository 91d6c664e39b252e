//! What must be on disk about a session before it counts.
//!
//! Not here: the disk (the store keeps records) and when one is written ([`super`]). The records
//! of a transaction in the order of `seq` are its meter values: each carries the energy so far,
//! and the state that holds from there on. Terms: OCPP 2.0.1 `TransactionEvent`.

use core::time::Duration;

use v2x_units::{BootId, Instant, UtcTime};

use super::config::Authorisation;
use super::state::{EndReason, SlotState};
use super::transaction::TransactionId;
use crate::EnergyLedger;
use crate::meter::Baseline;

/// One step of a session, complete in itself: the newest is all a restart needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SessionRecord {
    /// Which transaction.
    pub transaction: TransactionId,
    /// OCPP `seqNo`: 0 at the start, one more for each record of the transaction.
    pub seq: u32,
    /// The boot that [`SessionRecord::at`] belongs to.
    pub boot: BootId,
    /// When the step was taken, by the clock that cannot jump.
    pub at: Instant,
    /// When it was taken in UTC, as far as known then; decides nothing.
    pub utc: Option<UtcTime>,
    /// When the session started in UTC, once known.
    pub started: Option<UtcTime>,
    /// Time since the start, restarts included.
    pub elapsed: Duration,
    /// The state of the slot from here on.
    pub state: SlotState,
    /// Energy and verdicts since the start.
    pub energy: EnergyLedger,
    /// Where the meter's counter stood.
    pub baseline: Option<Baseline>,
    /// Who released the slot.
    pub authorisation: Authorisation,
    /// Whether the vehicle is plugged in; `None` without a plug detector.
    pub plugged: Option<bool>,
    /// Why the session ended; `None` while it is open.
    pub ended: Option<EndReason>,
}
