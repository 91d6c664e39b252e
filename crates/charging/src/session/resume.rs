//! Going on after a restart: the newest record of the slot resumes its session or closes it.
//!
//! Not here: finding that record (the store does) and knowing how long the station was off (its
//! clock or the meter's does). Nothing here compares times of two boots.

use core::time::Duration;

use v2x_units::Instant;

use super::state::EndReason;
use super::{Announcements, Output, Phase, Session, SessionRecord, Slot, SlotConfig, SlotState};
use crate::meter::{MeterLimits, Plausibility};
use crate::session::transaction::TransactionIds;

/// What kind of restart it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// The process or the board started again while the power stayed on.
    Reboot,
    /// The power was off.
    PowerLoss,
}

/// What is known of the time between the record and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// Why there was one.
    pub cause: Restart,
    /// How long it was since the record was written; `None` when no clock can tell.
    pub length: Option<Duration>,
}

impl Interruption {
    /// Whether a session may go on after it: short enough, or of unknown length with the power on.
    fn is_short(self, config: &SlotConfig) -> bool {
        match self.length {
            Some(length) => length <= config.resume_within,
            None => self.cause == Restart::Reboot,
        }
    }
}

impl Slot {
    /// A slot that goes on from its newest record.
    ///
    /// An open session resumes after a short interruption: what the counter gained meanwhile
    /// counts as far as the power before and after explains it. After a long one the session is
    /// closed with its cause and the energy of the record; at most a checkpoint's worth is given
    /// away, for nobody knows who drew it. A session that had ended is announced once more.
    #[must_use]
    pub fn resume(
        config: SlotConfig,
        limits: MeterLimits,
        ids: TransactionIds,
        now: Instant,
        record: &SessionRecord,
        interruption: Interruption,
    ) -> Self {
        let goes_on = interruption.is_short(&config);
        let mut slot = Self::new(config, limits.clone(), ids, now);
        slot.wishes.plugged = record.plugged;
        if record.ended.is_some() {
            slot.announcements.event = Some(Output::Ended(*record));
            return slot;
        }
        let length = interruption.length.filter(|_| goes_on).unwrap_or_default();
        slot.session = Some(Session {
            transaction: record.transaction,
            next_seq: record.seq.saturating_add(1),
            since: now,
            before: record.elapsed + length,
            started: record.started,
            energy: record.energy,
            checkpoint_at: now,
        });
        slot.wishes.authorisation = record.authorisation;
        slot.phase = match record.state {
            SlotState::Charging => Phase::Charging,
            SlotState::SuspendedEvse => Phase::SuspendedEvse,
            _ => Phase::SuspendedEv,
        };
        slot.wishes.paused = slot.phase == Phase::SuspendedEvse;
        if goes_on {
            // The meter gets its usual time to be heard before the slot is called unavailable.
            slot.watch.measured_at = Some(now);
            slot.announcements = Announcements {
                event: Some(Output::Resumed(*record)),
                state: None,
            };
            if let Some(baseline) = record.baseline {
                slot.watch.plausibility =
                    Plausibility::resume(limits, now, baseline, interruption.length);
            }
        } else {
            slot.wishes.end = Some(match interruption.cause {
                Restart::Reboot => EndReason::Reboot,
                Restart::PowerLoss => EndReason::PowerLoss,
            });
        }
        slot
    }
}
