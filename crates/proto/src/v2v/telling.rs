//! Which events of its own the car is telling, and which ends of events.

use alloc::vec::Vec;

use v2x_units::Instant;

use super::input::Fault;
use super::own_events::OwnEventKind;
use crate::deadlines::EVENT_END_PERIOD;
use crate::limits::{ENDINGS_MAX, EVENT_ENDS};
use crate::wire::its_time::ItsTime;
use crate::wire::reference_position::ReferencePosition;
use crate::wire::station::ActionId;

/// An event that goes on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Telling {
    pub(super) begun: Instant,
    pub(super) fault: Option<Fault>,
    pub(super) next: Instant,
    /// What was told last; `None` before the first DENM.
    pub(super) told: Option<Told>,
}

/// A version of an event, as it was told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) action: ActionId,
    pub(super) detection: ItsTime,
    pub(super) reference: ItsTime,
    pub(super) at: Instant,
    pub(super) place: ReferencePosition,
}

/// The end of an event, which is told several times.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) action: ActionId,
    pub(super) place: ReferencePosition,
    pub(super) next: Instant,
    pub(super) left: u8,
}

/// All that is being told.
#[derive(Debug, Default)]
pub(super) struct Tellings {
    pub(super) going_on: [Option<Telling>; OwnEventKind::ALL.len()],
    pub(super) endings: Vec<Ending>,
}

impl Tellings {
    /// Whether others follow the car through an event of its own.
    pub(super) fn any(&self) -> bool {
        !self.endings.is_empty() || self.going_on.iter().flatten().any(|it| it.told.is_some())
    }

    pub(super) fn begin(&mut self, now: Instant, place: usize, fault: Option<Fault>) {
        self.going_on[place] = Some(Telling {
            begun: now,
            fault,
            next: now,
            told: None,
        });
    }

    /// Ends an event; what was never told needs no end.
    pub(super) fn end(&mut self, now: Instant, place: usize) -> Option<ActionId> {
        let told = self.going_on[place].take()?.told?;
        self.deny(now, told.action, told.place);
        Some(told.action)
    }

    /// Tells that an event is over, ours or another's. When full, the oldest makes room.
    pub(super) fn deny(&mut self, now: Instant, action: ActionId, place: ReferencePosition) {
        self.endings.retain(|ending| ending.action != action);
        if self.endings.len() >= ENDINGS_MAX {
            self.endings.remove(0);
        }
        self.endings.push(Ending {
            action,
            place,
            next: now,
            left: EVENT_ENDS,
        });
    }

    /// The ends that are due now.
    pub(super) fn endings_due(&mut self, now: Instant) -> Vec<Ending> {
        let mut due = Vec::new();
        for ending in &mut self.endings {
            if ending.next <= now {
                ending.left = ending.left.saturating_sub(1);
                ending.next = now + EVENT_END_PERIOD;
                due.push(*ending);
            }
        }
        self.endings.retain(|ending| ending.left > 0);
        due
    }

    /// The identity under which all this was told is gone: what goes on begins anew, and ends
    /// cannot be told any more.
    pub(super) fn forget_identity(&mut self, now: Instant) {
        self.endings.clear();
        for telling in self.going_on.iter_mut().flatten() {
            telling.told = None;
            telling.next = now;
        }
    }
}
